// The order of the list: tracks, and the camera as one.

import { isCameraTrack, withWholeCamera } from '../camera/members.mjs'
import { withTracks } from './change.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */

/**
 * What the list shows, from the bottom up: single tracks, and the camera's together where the first of them lies.
 * @param {Document} document
 * @returns {EditorTrack[][]}
 */
export function rowsOf(document) {
  /** @type {EditorTrack[] | null} */
  let camera = null
  /** @type {EditorTrack[][]} */
  const rows = []
  for (const track of document.tracks) {
    if (camera && isCameraTrack(document, track.id)) camera.push(track)
    else {
      const row = [track]
      rows.push(row)
      if (isCameraTrack(document, track.id)) camera = row
    }
  }
  return rows
}

/**
 * A track, or the camera that it belongs to, so many rows up; beyond the ends counts as the end.
 * @param {Document} document
 * @param {number} id
 * @param {number} up
 * @returns {Document}
 */
export function moveInList(document, id, up) {
  const mine = withWholeCamera(document, [id])
  const rows = rowsOf(document)
  const from = rows.findIndex(([track]) => mine.has(track.id))
  if (from < 0) return document
  const others = rows.filter((_, i) => i !== from)
  const to = Math.min(Math.max(from + Math.round(up), 0), others.length)
  return withTracks(document, [...others.slice(0, to), rows[from], ...others.slice(to)].flat())
}
