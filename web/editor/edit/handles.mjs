// The handles of bezier points.

import { tidy } from '../base/geometry.mjs'
import { withSmoothHandles } from '../curves/handles.mjs'
import { changeTracks, withPoints } from './change.mjs'
import { replaced } from './points.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Selection} Selection */

/**
 * Pull a handle. The other one: stays (free), turns to the opposite direction with its own length (aligned), or becomes
 * its mirror image (mirrored).
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @param {'in' | 'out'} side
 * @param {Offset} offset from the point, image px
 * @param {'free' | 'aligned' | 'mirrored'} [other]
 * @returns {Document}
 */
export function setHandle(document, id, index, side, offset, other = 'aligned') {
  return changeTracks(document, [id], (track) => {
    const point = track.points[index]
    if (!point) return track
    /** @type {Offset} */
    const pulled = [tidy(offset[0]), tidy(offset[1])]
    const opposite = opposed(pulled, point[side === 'in' ? 'out' : 'in'], other)
    const [before, after] = side === 'in' ? [pulled, opposite] : [opposite, pulled]
    return withPoints(track, replaced(track.points, index, withHandles(point, before, after)))
  })
}

/**
 * Take the handles of the chosen points away: corners.
 * @param {Document} document
 * @param {Selection} selection
 * @returns {Document}
 */
export function clearHandles(document, selection) {
  return changeTracks(document, selection.keys(), (track) =>
    withPoints(
      track,
      track.points.map((point, i) =>
        isChosen(selection, track.id, i) ? withHandles(point, undefined, undefined) : point,
      ),
    ),
  )
}

/**
 * Give the chosen points the handles of the Catmull-Rom curve through the track: smooth.
 * @param {Document} document
 * @param {Selection} selection
 * @returns {Document}
 */
export function smoothHandles(document, selection) {
  return changeTracks(document, selection.keys(), (track) => {
    const smooth = withSmoothHandles(track.points, track.closed)
    return withPoints(
      track,
      track.points.map((point, i) => (isChosen(selection, track.id, i) ? smooth[i] : point)),
    )
  })
}

/**
 * @param {Point} point
 * @param {Offset | undefined} before
 * @param {Offset | undefined} after
 * @returns {Point}
 */
function withHandles(point, before, after) {
  if (point.in === before && point.out === after) return point
  const { in: _in, out: _out, ...rest } = point
  return { ...rest, ...(before !== undefined && { in: before }), ...(after !== undefined && { out: after }) }
}

/**
 * @param {Offset} pulled
 * @param {Offset | undefined} now
 * @param {'free' | 'aligned' | 'mirrored'} how
 * @returns {Offset | undefined}
 */
function opposed(pulled, now, how) {
  if (how === 'free') return now
  if (how === 'mirrored') return [0 - pulled[0], 0 - pulled[1]]
  const length = Math.hypot(pulled[0], pulled[1])
  if (now === undefined || length === 0) return now
  const factor = Math.hypot(now[0], now[1]) / length
  return [tidy(-pulled[0] * factor), tidy(-pulled[1] * factor)]
}

/**
 * @param {Selection} selection
 * @param {number} id
 * @param {number} index
 * @returns {boolean}
 */
function isChosen(selection, id, index) {
  const indexes = selection.get(id)
  return indexes !== undefined && (indexes.length === 0 || indexes.includes(index))
}
