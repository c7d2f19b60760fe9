// When a track is at which of its points. The rules are in the docstring of tora_core/trajectory/track.py's `Track`.

import { EditorError } from '../base/checks.mjs'
import { SAME_TIME } from '../base/limits.mjs'

/** @typedef {import('../base/types.mjs').Track} Track */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {Pick<Track, 'points' | 'closed' | 'start' | 'end'>} Timed */

/** The least time between two keys that the editor makes: two of Python's "one time" can't come out of rounding. */
export const KEY_GAP = 1e-6

/**
 * Which nodes of the path have a time, and it; at least two. The ends always have one; node number points.length is the
 * return to the first point of a closed track. (Twin of `_key_times` in sampling.py.)
 * @param {Timed} track with two points or more
 * @returns {{ nodes: number[], times: number[] }}
 */
export function keyTimes(track) {
  /** @type {number[]} */
  const nodes = []
  /** @type {number[]} */
  const times = []
  track.points.forEach((point, i) => {
    if (point.t !== undefined) {
      nodes.push(i)
      times.push(point.t)
    }
  })
  if (nodes[0] !== 0) {
    nodes.unshift(0)
    times.unshift(track.start)
  }
  const last = track.points.length - 1
  if (track.closed || nodes[nodes.length - 1] !== last) {
    nodes.push(track.closed ? last + 1 : last)
    times.push(track.end)
  }
  return { nodes, times }
}

/**
 * Throw EditorError unless the key times are legal. (Twin of `Track._check_key_times`.)
 * @param {string} place of the track
 * @param {Timed} track
 */
export function checkKeyTimes(place, track) {
  const { points, start, end, closed } = track
  const last = points.length - 1
  let reached = -1
  points.forEach((point, i) => {
    const { t } = point
    if (t === undefined) {
      if (i === 0) reached = start
      else if (point.easing !== undefined && i !== last) {
        throw new EditorError(`${place}.points[${i}].easing`, 'is given, but no key time t from which it could act.')
      }
      return
    }
    const at = `${place}.points[${i}].t`
    if (!(start <= t && t <= end)) {
      throw new EditorError(at, `is ${t}, expected a time in start..end, ${start} to ${end}.`)
    }
    if (t - reached <= SAME_TIME)
      throw new EditorError(at, `is ${t}, expected a time after ${reached}, the one before.`)
    reached = t
  })
  if (needsEnd(track) && end - reached <= SAME_TIME) {
    const back = closed ? ' and return' : ''
    throw new EditorError(`${place}.points`, `leave no time before end, ${end}, to reach the last point${back}.`)
  }
}

/**
 * Drop the key times, and the easings, that are not legal: what an edit of points or of start and end leaves behind.
 * @template {Timed} T
 * @param {T} track
 * @returns {T} the same object where nothing was wrong
 */
export function mendTimes(track) {
  const { start, end } = track
  const last = track.points.length - 1
  let changed = false
  let reached = -1
  const points = track.points.map((point, i) => {
    if (point.t !== undefined && start <= point.t && point.t <= end && point.t - reached > SAME_TIME) {
      reached = point.t
      return point
    }
    if (i === 0) reached = start
    const easing = i === 0 || i === last ? point.easing : undefined
    if (point.t === undefined && easing === point.easing) return point
    changed = true
    return withTime(point, undefined, easing)
  })
  for (let i = last; i > 0 && needsEnd({ ...track, points }) && end - reached <= SAME_TIME; i--) {
    const { t, easing } = points[i]
    if (t === undefined) continue
    points[i] = withTime(points[i], undefined, i === last ? easing : undefined)
    changed = true
    reached = lastTime(points, start)
  }
  if (needsEnd({ ...track, points }) && end - reached <= SAME_TIME) {
    points[0] = withTime(points[0], undefined, points[0].easing)
    changed = true
  }
  return changed ? { ...track, points } : track
}

/**
 * The times at which a point may be pinned, given the pins of the others; null where there is no room.
 * @param {Timed} track
 * @param {number} index
 * @returns {readonly [earliest: number, latest: number] | null}
 */
export function pinRange(track, index) {
  const { points, start, end, closed } = track
  let earliest = index === 0 ? start : start + KEY_GAP
  for (let i = 0; i < index; i++) {
    const { t } = points[i]
    if (t !== undefined) earliest = t + KEY_GAP
  }
  const last = points.length - 1
  // Pinned at the end is only who arrives there: an open track's last point (or the only one).
  let latest = index === last && (!closed || last === 0) ? end : end - KEY_GAP
  for (let i = last; i > index; i--) {
    const { t } = points[i]
    if (t !== undefined) latest = t - KEY_GAP
  }
  return earliest <= latest ? [earliest, latest] : null
}

/**
 * The point with another key time and easing; undefined takes them away.
 * @param {Point} point
 * @param {number | undefined} t
 * @param {Point['easing'] | undefined} easing
 * @returns {Point}
 */
export function withTime(point, t, easing) {
  const { t: _t, easing: _easing, ...rest } = point
  const timed = t === undefined ? rest : { ...rest, t }
  return easing === undefined ? timed : { ...timed, easing }
}

/**
 * @param {Timed} track
 * @returns {boolean} whether time must be left before the end, for the last point or for the return to the first
 */
function needsEnd({ points, closed }) {
  return points.length > 1 && (closed || points[points.length - 1].t === undefined)
}

/**
 * @param {readonly Point[]} points
 * @param {number} start
 * @returns {number}
 */
function lastTime(points, start) {
  for (let i = points.length - 1; i >= 0; i--) {
    const { t } = points[i]
    if (t !== undefined) return t
  }
  return start
}
