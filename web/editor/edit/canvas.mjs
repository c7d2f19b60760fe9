// The document itself: size, frame count and rate by Python's rules (Trajectory.resized; times are relative), and what
// loading kept aside.

import { CANVAS_CHECKS } from '../document/read.mjs'
import { cameraOnCanvas } from './camera.mjs'
import { withPoints } from './change.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Canvas} Canvas */

/**
 * The same drawing on another canvas: points and handles scaled by width and height (locked tracks too), radius as it
 * is; pan and tilt of a camera likewise, and its tracks made anew. Another frame count stretches the motion. Throws
 * EditorError for what Python would refuse.
 * @param {Document} document
 * @param {Partial<Canvas>} canvas
 * @returns {Document}
 */
export function setCanvas(document, canvas) {
  const width = CANVAS_CHECKS.width(canvas.width ?? document.width)
  const height = CANVAS_CHECKS.height(canvas.height ?? document.height)
  const frames = CANVAS_CHECKS.frames(canvas.frames ?? document.frames)
  const fps = CANVAS_CHECKS.fps(canvas.fps ?? document.fps)
  const resized = scaled(document, width, height)
  if (resized === document && frames === document.frames && fps === document.fps) return document
  return cameraOnCanvas({ ...resized, frames, fps }, document)
}

/**
 * Throw away what could not be read: only when the user says so.
 * @param {Document} document
 * @returns {Document}
 */
export function discardKept(document) {
  return document.kept.length === 0 ? document : { ...document, kept: [] }
}

/**
 * @param {Document} document
 * @param {number} width
 * @param {number} height
 * @returns {Document}
 */
function scaled(document, width, height) {
  const sx = width / document.width
  const sy = height / document.height
  if (sx === 1 && sy === 1) return document
  /** @type {(offset: Offset) => Offset} */
  const pair = ([dx, dy]) => [dx * sx, dy * sy]
  const tracks = document.tracks.map((track) =>
    withPoints(
      track,
      track.points.map((point) => ({
        ...point,
        x: point.x * sx,
        y: point.y * sy,
        ...(point.in !== undefined && { in: pair(point.in) }),
        ...(point.out !== undefined && { out: pair(point.out) }),
      })),
    ),
  )
  return { ...document, width, height, tracks }
}
