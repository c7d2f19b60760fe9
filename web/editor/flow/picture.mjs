// One frame of the RGB motion picture that the model gets: the twin of render_motion in tora_core/motion/flow.py.
// No page in here: it runs in a worker.

import { colorScale, drawColors } from './color.mjs'
import { groupFlow, groupSources, largestSquare, lengthBound } from './patches.mjs'
import { frameSources } from './sources.mjs'

/** @typedef {import('../sampling/tracks.mjs').Tracks} Tracks */

/** @type {WeakMap<Tracks, number>} */
const norms = new WeakMap()

/**
 * The largest length in px/frame of the unscaled (strength 1) flow over the whole clip, 0 if nothing moves; computed
 * once per value of `tracks`.
 * @param {Tracks} tracks
 * @returns {number}
 */
export function flowNorm(tracks) {
  let norm = norms.get(tracks)
  if (norm === undefined) {
    norm = largestLength(tracks)
    norms.set(tracks, norm)
  }
  return norm
}

/**
 * @param {Tracks} tracks
 * @returns {number}
 */
function largestLength(tracks) {
  const groups = []
  for (let frame = 1; frame < tracks.frames; frame++) {
    for (const group of groupSources(frameSources(tracks, frame, false)))
      groups.push({ group, bound: lengthBound(group) })
  }
  groups.sort((a, b) => b.bound - a.bound)
  let largest = 0
  for (const { group, bound } of groups) {
    if (bound * bound <= largest) break // nor can any group after this one be longer
    largest = Math.max(largest, largestSquare(group))
  }
  return Math.fround(Math.sqrt(largest))
}

/**
 * The picture of one frame as RGBA (an ImageData's bytes), row by row; white where nothing moves, alpha 255.
 * @param {Tracks} tracks
 * @param {number} frame
 * @param {Uint8ClampedArray} [out] to be filled instead of a new one, 4 * width * height bytes
 * @param {number} [maxNorm] the length that gets the full colour; default flowNorm(tracks)
 * @returns {Uint8ClampedArray}
 */
export function framePicture(tracks, frame, out, maxNorm = flowNorm(tracks)) {
  const rgba = out ?? new Uint8ClampedArray(4 * tracks.width * tracks.height)
  rgba.fill(255)
  const scale = colorScale(maxNorm)
  for (const group of groupSources(frameSources(tracks, frame, true))) {
    drawColors(groupFlow(group), scale, rgba, tracks.width)
  }
  return rgba
}

/**
 * The flow of one frame, dx and dy by pixel, px/frame with the strengths: for tests and readouts.
 * @param {Tracks} tracks
 * @param {number} frame
 * @returns {Float32Array} 2 * width * height
 */
export function frameFlow(tracks, frame) {
  const flow = new Float32Array(2 * tracks.width * tracks.height)
  for (const group of groupSources(frameSources(tracks, frame, true))) {
    const { top, left, bottom, right, u, v } = groupFlow(group)
    let from = 0
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++, from++) {
        const to = 2 * (row * tracks.width + column)
        flow[to] = u[from]
        flow[to + 1] = v[from]
      }
    }
  }
  return flow
}
