// What all operations stand on: finding tracks, changing them with shared structure, keeping Python's rules.

import { EditorError } from '../base/checks.mjs'
import { clamp } from '../base/geometry.mjs'
import { MAX_COORDINATE_PX, MAX_POINTS, MAX_TOTAL_POINTS, MAX_TRACKS } from '../base/limits.mjs'
import { isCameraTrack } from '../camera/members.mjs'
import { mendTimes } from '../time/keys.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */

/**
 * @param {Document} document
 * @param {number} id
 * @returns {EditorTrack | undefined}
 */
export function findTrack(document, id) {
  return document.tracks.find((track) => track.id === id)
}

/**
 * The document with some tracks changed; the same document if no track is another after it. Locked tracks stay, and
 * those of the camera, which are made of its settings.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {(track: EditorTrack) => EditorTrack} change
 * @param {{ evenLocked?: boolean, evenCamera?: boolean }} [options] for the list panel, which names, hides and unlocks
 * @returns {Document}
 */
export function changeTracks(document, ids, change, { evenLocked = false, evenCamera = false } = {}) {
  const wanted = new Set(ids)
  /** @type {(track: EditorTrack) => boolean} */
  const may = (track) => (evenLocked || !track.locked) && (evenCamera || !isCameraTrack(document, track.id))
  return withTracks(
    document,
    document.tracks.map((track) => (wanted.has(track.id) && may(track) ? change(track) : track)),
  )
}

/**
 * The track with other points: in Python's bounds, and with the key times that still make sense.
 * @template {Pick<EditorTrack, 'points' | 'closed' | 'start' | 'end'>} T
 * @param {T} track
 * @param {readonly Point[]} points one or more
 * @returns {T} the same object if the points are the same
 */
export function withPoints(track, points) {
  const same = points.length === track.points.length && points.every((point, i) => point === track.points[i])
  return same ? track : mendTimes({ ...track, points: points.map(inBounds) })
}

/**
 * The document with other tracks; throws EditorError where they are too many. A camera that lost one of its tracks is
 * none any more.
 * @param {Document} document
 * @param {readonly EditorTrack[]} tracks
 * @param {number} [nextId]
 * @returns {Document}
 */
export function withTracks(document, tracks, nextId = document.nextId) {
  const same = tracks.length === document.tracks.length && tracks.every((track, i) => track === document.tracks[i])
  if (same) return document
  if (tracks.length > MAX_TRACKS) throw new EditorError('tracks', `can be ${MAX_TRACKS} at most.`)
  let total = 0
  for (const { points } of tracks) {
    if (points.length > MAX_POINTS) throw new EditorError('points', `can be ${MAX_POINTS} in a track at most.`)
    total += points.length
  }
  if (total > MAX_TOTAL_POINTS) throw new EditorError('points', `can be ${MAX_TOTAL_POINTS} together at most.`)
  const count = document.camera === null ? 0 : tracks.filter(({ id }) => isCameraTrack(document, id)).length
  const camera = count === document.camera?.ids.length ? document.camera : null
  return { ...document, tracks, nextId, camera }
}

/**
 * @param {Point} point
 * @returns {Point} the same object where it is in bounds
 */
function inBounds(point) {
  const { x, y } = point
  const limit = MAX_COORDINATE_PX
  const offsets = [point.in, point.out].flatMap((offset) => offset ?? [])
  if ([x, y, ...offsets].every((value) => -limit <= value && value <= limit)) return point
  return {
    ...point,
    x: bounded(x),
    y: bounded(y),
    ...(point.in !== undefined && { in: boundedOffset(point.in) }),
    ...(point.out !== undefined && { out: boundedOffset(point.out) }),
  }
}

/**
 * @param {Offset} offset
 * @returns {Offset}
 */
function boundedOffset([dx, dy]) {
  return [bounded(dx), bounded(dy)]
}

/**
 * @param {number} value
 * @returns {number}
 */
function bounded(value) {
  if (Number.isNaN(value)) throw new EditorError('a coordinate', 'is not a number.')
  return clamp(value, -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
}
