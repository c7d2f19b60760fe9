// Move, scale, rotate, mirror: affine maps of chosen points, and of their handles.

import { boxOf, mapped, mappedOffset, tidy, translation } from '../base/geometry.mjs'
import { isCameraTrack } from '../camera/members.mjs'
import { findTrack, changeTracks, withPoints } from './change.mjs'

/** @typedef {import('../base/geometry.mjs').Matrix} Matrix */
/** @typedef {import('../base/types.mjs').Box} Box */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Selection} Selection */

/**
 * The chosen points under an affine map (base/geometry makes them), on steps of 1/1000 px.
 * @param {Document} document
 * @param {Selection} selection
 * @param {Matrix} matrix
 * @returns {Document}
 */
export function transform(document, selection, matrix) {
  return changeTracks(document, selection.keys(), (track) =>
    transformTrack(track, selection.get(track.id) ?? null, matrix),
  )
}

/**
 * @param {Document} document
 * @param {Selection} selection
 * @param {number} dx
 * @param {number} dy
 * @returns {Document}
 */
export function moveBy(document, selection, dx, dy) {
  return dx === 0 && dy === 0 ? document : transform(document, selection, translation(dx, dy))
}

/**
 * The box round the chosen points (not the curve between them, nor the camera), or null: about its middle things are
 * turned.
 * @param {Document} document
 * @param {Selection} selection
 * @returns {Box | null}
 */
export function selectionBox(document, selection) {
  return boxOf(
    [...selection].flatMap(([id, indexes]) => {
      const points = isCameraTrack(document, id) ? [] : (findTrack(document, id)?.points ?? [])
      return indexes.length === 0 ? points : points.filter((_, i) => indexes.includes(i))
    }),
  )
}

/**
 * @param {EditorTrack} track
 * @param {readonly number[] | null} indexes null or none: all points
 * @param {Matrix} matrix
 * @returns {EditorTrack}
 */
export function transformTrack(track, indexes, matrix) {
  const chosen = indexes === null || indexes.length === 0 ? null : new Set(indexes)
  return withPoints(
    track,
    track.points.map((point, i) => ((chosen?.has(i) ?? true) ? transformPoint(point, matrix) : point)),
  )
}

/**
 * @param {Point} point
 * @param {Matrix} matrix
 * @returns {Point} the same object where nothing changes
 */
function transformPoint(point, matrix) {
  const [x, y] = mapped(matrix, point.x, point.y).map(tidy)
  const [a, b, c, d] = matrix
  const straight = a === 1 && b === 0 && c === 0 && d === 1
  if (straight || (point.in === undefined && point.out === undefined)) {
    return x === point.x && y === point.y ? point : { ...point, x, y }
  }
  const { in: before, out: after } = point
  return {
    ...point,
    x,
    y,
    ...(before !== undefined && { in: tidied(mappedOffset(matrix, before)) }),
    ...(after !== undefined && { out: tidied(mappedOffset(matrix, after)) }),
  }
}

/**
 * @param {readonly [number, number]} offset
 * @returns {[number, number]}
 */
function tidied([dx, dy]) {
  return [tidy(dx), tidy(dy)]
}
