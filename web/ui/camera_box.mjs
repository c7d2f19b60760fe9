// The camera on the drawing area: the part of the scene that it sees in the end, as a frame to move, size and turn.

import { clamp } from '../editor/base/geometry.mjs'
import { MAX_ZOOM } from '../editor/camera/layer.mjs'
import { sightAt, unseen } from '../editor/camera/move.mjs'
import { snapAngle } from '../editor/draw/snap.mjs'
import { isCameraTrack } from '../editor/camera/members.mjs'
import { toScreen } from '../editor/view/view.mjs'

/** @typedef {import('../editor/base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').ImagePoint} ImagePoint */
/** @typedef {import('../editor/base/types.mjs').ScreenPoint} ScreenPoint */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */
/** @typedef {import('../editor/view/view.mjs').View} View */
/** @typedef {Readonly<{ x: number, y: number }>} Place */
/** x, y: screen px. @typedef {Readonly<{ kind: 'pan' | 'zoom' | 'roll', x: number, y: number }>} CameraKnob */

const ROLL_REACH_PX = 22

/**
 * @param {Document} document
 * @param {Selection} selection
 * @returns {boolean} whether the camera is chosen, shown and free
 */
export function isCameraAtHand(document, selection) {
  const first = document.tracks.find((track) => isCameraTrack(document, track.id))
  return first !== undefined && selection.has(first.id) && !first.hidden && !first.locked
}

/**
 * What the camera sees at a time, image px: its corners from the top left clockwise, and its middle.
 * @param {CameraSettings} settings
 * @param {Document} document
 * @param {number} time
 * @returns {Readonly<{ corners: readonly Place[], middle: Place }>}
 */
export function sightFrame(settings, document, time) {
  const sight = sightAt(settings, document, time)
  const [right, bottom] = [document.width - 0.5, document.height - 0.5]
  /** @type {(x: number, y: number) => Place} */
  const place = (x, y) => {
    const [sx, sy] = unseen(sight, x, y)
    return { x: sx, y: sy }
  }
  return {
    corners: [place(-0.5, -0.5), place(right, -0.5), place(right, bottom), place(-0.5, bottom)],
    middle: place((document.width - 1) / 2, (document.height - 1) / 2),
  }
}

/**
 * @param {CameraSettings} settings
 * @param {Document} document
 * @param {View} view
 * @returns {CameraKnob[]}
 */
export function cameraKnobs(settings, document, view) {
  const { corners, middle } = sightFrame(settings, document, 1)
  const at = corners.map((corner) => toScreen(view, corner))
  const top = { x: (at[0].x + at[1].x) / 2, y: (at[0].y + at[1].y) / 2 }
  const centre = toScreen(view, middle)
  const length = Math.hypot(top.x - centre.x, top.y - centre.y) || 1
  const out = (length + ROLL_REACH_PX) / length
  return [
    { kind: 'roll', x: centre.x + (top.x - centre.x) * out, y: centre.y + (top.y - centre.y) * out },
    ...at.map(({ x, y }) => /** @type {CameraKnob} */ ({ kind: 'zoom', x, y })),
    { kind: 'pan', x: centre.x, y: centre.y },
  ]
}

/**
 * The knob under the pointer; the frame's edges are to be moved like its middle.
 * @param {CameraSettings} settings
 * @param {Document} document
 * @param {View} view
 * @param {ScreenPoint} pointer
 * @param {number} reach
 * @returns {CameraKnob | null}
 */
export function cameraKnobAt(settings, document, view, pointer, reach) {
  const all = cameraKnobs(settings, document, view)
  const knob = all.find(({ x, y }) => Math.hypot(x - pointer.x, y - pointer.y) <= reach)
  if (knob) return knob
  const corners = all.filter(({ kind }) => kind === 'zoom')
  const onEdge = corners.some((a, i) => distanceToLine(pointer, a, corners[(i + 1) % 4]) <= reach * 0.7)
  return onEdge ? (all.find(({ kind }) => kind === 'pan') ?? null) : null
}

/**
 * What a dragged knob makes of the settings: on whole pixels, degrees and hundredths, unless `free`.
 * @param {CameraSettings} base
 * @param {Document} document
 * @param {CameraKnob} knob
 * @param {ImagePoint} from where the pointer was pressed
 * @param {ImagePoint} to
 * @param {Readonly<{ free: boolean, straight: boolean }>} options straight: along one axis, or steps of 15 degrees
 * @returns {Partial<CameraSettings>}
 */
export function draggedCamera(base, document, knob, from, to, { free, straight }) {
  const { middle } = sightFrame(base, document, 1)
  /** @type {(value: number, step: number) => number} */
  const stepped = (value, step) => (free ? value : Math.round(value / step) / (1 / step))
  if (knob.kind === 'pan') {
    const end = straight ? snapAngle(from, to, 90) : to
    return { panPx: stepped(base.panPx + end.x - from.x, 1), tiltPx: stepped(base.tiltPx - (end.y - from.y), 1) }
  }
  const [before, after] = [from, to].map((at) => ({ x: at.x - middle.x, y: at.y - middle.y }))
  if (knob.kind === 'zoom') {
    const grown = Math.hypot(after.x, after.y) / Math.max(Math.hypot(before.x, before.y), 1e-6)
    return { zoom: clamp(stepped(base.zoom / Math.max(grown, 1e-6), 0.01), 0.01, MAX_ZOOM) }
  }
  const turned = Math.atan2(after.y, after.x) - Math.atan2(before.y, before.x)
  const degrees = (((((turned * 180) / Math.PI + 540) % 360) + 360) % 360) - 180
  return { rollDegrees: stepped(base.rollDegrees + degrees, straight ? 15 : 1) }
}

/**
 * @param {Place} at
 * @param {Place} a
 * @param {Place} b
 */
function distanceToLine(at, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const along = clamp(((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy || 1), 0, 1)
  return Math.hypot(a.x + along * dx - at.x, a.y + along * dy - at.y)
}
