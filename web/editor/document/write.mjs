// Canonical writing of Trajectory JSON: the twin of `to_dict` in tora_core/trajectory/document.py, key for key.

import { FORMAT_MARK, TRAJECTORY_VERSION } from './read.mjs'

/** @typedef {import('../base/types.mjs').Track} Track */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Easing} Easing */
/** @typedef {import('../base/types.mjs').Trajectory} Trajectory */

/**
 * Plain objects and lists, ready for any JSON writer; fresh ones, and without the editor's own fields.
 * @param {Trajectory} trajectory
 */
export function writeTrajectory(trajectory) {
  return {
    format: FORMAT_MARK,
    version: TRAJECTORY_VERSION,
    width: trajectory.width,
    height: trajectory.height,
    frames: trajectory.frames,
    fps: trajectory.fps,
    tracks: trajectory.tracks.map(writeTrack),
  }
}

/**
 * Every field is written, also where it has its default: a later default must not change an old drawing.
 * @param {Track} track
 */
export function writeTrack(track) {
  return {
    name: track.name,
    color: track.color,
    curve: track.curve,
    closed: track.closed,
    start: plain(track.start),
    end: plain(track.end),
    before: track.before,
    after: track.after,
    easing: writeEasing(track.easing),
    strength: plain(track.strength),
    radius: plain(track.radius),
    visibility: track.visibility.map(({ t, visible }) => ({ t: plain(t), visible })),
    points: track.points.map(writePoint),
  }
}

/** @param {Point} point */
function writePoint(point) {
  return {
    x: plain(point.x),
    y: plain(point.y),
    ...(point.t !== undefined && { t: plain(point.t) }),
    ...(point.easing !== undefined && { easing: writeEasing(point.easing) }),
    ...(point.in !== undefined && { in: point.in.map(plain) }),
    ...(point.out !== undefined && { out: point.out.map(plain) }),
  }
}

/** @param {Easing} easing */
function writeEasing(easing) {
  return typeof easing === 'string' ? easing : easing.map(plain)
}

/**
 * -0 becomes 0, which is all that JSON can hold of it.
 * @param {number} value
 * @returns {number}
 */
function plain(value) {
  return value + 0
}
