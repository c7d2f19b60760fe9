// Bezier handles that draw what another kind of curve draws.

import { makePath } from './path.mjs'

/** @typedef {import('../base/types.mjs').Curve} Curve */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */

/**
 * The points with the handles that make a bezier of exactly this shape. On straight stretches the handles lie on the
 * line, a third along, so that they can be taken hold of.
 * @param {readonly Point[]} points
 * @param {Curve} curve what draws the shape now; a bezier is that already
 * @param {boolean} closed
 * @returns {readonly Point[]}
 */
export function withHandlesOf(points, curve, closed) {
  if (curve === 'bezier' || points.length < 2) return points
  const { cubics } = makePath({ points, curve, closed })
  const count = points.length
  return points.map((point, i) => {
    const { in: _in, out: _out, ...bare } = point
    const next = closed || i < count - 1 ? i : -1
    const before = i > 0 ? i - 1 : closed ? count - 1 : -1
    return {
      ...bare,
      ...(before >= 0 && { in: handle(points, cubics, before, 'in') }),
      ...(next >= 0 && { out: handle(points, cubics, next, 'out') }),
    }
  })
}

/**
 * The points with the handles of the Catmull-Rom curve through them.
 * @param {readonly Point[]} points
 * @param {boolean} closed
 * @returns {readonly Point[]}
 */
export function withSmoothHandles(points, closed) {
  return withHandlesOf(points, 'catmull-rom', closed)
}

/**
 * @param {readonly Point[]} points
 * @param {Float64Array | null} cubics
 * @param {number} segment
 * @param {'in' | 'out'} side
 * @returns {Offset}
 */
function handle(points, cubics, segment, side) {
  const a = points[segment]
  const b = points[(segment + 1) % points.length]
  if (cubics === null) {
    const sign = side === 'in' ? -1 : 1
    return [(sign * (b.x - a.x)) / 3, (sign * (b.y - a.y)) / 3]
  }
  const [node, corner] = side === 'in' ? [b, 4] : [a, 2]
  return [cubics[8 * segment + corner] - node.x, cubics[8 * segment + corner + 1] - node.y]
}
