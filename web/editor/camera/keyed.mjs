// Tracks that keep a position a frame, at as few key times as hold them: the twin of the lower half of
// tora_core/trajectory/shaping/keyed.py.

import { frameTimes } from '../sampling/sample.mjs'

/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').VisibilityKey} VisibilityKey */

/** Positions are held this closely. */
export const UNSEEN_PX = 0.01

/**
 * The track at positions x, y by frame and visible by frame: straight between the fewest keys that are close enough.
 * Keeps everything that is no drawing (name, colour, strength, radius and what an editor adds).
 * @template {import('../base/types.mjs').Track} T
 * @param {T} track
 * @param {Float64Array} positions
 * @param {Uint8Array} visible
 * @returns {T}
 */
export function heldAt(track, positions, visible) {
  const times = frameTimes(visible.length)
  const kept = fewestKeys(positions, times, UNSEEN_PX)
  const moves = kept.some((frame) => positions[2 * frame] !== positions[0] || positions[2 * frame + 1] !== positions[1])
  /** @type {Point[]} */
  const made = kept.map((frame) => ({ x: positions[2 * frame], y: positions[2 * frame + 1], t: times[frame] }))
  return {
    ...track,
    points: moves ? made : [{ x: made[0].x, y: made[0].y }],
    curve: 'polyline',
    closed: false,
    start: 0,
    end: 1,
    easing: 'linear',
    visibility: keysOf(visible, times),
  }
}

/**
 * Which frames to keep, so that straight lines in time are within errorPx of the rest: Ramer, Douglas and Peucker's
 * halving, with the distance at the same time, so that the speed is kept as well.
 * @param {Float64Array} positions x, y by frame
 * @param {Float64Array} times
 * @param {number} errorPx
 * @returns {number[]} growing; the first and the last are among them
 */
export function fewestKeys(positions, times, errorPx) {
  const last = times.length - 1
  const kept = new Set([0, last])
  /** @type {[number, number][]} */
  const open = [[0, last]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [a, b] = next
    let worst = -1
    let far = errorPx
    for (let i = a + 1; i < b; i++) {
      const way = (times[i] - times[a]) / (times[b] - times[a])
      const x = positions[2 * i] - (positions[2 * a] + way * (positions[2 * b] - positions[2 * a]))
      const y = positions[2 * i + 1] - (positions[2 * a + 1] + way * (positions[2 * b + 1] - positions[2 * a + 1]))
      const miss = Math.hypot(x, y)
      if (miss > far) [worst, far] = [i, miss]
    }
    if (worst < 0) continue
    kept.add(worst)
    open.push([a, worst], [worst, b])
  }
  return [...kept].sort((a, b) => a - b)
}

/**
 * @param {Uint8Array} visible by frame
 * @param {Float64Array} times
 * @returns {VisibilityKey[]} where it changes; visible before the first
 */
export function keysOf(visible, times) {
  /** @type {VisibilityKey[]} */
  const keys = []
  visible.forEach((now, frame) => {
    const before = frame === 0 ? 1 : visible[frame - 1]
    if (now !== before) keys.push({ t: times[frame], visible: now === 1 })
  })
  return keys
}
