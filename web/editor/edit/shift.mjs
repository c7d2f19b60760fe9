// Whole tracks earlier or later, and one end of them; a camera among them goes along by its settings.

import { clamp } from '../base/geometry.mjs'
import { isCameraTrack } from '../camera/members.mjs'
import { KEY_GAP, mendTimes } from '../time/keys.mjs'
import { setCamera } from './camera.mjs'
import { changeTracks } from './change.mjs'
import { setSpan } from './timing.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').VisibilityKey} VisibilityKey */
/** @typedef {Readonly<{ start: number, end: number }>} Span */

/**
 * When a track, or the camera that it belongs to, begins and ends.
 * @param {Document} document
 * @param {EditorTrack} track
 * @returns {Span}
 */
export function spanOf(document, track) {
  return document.camera !== null && isCameraTrack(document, track.id) ? document.camera.settings : track
}

/**
 * Tracks with all their times moved by the same: start, end, pins and visibility keys. Moved less where one of them
 * would leave the clip.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {number} by clip time
 * @returns {Document}
 */
export function shiftTracks(document, ids, by) {
  const wanted = new Set(ids)
  const spans = movable(document, wanted).map((track) => spanOf(document, track))
  if (spans.length === 0 || Number.isNaN(by)) return document
  const room = [Math.max(...spans.map(({ start }) => -start)), Math.min(...spans.map(({ end }) => 1 - end))]
  const step = clamp(by, room[0], room[1])
  if (step === 0) return document
  const shifted = changeTracks(document, wanted, (track) => shiftTrack(track, step, document.frames))
  const { camera } = document
  if (camera === null || !camera.ids.some((id) => wanted.has(id))) return shifted
  const { start, end } = camera.settings
  return setCamera(shifted, { start: moved(start, step, document.frames), end: moved(end, step, document.frames) })
}

/**
 * One end of tracks moved by the same, each kept a frame away from the other end. Pins stay at their times, those left
 * outside are dropped.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {'start' | 'end'} side
 * @param {number} by clip time
 * @returns {Document}
 */
export function moveEnds(document, ids, side, by) {
  const wanted = new Set(ids)
  const least = Math.max(1 / Math.max(document.frames - 1, 1), KEY_GAP)
  /** @type {(span: Span) => Span} */
  const after = ({ start, end }) => {
    if (side === 'start') return { start: Math.max(Math.min(moved(start, by, document.frames), end - least), 0), end }
    return { start, end: Math.min(Math.max(moved(end, by, document.frames), start + least), 1) }
  }
  if (Number.isNaN(by)) return document
  let now = document
  for (const track of movable(document, wanted)) {
    const { start, end } = after(spanOf(document, track))
    now = isCameraTrack(document, track.id)
      ? setCamera(now, { start, end })
      : setSpan(now, [track.id], start, end, 'keep')
  }
  return now
}

/**
 * @param {Document} document
 * @param {ReadonlySet<number>} ids
 * @returns {EditorTrack[]} one of a camera's
 */
function movable(document, ids) {
  const tracks = document.tracks.filter((track) => ids.has(track.id) && !track.locked)
  const first = tracks.find((track) => isCameraTrack(document, track.id))
  return tracks.filter((track) => track === first || !isCameraTrack(document, track.id))
}

/**
 * @param {EditorTrack} track
 * @param {number} by
 * @param {number} frames
 * @returns {EditorTrack}
 */
function shiftTrack(track, by, frames) {
  /** @type {(time: number) => number} */
  const later = (time) => moved(time, by, frames)
  const points = track.points.map((point) => (point.t === undefined ? point : { ...point, t: later(point.t) }))
  const keys = track.visibility.map((key) => ({ ...key, t: later(key.t) }))
  const span = { start: later(track.start), end: later(track.end) }
  return mendTimes({ ...track, ...span, points, visibility: inClip(keys) })
}

/**
 * What was shown or hidden in the clip stays so: of the keys before it the last counts, those after it don't.
 * @param {readonly VisibilityKey[]} keys
 * @returns {readonly VisibilityKey[]}
 */
function inClip(keys) {
  const before = keys.findLastIndex((key) => key.t < 0)
  const inside = keys.filter((key) => key.t >= 0 && key.t <= 1)
  const carried = keys[before]
  if (carried === undefined || carried.visible || (inside[0]?.t ?? 1) <= KEY_GAP) return inside
  return [{ t: 0, visible: false }, ...inside]
}

/**
 * @param {number} time
 * @param {number} by
 * @param {number} frames
 * @returns {number} exactly at a frame where it is one but for rounding
 */
function moved(time, by, frames) {
  const last = Math.max(frames - 1, 1)
  const at = (time + by) * last
  return Math.abs(at - Math.round(at)) < KEY_GAP ? Math.round(at) / last : time + by
}
