// Pinning a track where it is: a key in time that changes nothing of the motion, to be dragged from there.

import { parameterAt, pathOf } from '../curves/path.mjs'
import { arcAtTime } from '../sampling/sample.mjs'
import { sameEasing, splitEasing } from '../time/easing.mjs'
import { KEY_GAP, keyTimes } from '../time/keys.mjs'
import { findTrack } from './change.mjs'
import { insertPoint } from './points.mjs'
import { pinPoint, setPointEasing } from './timing.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../time/keys.mjs').Timed} Timed */

/**
 * The pinned point at a time, if there is one.
 * @param {Pick<Timed, 'points'>} track
 * @param {number} time
 * @returns {number} its index, or -1
 */
export function pinAt({ points }, time) {
  return points.findIndex(({ t }) => t !== undefined && Math.abs(t - time) <= KEY_GAP)
}

/**
 * Pin the track to where it is at `time`: a point that it passes within half a frame of it, else a new one on the path.
 * The easing is cut in two there, so that the track runs as before (a new point of a Catmull-Rom curve may bend it a
 * little). Outside start..end, on a locked track and on a single point nothing changes.
 * @param {Document} document
 * @param {number} id
 * @param {number} time
 * @returns {Readonly<{ document: Document, index: number }>} index of the pinned point, -1 where there is none
 */
export function keyAt(document, id, time) {
  const track = findTrack(document, id)
  if (!track || track.points.length < 2) return { document, index: -1 }
  const there = pinAt(track, time)
  if (there >= 0) return { document, index: there }
  const { nodes, times } = keyTimes(track)
  const stretch = times.findLastIndex((key) => key + KEY_GAP < time)
  if (stretch < 0 || stretch === times.length - 1 || times[stretch + 1] - KEY_GAP <= time) {
    return atEnd(document, track, time)
  }
  const [from, to] = [nodes[stretch], nodes[stretch + 1]]
  const passed = passedPoint(document, track, from, to, time)
  const inserted = passed < 0 ? insertOnPath(document, track, from, to, time) : { document, index: passed }
  if (inserted.index < 0) return { document, index: -1 }
  const { index } = inserted
  const pinned = pinPoint(inserted.document, id, index, time)
  if (pinned === inserted.document) return { document, index: -1 }
  const share = (time - times[stretch]) / (times[stretch + 1] - times[stretch])
  const [before, after] = splitEasing(track.points[from].easing ?? track.easing, share)
  const first = setPointEasing(pinned, id, from, sameEasing(before, track.easing) ? null : before)
  return { document: setPointEasing(first, id, index, sameEasing(after, track.easing) ? null : after), index }
}

/**
 * The first or last point has its time without a pin, too; a pin makes it stay there when start or end move.
 * @param {Document} document
 * @param {EditorTrack} track
 * @param {number} time
 */
function atEnd(document, track, time) {
  const first = Math.abs(time - track.start) <= KEY_GAP
  if (!first && (track.closed || Math.abs(time - track.end) > KEY_GAP)) return { document, index: -1 }
  const index = first ? 0 : track.points.length - 1
  const pinned = pinPoint(document, track.id, index, time)
  return pinned === document ? { document, index: -1 } : { document: pinned, index }
}

/**
 * @param {Document} document
 * @param {EditorTrack} track
 * @param {number} from
 * @param {number} to nodes with a time; those between have none
 * @param {number} time
 * @returns {number} the point between them that is passed the nearest, within half a frame; -1 if none is
 */
function passedPoint(document, track, from, to, time) {
  const half = 0.5 / Math.max(document.frames - 1, 1)
  const { nodeArc } = pathOf(track)
  const [early, arc, late] = [time - half, time, time + half].map((at) => arcAtTime(track, at))
  let best = -1
  for (let node = from + 1; node < Math.min(to, track.points.length); node++) {
    if (nodeArc[node] < early || nodeArc[node] > late) continue
    if (best < 0 || Math.abs(nodeArc[node] - arc) < Math.abs(nodeArc[best] - arc)) best = node
  }
  return best
}

/**
 * @param {Document} document
 * @param {EditorTrack} track
 * @param {number} from
 * @param {number} to
 * @param {number} time
 */
function insertOnPath(document, track, from, to, time) {
  const { segment, u } = parameterAt(pathOf(track), arcAtTime(track, time))
  // An easing that overshoots may run past its stretch, but the order of points is the order of their times.
  if (segment < from) return insertPoint(document, track.id, { segment: from, u: 0 })
  if (segment >= to) return insertPoint(document, track.id, { segment: to - 1, u: 1 })
  return insertPoint(document, track.id, { segment, u })
}
