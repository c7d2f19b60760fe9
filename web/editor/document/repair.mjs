// The most that can be used of a trajectory that strict reading refuses. What is broken is told with its value.

import { EditorError, isMapping, shown } from '../base/checks.mjs'
import { MAX_POINTS, MAX_TOTAL_POINTS, MAX_TRACKS } from '../base/limits.mjs'
import { mendTimes } from '../time/keys.mjs'
import { CANVAS_CHECKS, TRAJECTORY_KEYS } from './read.mjs'
import { TRACK_DEFAULTS, readPoint, readTrack } from './track.mjs'

/** @typedef {import('../base/types.mjs').Canvas} Canvas */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Track} Track */
/** @typedef {import('../base/types.mjs').Trajectory} Trajectory */
/** @typedef {(place: string, reason: string, value: unknown) => void} Tell */

/**
 * @param {Readonly<Record<string, unknown>>} given
 * @param {Canvas} defaults
 * @param {Tell} tell
 * @returns {{ trajectory: Trajectory, places: number[] }} places: which of the given tracks these are
 */
export function repairTrajectory(given, defaults, tell) {
  for (const key of Object.keys(given)) {
    if (!TRAJECTORY_KEYS.includes(key)) tell(key.slice(0, 40), 'is not a known key.', given[key])
  }
  const canvas = { ...defaults }
  for (const key of /** @type {const} */ (['width', 'height', 'frames', 'fps'])) {
    if (given[key] === undefined) continue
    canvas[key] = attempt(() => CANVAS_CHECKS[key](given[key]), tell, given[key]) ?? defaults[key]
  }
  const { width, height, frames, fps } = canvas
  const { tracks, places } = repairTracks(given.tracks, tell)
  return { trajectory: { width, height, frames, fps, tracks }, places }
}

/**
 * @param {unknown} given
 * @param {Tell} tell
 * @returns {{ tracks: Track[], places: number[] }}
 */
function repairTracks(given, tell) {
  if (!Array.isArray(given)) {
    if (given !== undefined) tell('tracks', `is ${shown(given)}, expected a list.`, given)
    return { tracks: [], places: [] }
  }
  const tracks = []
  const places = []
  let points = 0
  for (let i = 0; i < given.length; i++) {
    if (tracks.length === MAX_TRACKS) {
      tell('tracks', `has more than ${MAX_TRACKS} entries.`, given.slice(i))
      break
    }
    /** @type {Tell} */
    const tellTrack = (place, reason, value) => tell(`tracks[${i}]`, `was mended: ${place} ${reason}`, value)
    const track = attempt(() => readTrack(`tracks[${i}]`, given[i]), tellTrack, given[i]) ?? repairTrack(i, given[i])
    if (track === null) continue
    if (points + track.points.length > MAX_TOTAL_POINTS) {
      tell(`tracks[${i}]`, `is beyond ${MAX_TOTAL_POINTS} points together.`, given[i])
      continue
    }
    points += track.points.length
    tracks.push(track)
    places.push(i)
  }
  return { tracks, places }
}

/**
 * What strict reading takes of a track's fields and points, each by itself; null without a usable point. The caller has
 * told of it already, and keeps the whole track.
 * @param {number} index
 * @param {unknown} given
 * @returns {Track | null}
 */
function repairTrack(index, given) {
  if (!isMapping(given) || !Array.isArray(given.points)) return null
  const place = `tracks[${index}]`
  const points = given.points.slice(0, MAX_POINTS).flatMap((point) => repairPoint(place, point))
  if (points.length === 0) return null
  /** @type {Track} */
  let track = { ...TRACK_DEFAULTS, points: [{ x: 0, y: 0 }] }
  for (const key of Object.keys(TRACK_DEFAULTS)) {
    if (!Object.hasOwn(given, key)) continue
    track = attempt(() => readTrack(place, { ...track, [key]: given[key] }), ignore, null) ?? track
  }
  return mendTimes({ ...track, points })
}

/**
 * @param {string} place
 * @param {unknown} given
 * @returns {Point[]} one or none
 */
function repairPoint(place, given) {
  if (!isMapping(given)) return []
  /** @type {Point | null} */
  let point = attempt(() => readPoint(place, { x: given.x, y: given.y }), ignore, null)
  for (const key of ['t', 'easing', 'in', 'out']) {
    if (point === null || given[key] === undefined) continue
    const { [key]: value } = given
    const before = point
    point = attempt(() => readPoint(place, { ...before, [key]: value }), ignore, null) ?? before
  }
  return point === null ? [] : [point]
}

/**
 * @template T
 * @param {() => T} read
 * @param {Tell} tell
 * @param {unknown} value
 * @returns {T | null}
 */
function attempt(read, tell, value) {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    tell(error.place, error.rest, value)
    return null
  }
}

function ignore() {}
