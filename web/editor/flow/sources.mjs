// Where the motion of tracks enters one frame: the twin of `find_sources` of tora_core/motion/sources.py.

import { splatProfile } from './profiles.mjs'

/** @typedef {import('../sampling/tracks.mjs').Tracks} Tracks */
/** @typedef {import('./profiles.mjs').Profile} Profile */

/**
 * A moving point: float32 px/frame, and how it spreads down and across the picture.
 * @typedef {Readonly<{ moveX: number, moveY: number, down: Profile, across: Profile }>} Source
 */

/** Longer moves are shortened to this, so that squares of sums of blurred moves fit float32. */
export const MAX_MOVE_PX = 1e9

/**
 * The steps p[frame - 1] -> p[frame] of all tracks, each a source at p[frame - 1]. Left out is what draws nothing:
 * steps with an invisible end, steps of length 0, and sources a whole pixel or more off the raster.
 * @param {Tracks} tracks
 * @param {number} frame
 * @param {boolean} applyStrength whether moves are times the strength of their track
 * @returns {Source[]} in order of the tracks
 */
export function frameSources(tracks, frame, applyStrength) {
  /** @type {Source[]} */
  const sources = []
  if (frame < 1 || frame >= tracks.frames) return sources
  for (let track = 0; track < tracks.count; track++) {
    const step = stepOf(tracks, track, frame, applyStrength)
    if (step === null) continue
    const { x, y, dx, dy, length } = step
    const shorten = Math.min(1, MAX_MOVE_PX / length)
    const sigma = tracks.sigma[track]
    sources.push({
      moveX: Math.fround(dx * shorten) + 0, // + 0: the places of -0 and 0 on the wheel are a full circle apart
      moveY: Math.fround(dy * shorten) + 0,
      down: splatProfile(y, sigma, tracks.height),
      across: splatProfile(x, sigma, tracks.width),
    })
  }
  return sources
}

/**
 * @param {Tracks} tracks
 * @param {number} track
 * @param {number} frame
 * @param {boolean} applyStrength
 */
function stepOf(tracks, track, frame, applyStrength) {
  const at = tracks.frames * track + frame
  const { points, visible, width, height } = tracks
  if (!visible[at - 1] || !visible[at]) return null
  const x = points[2 * at - 2]
  const y = points[2 * at - 1]
  if (!(x > -1 && y > -1 && x < width && y < height)) return null
  const strength = applyStrength ? tracks.strength[track] : 1
  const dx = (points[2 * at] - x) * strength
  const dy = (points[2 * at + 1] - y) * strength
  const length = Math.hypot(dx, dy)
  return length > 0 ? { x, y, dx, dy, length } : null
}
