// Strict reading of Trajectory JSON, version 1: the twin of `from_dict` in tora_core/trajectory/document.py.

import { EditorError, choice, integer, isMapping, list, mapping, number, shown } from '../base/checks.mjs'
import { MAX_CANVAS_PX, MAX_FPS, MAX_FRAMES, MAX_TOTAL_POINTS, MAX_TRACKS } from '../base/limits.mjs'
import { readTrack } from './track.mjs'

/** @typedef {import('../base/types.mjs').Trajectory} Trajectory */

export const FORMAT_MARK = 'tora-trajectory'
export const TRAJECTORY_VERSION = 1
export const DEFAULT_FPS = 8
/** In Python's order of writing. */
export const TRAJECTORY_KEYS = ['format', 'version', 'width', 'height', 'frames', 'fps', 'tracks']
const REQUIRED = ['version', 'width', 'height', 'frames', 'tracks']

/** The canvas fields, each with its check. */
export const CANVAS_CHECKS = {
  /** @param {unknown} value */
  width: (value) => integer('width', value, 1, MAX_CANVAS_PX),
  /** @param {unknown} value */
  height: (value) => integer('height', value, 1, MAX_CANVAS_PX),
  /** @param {unknown} value */
  frames: (value) => integer('frames', value, 1, MAX_FRAMES),
  /** @param {unknown} value */
  fps: (value) => {
    if (value === 0) throw new EditorError('fps', `is 0, expected a number above 0 and at most ${MAX_FPS}.`)
    return number('fps', value, 0, MAX_FPS)
  },
}

/**
 * The trajectory in a parsed document. Throws EditorError that names the place: tracks[2].points[0].x.
 * @param {unknown} value
 * @returns {Trajectory}
 */
export function readTrajectory(value) {
  checkVersion(value)
  const given = mapping('', value, TRAJECTORY_KEYS, REQUIRED)
  if (given.format !== undefined) choice('format', given.format, [FORMAT_MARK])
  const tracks = list('tracks', given.tracks, MAX_TRACKS).map((track, i) => readTrack(`tracks[${i}]`, track))
  const total = tracks.reduce((sum, track) => sum + track.points.length, 0)
  if (total > MAX_TOTAL_POINTS) {
    throw new EditorError('tracks', `have ${total} points together, expected at most ${MAX_TOTAL_POINTS}.`)
  }
  return {
    width: CANVAS_CHECKS.width(given.width),
    height: CANVAS_CHECKS.height(given.height),
    frames: CANVAS_CHECKS.frames(given.frames),
    fps: given.fps === undefined ? DEFAULT_FPS : CANVAS_CHECKS.fps(given.fps),
    tracks,
  }
}

/**
 * The version comes first: what else a file of another version holds is not ours to judge.
 * @param {unknown} value
 */
export function checkVersion(value) {
  const version = isMapping(value) ? value.version : TRAJECTORY_VERSION // no object: `mapping` tells it better
  if (version === TRAJECTORY_VERSION) return
  const later = typeof version === 'number' && version > TRAJECTORY_VERSION ? '; it comes from a later release' : ''
  throw new EditorError('version', `is ${shown(version)}, expected ${TRAJECTORY_VERSION}${later}.`)
}
