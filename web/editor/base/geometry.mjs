// Affine maps, boxes and distances in one plane.

/** @typedef {import('./types.mjs').Box} Box */

/**
 * x' = a x + c y + e, y' = b x + d y + f: the order of a canvas's setTransform.
 * @typedef {readonly [a: number, b: number, c: number, d: number, e: number, f: number]} Matrix
 */

/** @type {Matrix} */
export const IDENTITY = [1, 0, 0, 1, 0, 0]

/**
 * @param {number} dx
 * @param {number} dy
 * @returns {Matrix}
 */
export function translation(dx, dy) {
  return [1, 0, 0, 1, dx, dy]
}

/**
 * Scaling about the point (x, y); a negative factor mirrors.
 * @param {number} sx
 * @param {number} sy
 * @param {number} x
 * @param {number} y
 * @returns {Matrix}
 */
export function scaling(sx, sy, x, y) {
  return [sx, 0, 0, sy, x - sx * x, y - sy * y]
}

/**
 * Turning about the point (x, y), clockwise on the screen as y points down. Quarter turns are exact.
 * @param {number} degrees
 * @param {number} x
 * @param {number} y
 * @returns {Matrix}
 */
export function rotation(degrees, x, y) {
  const quarter = (((degrees / 90) % 4) + 4) % 4
  const exact = [1, 0, -1, 0]
  const whole = Number.isInteger(quarter)
  const cos = whole ? exact[quarter] : Math.cos((degrees * Math.PI) / 180)
  const sin = whole ? exact[(quarter + 3) % 4] : Math.sin((degrees * Math.PI) / 180)
  return [cos, sin, 0 - sin, cos, x - cos * x + sin * y, y - sin * x - cos * y]
}

/**
 * Left becomes right about the upright line at x.
 * @param {number} x
 * @returns {Matrix}
 */
export function mirrorLeftRight(x) {
  return [-1, 0, 0, 1, 2 * x, 0]
}

/**
 * Top becomes bottom about the level line at y.
 * @param {number} y
 * @returns {Matrix}
 */
export function mirrorTopBottom(y) {
  return [1, 0, 0, -1, 0, 2 * y]
}

/**
 * First `first`, then `second`.
 * @param {Matrix} first
 * @param {Matrix} second
 * @returns {Matrix}
 */
export function compose(first, second) {
  const [a, b, c, d, e, f] = first
  const [p, q, r, s, t, u] = second
  return [p * a + r * b, q * a + s * b, p * c + r * d, q * c + s * d, p * e + r * f + t, q * e + s * f + u]
}

/**
 * @param {Matrix} matrix
 * @param {number} x
 * @param {number} y
 * @returns {[x: number, y: number]}
 */
export function mapped([a, b, c, d, e, f], x, y) {
  return [a * x + c * y + e, b * x + d * y + f]
}

/**
 * A direction or offset: turned and scaled, not moved.
 * @param {Matrix} matrix
 * @param {readonly [dx: number, dy: number]} offset
 * @returns {[dx: number, dy: number]}
 */
export function mappedOffset([a, b, c, d], [dx, dy]) {
  return [a * dx + c * dy, b * dx + d * dy]
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high)
}

/**
 * A coordinate on steps of 1/1000 px, for values that come from a pointer: finer than anything drawn, and short in the
 * saved file.
 * @param {number} value
 * @returns {number}
 */
export function tidy(value) {
  return Math.round(value * 1000) / 1000 + 0 // + 0: no -0, which JSON can't tell from 0
}

/**
 * The box round points, or null where there are none.
 * @param {Iterable<Readonly<{ x: number, y: number }>>} points
 * @returns {Box | null}
 */
export function boxOf(points) {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (const { x, y } of points) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = Math.max(bottom, y)
  }
  return left <= right ? { left, top, right, bottom } : null
}

/**
 * The distance of a point from a box, 0 inside.
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @returns {number}
 */
export function distanceToBox(box, x, y) {
  const dx = Math.max(box.left - x, 0, x - box.right)
  const dy = Math.max(box.top - y, 0, y - box.bottom)
  return Math.sqrt(dx * dx + dy * dy)
}

/**
 * How far along the line from a to b, 0..1, the place nearest to (x, y) is.
 * @param {number} ax
 * @param {number} ay
 * @param {number} bx
 * @param {number} by
 * @param {number} x
 * @param {number} y
 * @returns {number}
 */
export function alongLine(ax, ay, bx, by, x, y) {
  const dx = bx - ax
  const dy = by - ay
  const square = dx * dx + dy * dy
  return square > 0 ? clamp(((x - ax) * dx + (y - ay) * dy) / square, 0, 1) : 0
}

/**
 * The distance of (x, y) from the line from a to b.
 * @param {number} ax
 * @param {number} ay
 * @param {number} bx
 * @param {number} by
 * @param {number} x
 * @param {number} y
 * @returns {number}
 */
export function distanceToLine(ax, ay, bx, by, x, y) {
  const u = alongLine(ax, ay, bx, by, x, y)
  const dx = ax + u * (bx - ax) - x
  const dy = ay + u * (by - ay) - y
  return Math.sqrt(dx * dx + dy * dy)
}
