// The cubics of a curve through points: the twin of `_centripetal` and of the bezier branch of `make_path` in
// tora_core/trajectory/curves.py.

/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Track} Track */
/** @typedef {Pick<Track, 'points' | 'curve' | 'closed'>} Shape */

/**
 * nodes: x and y of the control points (closed: and the first again); cubics: 8 numbers for each stretch between two,
 * or null where all is straight.
 * @typedef {Readonly<{ nodes: Float64Array, cubics: Float64Array | null }>} Outline
 */

/**
 * @param {Shape} track
 * @returns {Outline}
 */
export function outlineOf({ points, curve, closed }) {
  const round = closed && points.length > 1
  const nodes = new Float64Array(2 * (points.length + (round ? 1 : 0)))
  points.forEach(({ x, y }, i) => {
    nodes[2 * i] = x
    nodes[2 * i + 1] = y
  })
  if (round) nodes.copyWithin(nodes.length - 2, 0, 2)
  if (curve === 'bezier' && nodes.length > 2 && points.some(hasHandle)) {
    return { nodes, cubics: bezierCubics(points, closed) }
  }
  const isSmooth = curve === 'catmull-rom' && nodes.length > 4
  return { nodes, cubics: isSmooth ? centripetalCubics(nodes, closed) : null }
}

/**
 * The cubics of the centripetal Catmull-Rom curve (exponent 0.5): no loops or cusps between points.
 *
 * With unit directions v and roots of the distances d before (1), in (2) and after (3) a segment, the handles are
 * d1 d2^2 (v1 + v2) / (3 (d1 + d2)) and d3 d2^2 (v2 + v3) / (3 (d2 + d3)): no division by a distance, so that points
 * close together are harmless. Equal points in a row count once, so that a pause does not bend the curve.
 * @param {Float64Array} nodes x and y of M points; a closed curve's first stands at the end again
 * @param {boolean} closed
 * @returns {Float64Array} 8 numbers for each of the M - 1 segments
 */
export function centripetalCubics(nodes, closed) {
  const segments = nodes.length / 2 - 1
  const cubics = new Float64Array(8 * segments)
  const moving = []
  for (let i = 0; i < segments; i++) {
    for (let corner = 0; corner < 4; corner++) cubics.set(nodes.subarray(2 * i, 2 * i + 2), 8 * i + 2 * corner)
    if (nodes[2 * i] !== nodes[2 * i + 2] || nodes[2 * i + 1] !== nodes[2 * i + 3]) moving.push(i)
  }
  const count = moving.length
  if (count === 0) return cubics
  // One entry more on either side: what comes before the first and after the last segment.
  const root = new Float64Array(count + 2)
  const direction = new Float64Array(2 * (count + 2))
  moving.forEach((segment, k) => {
    const dx = nodes[2 * segment + 2] - nodes[2 * segment]
    const dy = nodes[2 * segment + 3] - nodes[2 * segment + 1]
    const d = Math.sqrt(Math.hypot(dx, dy))
    root[k + 1] = d
    direction[2 * k + 2] = dx / (d * d)
    direction[2 * k + 3] = dy / (d * d)
  })
  const before = closed ? count : 1
  const after = closed ? 1 : count
  root[0] = root[before]
  root[count + 1] = root[after]
  direction.copyWithin(0, 2 * before, 2 * before + 2)
  direction.copyWithin(2 * (count + 1), 2 * after, 2 * after + 2)
  moving.forEach((segment, k) => {
    const d1 = root[k]
    const d2 = root[k + 1]
    const d3 = root[k + 2]
    const first = (d1 * d2) / (3 * (d1 + d2))
    const last = (d2 * d3) / (3 * (d2 + d3))
    for (let axis = 0; axis < 2; axis++) {
      const at = 8 * segment + axis
      const v1 = direction[2 * k + axis]
      const v2 = direction[2 * k + 2 + axis]
      const v3 = direction[2 * k + 4 + axis]
      cubics[at + 2] = nodes[2 * segment + axis] + first * (v1 + v2) * d2
      cubics[at + 4] = nodes[2 * segment + 2 + axis] - last * (v2 + v3) * d2
      cubics[at + 6] = nodes[2 * segment + 2 + axis]
    }
  })
  return cubics
}

/**
 * The cubics with the points' own handles.
 * @param {readonly Point[]} points
 * @param {boolean} closed
 * @returns {Float64Array}
 */
export function bezierCubics(points, closed) {
  const segments = closed ? points.length : points.length - 1
  const cubics = new Float64Array(8 * segments)
  for (let i = 0; i < segments; i++) {
    const a = points[i]
    const b = points[(i + 1) % points.length]
    const [outX, outY] = a.out ?? [0, 0]
    const [inX, inY] = b.in ?? [0, 0]
    cubics.set([a.x, a.y, a.x + outX, a.y + outY, b.x + inX, b.y + inY, b.x, b.y], 8 * i)
  }
  return cubics
}

/**
 * The point of a cubic at a parameter in Bernstein form: at 0 and 1 exactly the control points.
 * @param {Float64Array} cubics
 * @param {number} segment
 * @param {number} u
 * @param {0 | 1} axis
 * @returns {number}
 */
export function cubicAt(cubics, segment, u, axis) {
  const v = 1 - u
  const at = 8 * segment + axis
  return (
    v * v * v * cubics[at] +
    3 * v * v * u * cubics[at + 2] +
    3 * v * u * u * cubics[at + 4] +
    u * u * u * cubics[at + 6]
  )
}

/**
 * Cut a cubic at a parameter (de Casteljau).
 * @param {Float64Array} cubics
 * @param {number} segment
 * @param {number} u
 * @returns {readonly [before: Float64Array, after: Float64Array]} 8 numbers each
 */
export function splitCubic(cubics, segment, u) {
  const before = new Float64Array(8)
  const after = new Float64Array(8)
  for (let axis = 0; axis < 2; axis++) {
    const [a, b, c, d] = [0, 2, 4, 6].map((corner) => cubics[8 * segment + corner + axis])
    const ab = a + u * (b - a)
    const bc = b + u * (c - b)
    const cd = c + u * (d - c)
    const abc = ab + u * (bc - ab)
    const bcd = bc + u * (cd - bc)
    const middle = abc + u * (bcd - abc)
    ;[a, ab, abc, middle].forEach((value, corner) => {
      before[2 * corner + axis] = value
    })
    ;[middle, bcd, cd, d].forEach((value, corner) => {
      after[2 * corner + axis] = value
    })
  }
  return [before, after]
}

/**
 * @param {Point} point
 * @returns {boolean}
 */
function hasHandle(point) {
  return [point.in, point.out].some((handle) => handle !== undefined && (handle[0] !== 0 || handle[1] !== 0))
}
