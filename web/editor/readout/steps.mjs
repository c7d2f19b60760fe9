// How fast a track is, frame by frame.

/** @typedef {import('../sampling/tracks.mjs').Tracks} Tracks */

/**
 * What one step draws: 'hidden' has an invisible end, 'outside' begins a whole pixel or more off the raster, 'still'
 * has no length or no strength, 'drawn' is in the motion picture.
 * @typedef {'hidden' | 'outside' | 'still' | 'drawn'} StepKind
 */

/**
 * The step into each frame from the one before, px/frame of the output, without strength; frame 0 has none.
 * @param {Tracks} tracks
 * @param {number} track
 * @returns {Float64Array} one number a frame, 0 for frame 0
 */
export function stepLengths(tracks, track) {
  const { frames, points } = tracks
  const lengths = new Float64Array(frames)
  for (let frame = 1; frame < frames; frame++) {
    const at = 2 * (frames * track + frame)
    lengths[frame] = Math.hypot(points[at] - points[at - 2], points[at + 1] - points[at - 1])
  }
  return lengths
}

/**
 * @param {Tracks} tracks
 * @param {number} track
 * @param {number} frame 1 or more
 * @returns {StepKind}
 */
export function stepKind(tracks, track, frame) {
  const { frames, width, height, points, visible, strength } = tracks
  const at = frames * track + frame
  if (!visible[at - 1] || !visible[at]) return 'hidden'
  const x = points[2 * at - 2]
  const y = points[2 * at - 1]
  if (!(x > -1 && y > -1 && x < width && y < height)) return 'outside'
  const moves = points[2 * at] !== x || points[2 * at + 1] !== y
  return moves && strength[track] > 0 ? 'drawn' : 'still'
}
