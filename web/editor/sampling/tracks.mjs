// All tracks in pixels of an output, one position a frame. The twin of Trajectory.sample and of the value `Tracks`.

import { trackFrames } from './sample.mjs'

/** @typedef {import('../base/types.mjs').Canvas} Canvas */
/** @typedef {import('../base/types.mjs').Track} Track */

/**
 * N tracks over F frames in pixels of width x height, as Python's `Tracks` holds them: points float32 x, y by track and
 * frame; visible 0 or 1 by track and frame; strength and sigma (px) by track. Plain arrays, so that a worker gets them.
 * @typedef {Readonly<{
 *   width: number, height: number, frames: number, count: number, points: Float32Array, visible: Uint8Array,
 *   strength: Float32Array, sigma: Float32Array,
 * }>} Tracks
 */

/**
 * Positions are found on the canvas and then scaled, so the timing does not depend on the size; the radius is in output
 * pixels and stays.
 * @param {Canvas & Readonly<{ tracks: readonly Track[] }>} drawing
 * @param {Partial<Pick<Canvas, 'width' | 'height' | 'frames'>>} [output] default: the canvas
 * @returns {Tracks}
 */
export function sampleTracks(drawing, output = {}) {
  const { width = drawing.width, height = drawing.height, frames = drawing.frames } = output
  const { tracks } = drawing
  const scaleX = width / drawing.width
  const scaleY = height / drawing.height
  const points = new Float32Array(2 * frames * tracks.length)
  const visible = new Uint8Array(frames * tracks.length)
  tracks.forEach((track, i) => {
    const samples = trackFrames(track, frames)
    for (let at = 0; at < 2 * frames; at += 2) {
      points[2 * frames * i + at] = samples.points[at] * scaleX
      points[2 * frames * i + at + 1] = samples.points[at + 1] * scaleY
    }
    visible.set(samples.visible, frames * i)
  })
  return {
    width,
    height,
    frames,
    count: tracks.length,
    points,
    visible,
    strength: Float32Array.from(tracks, (track) => track.strength),
    sigma: Float32Array.from(tracks, (track) => track.radius),
  }
}
