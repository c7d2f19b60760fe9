// What a click or a box chooses.

import { findTrack } from '../editor/edit/change.mjs'
import { isSelected, selectPoints, selectTracks, togglePoint, toggleTrack, union } from '../editor/edit/selection.mjs'

/** @typedef {import('./pointer.mjs').Pointer} Pointer */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */

/**
 * What is chosen while the button is down, and after a click without a drag.
 * @param {Selection} selection
 * @param {Readonly<{ id: number, index: number }>} hit
 * @param {Pointer} pointer
 */
export function onPoint(selection, { id, index }, { shift }) {
  const only = selectPoints(id, [index])
  const among = (selection.get(id) ?? []).includes(index)
  if (shift) {
    const whole = selection.get(id)?.length === 0
    const toggled = whole ? only : togglePoint(selection, id, index)
    return { chosen: isSelected(toggled, id, index) ? toggled : selection, click: toggled }
  }
  return { chosen: among ? selection : only, click: only }
}

/**
 * @param {Selection} selection
 * @param {Readonly<{ id: number }>} hit
 * @param {Pointer} pointer
 */
export function onPath(selection, { id }, { shift }) {
  const only = selectTracks([id])
  const whole = selection.get(id)?.length === 0
  if (shift) {
    const toggled = toggleTrack(selection, id)
    return { chosen: whole ? selection : union(selection, only), click: whole ? toggled : union(selection, only) }
  }
  return { chosen: whole ? selection : only, click: only }
}

/**
 * @param {Document} document
 * @param {Selection} selection
 * @returns {Selection} tracks of which all points are chosen are chosen as a whole
 */
export function wholeWhereAll(document, selection) {
  return new Map(
    [...selection].map(([id, indexes]) => [
      id,
      indexes.length === findTrack(document, id)?.points.length ? [] : indexes,
    ]),
  )
}
