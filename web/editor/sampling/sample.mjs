// Where a track is at given times. The twin of tora_core/trajectory/sampling.py.

import { SAME_TIME } from '../base/limits.mjs'
import { lastNotAfter, pathOf, writePointAt } from '../curves/path.mjs'
import { ease } from '../time/easing.mjs'
import { keyTimes } from '../time/keys.mjs'

/** @typedef {import('../base/types.mjs').Track} Track */

/**
 * Positions x, y in canvas pixels, of invisible frames too; visible is 0 or 1. Both are for reading only.
 * @typedef {Readonly<{ points: Float64Array, visible: Uint8Array }>} Samples
 */

/** @type {WeakMap<Track, { frames: number, samples: Samples }>} */
const known = new WeakMap()

/**
 * Clip times in 0..1: frame f of F is at f/(F-1); a single frame is at 0.
 * @param {number} frames
 * @returns {Float64Array}
 */
export function frameTimes(frames) {
  return Float64Array.from({ length: frames }, (_, frame) => frame / Math.max(frames - 1, 1))
}

/**
 * The track in every frame of a clip; computed once per track value and frame count.
 * @param {Track} track
 * @param {number} frames
 * @returns {Samples}
 */
export function trackFrames(track, frames) {
  const last = known.get(track)
  if (last && last.frames === frames) return last.samples
  const samples = sampleTrack(track, frameTimes(frames))
  known.set(track, { frames, samples })
  return samples
}

/**
 * @param {Track} track
 * @param {Float64Array} times
 * @returns {Samples}
 */
export function sampleTrack(track, times) {
  return { points: positions(track, times), visible: visibility(track, times) }
}

/**
 * How far along its path a track is at a clip time.
 * @param {Track} track
 * @param {number} time
 * @returns {number} arc length in canvas pixels; 0 for a single point
 */
export function arcAtTime(track, time) {
  return track.points.length === 1 ? 0 : timing(track)(time)
}

/**
 * @param {Track} track
 * @param {Float64Array} times
 * @returns {Uint8Array}
 */
function visibility(track, times) {
  const visible = new Uint8Array(times.length)
  const keys = Float64Array.from(track.visibility, (key) => key.t)
  for (let i = 0; i < times.length; i++) {
    const time = times[i]
    if (track.before !== 'hold' && !(time >= track.start - SAME_TIME)) continue
    if (track.after !== 'hold' && !(time <= track.end + SAME_TIME)) continue
    const key = lastNotAfter(keys, time + SAME_TIME)
    visible[i] = key < 0 || track.visibility[key].visible ? 1 : 0
  }
  return visible
}

/**
 * @param {Track} track
 * @param {Float64Array} times
 * @returns {Float64Array}
 */
function positions(track, times) {
  const points = new Float64Array(2 * times.length)
  if (track.points.length === 1) {
    const [{ x, y }] = track.points
    for (let i = 0; i < times.length; i++) points.set([x, y], 2 * i)
    return points
  }
  const path = pathOf(track)
  const arc = timing(track)
  for (let i = 0; i < times.length; i++) writePointAt(path, arc(times[i]), points, 2 * i)
  return points
}

/**
 * @param {Track} track with two points or more
 * @returns {(time: number) => number} clip time to arc length
 */
function timing(track) {
  const { nodeArc } = pathOf(track)
  const { nodes, times: keys } = keyTimes(track)
  const last = keys.length - 1
  const easings = nodes.slice(0, -1).map((node) => track.points[node].easing ?? track.easing)
  return (time) => {
    const stretch = Math.min(Math.max(lastNotAfter(keys, time + SAME_TIME), 0), last - 1)
    const share = Math.min(Math.max((time - keys[stretch]) / (keys[stretch + 1] - keys[stretch]), 0), 1)
    const way = ease(easings[stretch], time + SAME_TIME >= keys[last] ? 1 : share)
    return (1 - way) * nodeArc[nodes[stretch]] + way * nodeArc[nodes[stretch + 1]]
  }
}
