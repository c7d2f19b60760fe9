// What a moving camera makes of points in the plane: the twin of `_seen` in tora_core/trajectory/shaping/camera.py.

import { clamp } from '../base/geometry.mjs'
import { ease } from '../time/easing.mjs'

/** @typedef {import('../base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {Readonly<{ width: number, height: number }>} Size */

/**
 * The camera at one time: a point of the scene is seen at c + turn (p - c - shift), c the middle of the canvas, turn a
 * complex number that turns and grows at once.
 * @typedef {Readonly<{ middleX: number, middleY: number, shiftX: number, shiftY: number, turnX: number, turnY: number
 *   }>} Sight
 */

/**
 * @param {Pick<CameraSettings, 'panPx' | 'tiltPx' | 'zoom' | 'rollDegrees' | 'start' | 'end' | 'easing'>} settings
 * @param {Size} canvas
 * @param {number} time of the clip, 0..1
 * @returns {Sight}
 */
export function sightAt(settings, { width, height }, time) {
  const { start, end } = settings
  const way = ease(settings.easing, clamp((time - start) / (end - start), 0, 1))
  const angle = -((settings.rollDegrees * Math.PI) / 180) * way
  const growth = settings.zoom ** way
  return {
    middleX: (width - 1) / 2,
    middleY: (height - 1) / 2,
    shiftX: way * settings.panPx,
    shiftY: way * -settings.tiltPx,
    turnX: growth * Math.cos(angle),
    turnY: growth * Math.sin(angle),
  }
}

/**
 * Where a point of the scene is seen.
 * @param {Sight} sight
 * @param {number} x
 * @param {number} y
 * @returns {[x: number, y: number]}
 */
export function seen({ middleX, middleY, shiftX, shiftY, turnX, turnY }, x, y) {
  const dx = x - middleX - shiftX
  const dy = y - middleY - shiftY
  return [dx * turnX - dy * turnY + middleX, dx * turnY + dy * turnX + middleY]
}

/**
 * The point of the scene that is seen here.
 * @param {Sight} sight
 * @param {number} x
 * @param {number} y
 * @returns {[x: number, y: number]}
 */
export function unseen({ middleX, middleY, shiftX, shiftY, turnX, turnY }, x, y) {
  const dx = x - middleX
  const dy = y - middleY
  const size = turnX * turnX + turnY * turnY
  return [(dx * turnX + dy * turnY) / size + middleX + shiftX, (dy * turnX - dx * turnY) / size + middleY + shiftY]
}
