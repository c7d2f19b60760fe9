// Sequences of edits by dice: every operation, sensible and senseless arguments alike.

import * as camera from '../../web/editor/edit/camera.mjs'
import * as canvas from '../../web/editor/edit/canvas.mjs'
import * as convert from '../../web/editor/edit/convert.mjs'
import * as handles from '../../web/editor/edit/handles.mjs'
import * as pointEdits from '../../web/editor/edit/points.mjs'
import * as reverse from '../../web/editor/edit/reverse.mjs'
import * as timing from '../../web/editor/edit/timing.mjs'
import * as tracks from '../../web/editor/edit/tracks.mjs'
import * as transform from '../../web/editor/edit/transform.mjs'
import * as visibility from '../../web/editor/edit/visibility.mjs'
import { mirrorLeftRight, rotation, scaling } from '../../web/editor/base/geometry.mjs'
import { PRESETS, preset } from '../../web/editor/draw/presets.mjs'
import { dice, drawing } from './drawings.mjs'

const EASINGS = ['linear', 'in', 'out', 'in-out', 'hold', [0.1, -10, 0.9, -10]]
const CURVES = ['polyline', 'catmull-rom', 'bezier', 'freehand']
const MOST_TRACKS = 14
const MOST_POINTS = 60

/** `count` documents, each one edit after the one before; the first is empty. */
export function* randomEdits(seed, count) {
  const roll = dice(seed)
  let document = drawing()
  for (let i = 0; i < count; i++) {
    document = edited(document, roll)
    yield document
  }
}

function edited(document, roll) {
  if (document.tracks.length === 0) return added(document, roll)
  const edits = [added, added, ...EDITS]
  return edits[roll(edits.length)](document, roll)
}

function added(document, roll) {
  if (document.tracks.length >= MOST_TRACKS) return tracks.removeTracks(document, [some(document, roll).id])
  if (roll(2) === 0) {
    const points = Array.from({ length: 1 + roll(6) }, () => spot(roll))
    return tracks.addTracks(document, [{ points, curve: CURVES[roll(4)], easing: EASINGS[roll(6)] }]).document
  }
  const names = Object.keys(PRESETS)
  return tracks.addTracks(document, [preset(names[roll(names.length)], spot(roll), spot(roll), { seed: roll(9) })])
    .document
}

const EDITS = [
  (d, roll) => transform.moveBy(d, chosen(d, roll), roll(50) - 25, roll(50) - 25),
  (d, roll) => transform.transform(d, chosen(d, roll), scaling(roll(30) / 10 - 1, roll(30) / 10 - 1, 50, 50)),
  (d, roll) => transform.transform(d, chosen(d, roll), rotation(roll(360), 80, 48)),
  (d, roll) => transform.transform(d, chosen(d, roll), mirrorLeftRight(79.5)),
  (d, roll) => transform.transform(d, chosen(d, roll), scaling(10 ** roll(9), 1, 0, 0)),
  (d, roll) => pointEdits.setPoint(d, some(d, roll).id, roll(5), spot(roll)),
  (d, roll) => {
    const track = some(d, roll)
    if (track.points.length > MOST_POINTS) return tracks.removeTracks(d, [track.id])
    return pointEdits.insertPoint(d, track.id, { segment: roll(6), u: roll(11) / 10 }).document
  },
  (d, roll) => pointEdits.appendPoint(d, some(d, roll).id, spot(roll), roll(2) ? 'start' : 'end').document,
  (d, roll) => pointEdits.removePoints(d, chosen(d, roll)),
  (d, roll) => pointEdits.setClosed(d, [some(d, roll).id], roll(2) === 0),
  (d, roll) => {
    const how = ['free', 'aligned', 'mirrored'][roll(3)]
    return handles.setHandle(d, some(d, roll).id, roll(5), roll(2) ? 'in' : 'out', [roll(90) - 45, roll(90) - 45], how)
  },
  (d, roll) => handles.smoothHandles(d, chosen(d, roll)),
  (d, roll) => handles.clearHandles(d, chosen(d, roll)),
  (d, roll) => convert.setCurve(d, [some(d, roll).id], CURVES[roll(4)]),
  (d, roll) => (some(d, roll).points.length > 20 ? d : convert.convertCurve(d, [some(d, roll).id], CURVES[roll(4)], 4)),
  (d, roll) => reverse.reverseTracks(d, [some(d, roll).id, some(d, roll).id]),
  (d, roll) => timing.pinPoint(d, some(d, roll).id, roll(6), roll(21) / 20),
  (d, roll) => timing.pinPoint(d, some(d, roll).id, roll(6), roll(21) / 20),
  (d, roll) => timing.pinPoint(d, some(d, roll).id, roll(6), null),
  (d, roll) => timing.setSpan(d, [some(d, roll).id], roll(12) / 10 - 0.1, roll(12) / 10, roll(2) ? 'scale' : 'keep'),
  (d, roll) => timing.setEasing(d, [some(d, roll).id], EASINGS[roll(6)]),
  (d, roll) => timing.setPointEasing(d, some(d, roll).id, roll(4), roll(4) ? EASINGS[roll(6)] : null),
  (d, roll) => visibility.setVisibleFrom(d, [some(d, roll).id], roll(21) / 20, roll(2) === 0),
  (d, roll) => visibility.hideBetween(d, [some(d, roll).id], roll(21) / 20, roll(21) / 20),
  (d, roll) => visibility.moveVisibilityKey(d, some(d, roll).id, roll(3), roll(30) / 20 - 0.2),
  (d, roll) => visibility.removeVisibilityKey(d, some(d, roll).id, roll(3)),
  (d, roll) => visibility.clearVisibility(d, [some(d, roll).id]),
  (d, roll) =>
    tracks.duplicateTracks(d, d.tracks.length < MOST_TRACKS ? [some(d, roll).id] : [], { dx: 9, dy: -4 }).document,
  (d, roll) => tracks.reorderTrack(d, some(d, roll).id, roll(9) - 2),
  (d, roll) => tracks.setFields(d, [some(d, roll).id], { locked: roll(3) === 0 }),
  (d, roll) => tracks.setFields(d, [some(d, roll).id], { hidden: roll(2) === 0, color: roll(2) ? '#12abEF' : null }),
  (d, roll) =>
    tracks.setFields(d, [some(d, roll).id], { strength: roll(100) / 7, radius: 0.1 + roll(40), after: 'hold' }),
  (d, roll) => tracks.setFields(d, [some(d, roll).id], { name: ['', 'dog', 'Ж 🎥'][roll(3)] }),
  (d, roll) => someCamera(d, roll),
  (d, roll) => someCamera(d, roll),
  (d, roll) => unlessTooFar(d, () => camera.moveWithCamera(d, [some(d, roll).id])),
  (d, roll) => unlessTooFar(d, () => camera.holdAgainstCamera(d, [some(d, roll).id])),
  (d, roll) => (roll(4) ? d : camera.releaseCamera(d)),
  (d, roll) => canvas.setCanvas(d, { width: 16 * (1 + roll(60)), height: 16 * (1 + roll(60)) }),
  (d, roll) => canvas.setCanvas(d, { frames: 1 + 4 * roll(30), fps: 1 + roll(30) }),
  (d, roll) => (roll(5) ? d : tracks.removeTracks(d, [some(d, roll).id])),
]

/** Pan back and forth, zoom 0.5 to 2, a new grid now and then; none on a drawing that is full already. */
function someCamera(document, roll) {
  if (document.camera === null && document.tracks.length > MOST_TRACKS / 2) return document
  const { start, end } = [{ start: 0, end: 1 }, { start: roll(5) / 10, end: 0.5 + roll(6) / 10 }][roll(2)]
  const changes = [
    { panPx: roll(200) - 100, tiltPx: roll(80) / 4, start, end },
    { zoom: 0.5 + roll(15) / 10, rollDegrees: roll(90) - 45, easing: EASINGS[roll(6)] },
    { columns: 1 + roll(3), rows: 1 + roll(2), strength: roll(30) / 10 },
  ]
  return camera.setCamera(document, changes[roll(3)])
}

function unlessTooFar(document, edit) {
  try {
    return edit()
  } catch (error) {
    if (!/too far out/.test(error.message)) throw error
    return document
  }
}

function some(document, roll) {
  return document.tracks[roll(document.tracks.length)]
}

function chosen(document, roll) {
  const [a, b] = [some(document, roll), some(document, roll)]
  return new Map([
    [a.id, []],
    [b.id, Array.from({ length: roll(3) }, () => roll(b.points.length))],
  ])
}

function spot(roll) {
  return { x: roll(2000) / 10 - 20, y: roll(1200) / 10 - 12 }
}
