// What is chosen: an immutable value of its own. A track stands in the map with the indexes of its chosen points; with
// none it is chosen as a whole.

import { isCameraTrack } from '../camera/members.mjs'

/** @typedef {import('../base/types.mjs').Box} Box */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Selection} Selection */

/** @type {Selection} */
export const NOTHING = new Map()

/**
 * @param {Iterable<number>} ids
 * @returns {Selection}
 */
export function selectTracks(ids) {
  return new Map([...ids].map((id) => [id, []]))
}

/**
 * @param {number} id
 * @param {Iterable<number>} indexes
 * @returns {Selection}
 */
export function selectPoints(id, indexes) {
  return new Map([[id, inOrder(indexes)]])
}

/**
 * All that can be edited: neither hidden nor locked, nor the camera's.
 * @param {Document} document
 * @returns {Selection}
 */
export function selectAll(document) {
  const tracks = document.tracks.filter((track) => !track.hidden && !track.locked)
  return selectTracks(tracks.map((track) => track.id).filter((id) => !isCameraTrack(document, id)))
}

/**
 * Shift-click on a track: in or out.
 * @param {Selection} selection
 * @param {number} id
 * @returns {Selection}
 */
export function toggleTrack(selection, id) {
  return selection.has(id) ? without(selection, id) : new Map([...selection, [id, []]])
}

/**
 * Shift-click on a point: in or out; the last point out takes its track with it.
 * @param {Selection} selection
 * @param {number} id
 * @param {number} index
 * @returns {Selection}
 */
export function togglePoint(selection, id, index) {
  const now = selection.get(id) ?? []
  const after = now.includes(index) ? now.filter((i) => i !== index) : inOrder([...now, index])
  return after.length === 0 ? without(selection, id) : new Map([...selection, [id, after]])
}

/**
 * The points of editable tracks in a box, image px, edges included.
 * @param {Document} document
 * @param {Box} box
 * @returns {Selection}
 */
export function selectBox(document, { left, top, right, bottom }) {
  /** @type {Map<number, readonly number[]>} */
  const found = new Map()
  for (const { id, points, hidden, locked } of document.tracks) {
    if (hidden || locked || isCameraTrack(document, id)) continue
    const inside = points.flatMap(({ x, y }, i) => (left <= x && x <= right && top <= y && y <= bottom ? [i] : []))
    if (inside.length > 0) found.set(id, inside)
  }
  return found
}

/**
 * Both together, for a box with shift held.
 * @param {Selection} a
 * @param {Selection} b
 * @returns {Selection}
 */
export function union(a, b) {
  const both = new Map(a)
  for (const [id, indexes] of b) {
    const now = a.get(id)
    const whole = indexes.length === 0 || now?.length === 0
    both.set(id, whole ? [] : inOrder([...(now ?? []), ...indexes]))
  }
  return both
}

/**
 * @param {Selection} selection
 * @param {number} id
 * @param {number} index
 * @returns {boolean}
 */
export function isSelected(selection, id, index) {
  const indexes = selection.get(id)
  return indexes !== undefined && (indexes.length === 0 || indexes.includes(index))
}

/**
 * What of the selection still exists; the same object if all of it does.
 * @param {Selection} selection
 * @param {Document} document
 * @returns {Selection}
 */
export function cleaned(selection, document) {
  const counts = new Map(document.tracks.map((track) => [track.id, track.points.length]))
  /** @type {Map<number, readonly number[]>} */
  const left = new Map()
  let changed = false
  for (const [id, indexes] of selection) {
    const count = counts.get(id)
    const there = indexes.filter((i) => count !== undefined && i < count)
    if (there.length < indexes.length || count === undefined) changed = true
    if (count !== undefined && (indexes.length === 0 || there.length > 0)) left.set(id, there)
  }
  return changed ? left : selection
}

/**
 * After a point was put in at `index`: the others keep theirs.
 * @param {Selection} selection
 * @param {number} id
 * @param {number} index
 * @returns {Selection}
 */
export function afterInsert(selection, id, index) {
  const indexes = selection.get(id)
  if (indexes === undefined || indexes.length === 0) return selection
  return new Map([...selection, [id, indexes.map((i) => (i >= index ? i + 1 : i))]])
}

/**
 * @param {Selection} selection
 * @param {number} id
 * @returns {Selection}
 */
function without(selection, id) {
  return new Map([...selection].filter(([other]) => other !== id))
}

/**
 * @param {Iterable<number>} indexes
 * @returns {number[]}
 */
function inOrder(indexes) {
  return [...new Set(indexes)].sort((a, b) => a - b)
}
