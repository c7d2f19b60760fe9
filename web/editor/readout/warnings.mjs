// Where the model would not see the motion as it was meant.

import { supportPx } from '../flow/profiles.mjs'
import { stepKind, stepLengths } from './steps.mjs'

/** @typedef {import('../sampling/tracks.mjs').Tracks} Tracks */

/**
 * still: visible, but no motion: the model sees background there. dimmed: the motion is less than one of the 255 steps
 * of the picture, because another is so much faster. outside: visible by its keys, but off the picture. jump: the step
 * is farther than the blur reaches, and far more than the track's usual step. Frames from..to, both included, are those
 * that the step enters; px: the longest step among them.
 * @typedef {Readonly<{
 *   kind: 'still' | 'dimmed' | 'outside' | 'jump', track: number, from: number, to: number, px: number,
 * }>} Warning
 */

/** One step of an 8-bit channel. */
export const DIMMED_SHARE = 1 / 255

/** A step so many times the track's median one is a jump, if it also leaves the blur of the step before. */
export const JUMP_FACTOR = 4

/**
 * @param {Tracks} tracks
 * @param {number} norm of the clip, from flowNorm(tracks)
 * @returns {Warning[]} by track, then by frame; a run of frames is one warning
 */
export function findWarnings(tracks, norm) {
  /** @type {Warning[]} */
  const warnings = []
  for (let track = 0; track < tracks.count; track++) {
    const lengths = stepLengths(tracks, track)
    const usual = medianStep(tracks, track, lengths)
    for (let frame = 1; frame < tracks.frames; frame++) {
      const kind = warningOf(tracks, track, frame, lengths[frame], usual, norm)
      if (kind === null) continue
      const last = warnings[warnings.length - 1]
      if (last && last.track === track && last.kind === kind && last.to === frame - 1) {
        warnings[warnings.length - 1] = { ...last, to: frame, px: Math.max(last.px, lengths[frame]) }
      } else {
        warnings.push({ kind, track, from: frame, to: frame, px: lengths[frame] })
      }
    }
  }
  return warnings
}

/**
 * @param {Tracks} tracks
 * @param {number} track
 * @param {number} frame
 * @param {number} length
 * @param {number} usual
 * @param {number} norm
 * @returns {Warning['kind'] | null}
 */
function warningOf(tracks, track, frame, length, usual, norm) {
  const kind = stepKind(tracks, track, frame)
  if (kind === 'hidden') return null
  if (kind !== 'drawn') return kind
  if (length > supportPx(tracks.sigma[track]) && length > JUMP_FACTOR * usual) return 'jump'
  return length * tracks.strength[track] < DIMMED_SHARE * norm ? 'dimmed' : null
}

/**
 * The median of the steps that are drawn; 0 if none is.
 * @param {Tracks} tracks
 * @param {number} track
 * @param {Float64Array} lengths
 * @returns {number}
 */
function medianStep(tracks, track, lengths) {
  const moving = lengths.filter((_, frame) => frame > 0 && stepKind(tracks, track, frame) === 'drawn').sort()
  return moving.length === 0 ? 0 : moving[Math.floor(moving.length / 2)]
}
