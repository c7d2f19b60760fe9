// The same way walked backwards.

import { clamp } from '../base/geometry.mjs'
import { reversedEasing, sameEasing } from '../time/easing.mjs'
import { keyTimes, mendTimes } from '../time/keys.mjs'
import { changeTracks } from './change.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Easing} Easing */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Point} Point */

/**
 * Run tracks backwards within their own start..end: where one was at start + s it is at end - s. Pins and easings turn
 * with it. What it does outside start..end and its visibility keys stay as they are on the clip. Two things can't be
 * turned: the easing `hold`, which stays, and waiting at the first point of a closed track, which is dropped.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @returns {Document}
 */
export function reverseTracks(document, ids) {
  return changeTracks(document, ids, (track) => (track.points.length < 2 ? track : reversed(track)))
}

/**
 * @param {EditorTrack} track
 * @returns {EditorTrack}
 */
function reversed(track) {
  const { points, closed, start, end } = track
  const count = points.length
  // Node i becomes node `turned(i)`; a closed track's node `count` is its first point again.
  /** @type {(node: number) => number} */
  const turned = (node) => (closed ? count : count - 1) - node
  const backwards = closed ? [points[0], ...points.slice(1).reverse()] : [...points].reverse()
  const easing = reversedEasing(track.easing)
  const { nodes } = keyTimes(track)
  /** @type {Map<number, Easing>} */
  const easings = new Map()
  for (let i = 0; i + 1 < nodes.length; i++) {
    const own = reversedEasing(points[nodes[i]].easing ?? track.easing)
    if (!sameEasing(own, easing)) easings.set(turned(nodes[i + 1]), own)
  }
  const changed = backwards.map((point, i) => {
    const own = easings.get(i)
    const t = point.t === undefined || (closed && i === 0) ? undefined : clamp(start + end - point.t, start, end)
    return { ...turnedPoint(point), ...(t !== undefined && { t }), ...(own !== undefined && { easing: own }) }
  })
  return mendTimes({ ...track, easing, points: changed })
}

/**
 * Without its time, and with its handles changed about.
 * @param {Point} point
 * @returns {Point}
 */
function turnedPoint({ x, y, in: before, out: after }) {
  return { x, y, ...(after !== undefined && { in: after }), ...(before !== undefined && { out: before }) }
}
