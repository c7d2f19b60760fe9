// Circles and parabolas as bezier points.

/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */

/** A cubic keeps within 0.03 % of the radius over a quarter of a circle. */
const LONGEST_ARC = Math.PI / 2

/**
 * Points of an elliptic arc with the handles that draw it; angles in radians, 0 to the right, growing clockwise on the
 * screen (y points down).
 * @param {Readonly<{ x: number, y: number, radiusX: number, radiusY: number, from: number, to: number }>} arc
 * @returns {Point[]} the ends included: a full turn has its first point again at the end
 */
export function ellipticArc({ x, y, radiusX, radiusY, from, to }) {
  const parts = Math.max(1, Math.ceil(Math.abs(to - from) / LONGEST_ARC - 1e-9))
  const step = (to - from) / parts
  const handle = (4 / 3) * Math.tan(step / 4)
  return Array.from({ length: parts + 1 }, (_, i) => {
    const angle = from + i * step
    /** @type {Offset} */
    const along = [-handle * radiusX * Math.sin(angle), handle * radiusY * Math.cos(angle)]
    return {
      x: x + radiusX * Math.cos(angle),
      y: y + radiusY * Math.sin(angle),
      ...(i > 0 && { in: /** @type {Offset} */ ([-along[0], -along[1]]) }),
      ...(i < parts && { out: along }),
    }
  })
}

/**
 * The same points as a closed path: the last, which is the first again, gives it its `in` handle.
 * @param {readonly Point[]} points
 * @returns {Point[]}
 */
export function joined(points) {
  const { in: before } = points[points.length - 1]
  const round = points.slice(0, -1)
  return round.map((point, i) => (i === 0 && before !== undefined ? { ...point, in: before } : point))
}
