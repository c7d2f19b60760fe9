// Image px and screen px. Screen px are CSS pixels of the editor's surface, from its top left corner; image px are
// canvas pixels with centres at whole numbers, so the frame reaches from -0.5 to W - 0.5.

import { clamp } from '../base/geometry.mjs'

/** @typedef {import('../base/types.mjs').ImagePoint} ImagePoint */
/** @typedef {import('../base/types.mjs').ScreenPoint} ScreenPoint */

/**
 * screen = image * scale + (x, y).
 * @typedef {Readonly<{ scale: number, x: number, y: number }>} View
 */

/** @typedef {Readonly<{ width: number, height: number }>} Size */

export const MIN_SCALE = 1 / 256
export const MAX_SCALE = 64

/** So much of the frame, screen px, stays in sight however far it is panned. */
const KEPT_IN_SIGHT_PX = 24

/**
 * @param {View} view
 * @param {ImagePoint} point
 * @returns {ScreenPoint}
 */
export function toScreen(view, point) {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y }
}

/**
 * @param {View} view
 * @param {ScreenPoint} point
 * @returns {ImagePoint}
 */
export function toImage(view, point) {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale }
}

/**
 * A length on the screen in image px, such as the reach of a finger.
 * @param {View} view
 * @param {number} screenPx
 * @returns {number}
 */
export function lengthToImage(view, screenPx) {
  return screenPx / view.scale
}

/**
 * The whole frame with a margin, in the middle of the surface.
 * @param {Size} frame image px
 * @param {Size} surface screen px
 * @param {number} [marginShare] of the frame's longer side, on each side
 * @returns {View}
 */
export function fit(frame, surface, marginShare = 0) {
  const margin = marginShare * Math.max(frame.width, frame.height)
  const across = surface.width / (frame.width + 2 * margin)
  const down = surface.height / (frame.height + 2 * margin)
  const scale = clamp(Math.min(across, down), MIN_SCALE, MAX_SCALE)
  return centred({ x: (frame.width - 1) / 2, y: (frame.height - 1) / 2 }, scale, surface)
}

/**
 * A view with an image point in the middle of the surface.
 * @param {ImagePoint} point
 * @param {number} scale
 * @param {Size} surface
 * @returns {View}
 */
export function centred(point, scale, surface) {
  return { scale, x: surface.width / 2 - point.x * scale, y: surface.height / 2 - point.y * scale }
}

/**
 * The image point in the middle of the surface: what is saved of a view, so that an editor of another size shows it.
 * @param {View} view
 * @param {Size} surface
 * @returns {ImagePoint}
 */
export function centreOf(view, surface) {
  /** @type {ScreenPoint} */
  const middle = { x: surface.width / 2, y: surface.height / 2 }
  return toImage(view, middle)
}

/**
 * Larger or smaller by `factor`; what is under `at` stays there.
 * @param {View} view
 * @param {ScreenPoint} at
 * @param {number} factor
 * @returns {View} the same object at the end of the range
 */
export function zoomAt(view, at, factor) {
  const scale = clamp(view.scale * factor, MIN_SCALE, MAX_SCALE)
  if (scale === view.scale) return view
  const ratio = scale / view.scale
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }
}

/**
 * Two fingers: what was under their starts comes to lie under them now, as far as turning is left out.
 * @param {View} view at the start of the gesture
 * @param {readonly [ScreenPoint, ScreenPoint]} before
 * @param {readonly [ScreenPoint, ScreenPoint]} now
 * @returns {View}
 */
export function pinch(view, before, now) {
  const spread = Math.hypot(before[1].x - before[0].x, before[1].y - before[0].y)
  const factor = spread > 0 ? Math.hypot(now[1].x - now[0].x, now[1].y - now[0].y) / spread : 1
  const from = { x: (before[0].x + before[1].x) / 2, y: (before[0].y + before[1].y) / 2 }
  const zoomed = zoomAt(view, from, factor)
  return pan(zoomed, (now[0].x + now[1].x) / 2 - from.x, (now[0].y + now[1].y) / 2 - from.y)
}

/**
 * @param {View} view
 * @param {number} dx screen px
 * @param {number} dy
 * @returns {View}
 */
export function pan(view, dx, dy) {
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy }
}

/**
 * The view moved back so far that some of the frame is in sight.
 * @param {View} view
 * @param {Size} frame
 * @param {Size} surface
 * @returns {View} the same object if it was
 */
export function keepInSight(view, frame, surface) {
  const { scale } = view
  /** @type {(offset: number, length: number, room: number) => number} */
  const kept = (offset, length, room) => {
    const edge = Math.min(KEPT_IN_SIGHT_PX, length * scale, room)
    return clamp(offset, edge - (length - 0.5) * scale, room - edge + 0.5 * scale)
  }
  const x = kept(view.x, frame.width, surface.width)
  const y = kept(view.y, frame.height, surface.height)
  return x === view.x && y === view.y ? view : { scale, x, y }
}
