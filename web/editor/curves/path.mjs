// A curve that answers "where is the point this far along?". The twin of `Path` in tora_core/trajectory/curves.py.

import { cubicAt, outlineOf } from './cubics.mjs'
import { TERMS, arcLength, speed, speedTerms } from './gauss.mjs'

/** @typedef {import('./cubics.mjs').Shape} Shape */

/**
 * nodes: x and y of the control points (closed: and the first again), M of them; nodeArc: how far along each lies.
 * cubics: 8 numbers a segment, or null where all is straight; terms: of their derivatives. Pieces cut the cubics short
 * enough for one quadrature: segment, from parameter, to parameter, and the arc length where each begins (one more).
 * @typedef {Readonly<{
 *   nodes: Float64Array, nodeArc: Float64Array, cubics: Float64Array | null, terms: Float64Array,
 *   pieceSegment: Int32Array, pieceFrom: Float64Array, pieceTo: Float64Array, pieceArc: Float64Array,
 * }>} Path
 */

const TOLERANCE_PX = 1e-5
const MAX_HALVINGS = 20 // around a cusp; elsewhere none or one is enough
const MAX_STEPS = 60
const NOTHING = new Float64Array(0)

/** @type {WeakMap<Shape['points'], { curve: Shape['curve'], closed: boolean, path: Path }>} */
const made = new WeakMap()

/**
 * The path of a track, made once as long as its points, curve and closed stay the same.
 * @param {Shape} track
 * @returns {Path}
 */
export function pathOf(track) {
  const known = made.get(track.points)
  if (known && known.curve === track.curve && known.closed === track.closed) return known.path
  const path = makePath(track)
  made.set(track.points, { curve: track.curve, closed: track.closed, path })
  return path
}

/**
 * @param {Shape} track
 * @returns {Path}
 */
export function makePath(track) {
  const { nodes, cubics } = outlineOf(track)
  return cubics === null ? straight(nodes) : measured(nodes, cubics)
}

/**
 * @param {Path} path
 * @returns {number}
 */
export function lengthOf(path) {
  return path.nodeArc[path.nodeArc.length - 1]
}

/**
 * Write the position at an arc length to out[at], out[at + 1]; clamped to the ends, exact at control points.
 * @param {Path} path
 * @param {number} arc
 * @param {Float64Array} out
 * @param {number} at
 */
export function writePointAt(path, arc, out, at) {
  if (path.cubics === null) {
    const { nodes, nodeArc } = path
    const last = nodeArc.length - 1
    if (arc >= nodeArc[last] || arc <= nodeArc[0]) {
      const end = arc >= nodeArc[last] ? last : 0
      out[at] = nodes[2 * end]
      out[at + 1] = nodes[2 * end + 1]
      return
    }
    const i = lastNotAfter(nodeArc, arc)
    for (let axis = 0; axis < 2; axis++) {
      const from = nodes[2 * i + axis]
      out[at + axis] = ((nodes[2 * i + 2 + axis] - from) / (nodeArc[i + 1] - nodeArc[i])) * (arc - nodeArc[i]) + from
    }
    return
  }
  const { segment, u } = parameterAt(path, arc)
  out[at] = cubicAt(path.cubics, segment, u, 0)
  out[at + 1] = cubicAt(path.cubics, segment, u, 1)
}

/**
 * How far along the parameter `u` of a segment lies.
 * @param {Path} path
 * @param {number} segment
 * @param {number} u
 * @returns {number}
 */
export function arcAt(path, segment, u) {
  const { nodeArc, pieceSegment, pieceFrom, pieceTo, pieceArc } = path
  if (path.cubics === null) return nodeArc[segment] + u * (nodeArc[segment + 1] - nodeArc[segment])
  for (let piece = 0; piece < pieceSegment.length; piece++) {
    if (pieceSegment[piece] === segment && u <= pieceTo[piece]) {
      return pieceArc[piece] + arcLength(path.terms, TERMS * segment, pieceFrom[piece], u)
    }
  }
  return nodeArc[segment + 1]
}

/**
 * The segment and its parameter at an arc length. For straight paths u is the share of the segment.
 * @param {Path} path
 * @param {number} arc
 * @returns {{ segment: number, u: number }}
 */
export function parameterAt(path, arc) {
  if (path.cubics === null) {
    const { nodeArc } = path
    const segment = Math.max(0, Math.min(lastNotAfter(nodeArc, arc), nodeArc.length - 2))
    const length = nodeArc[segment + 1] - nodeArc[segment]
    return { segment, u: length > 0 ? Math.min(Math.max((arc - nodeArc[segment]) / length, 0), 1) : 0 }
  }
  const { pieceArc, pieceSegment } = path
  const piece = Math.max(0, Math.min(lastNotAfter(pieceArc, arc), pieceSegment.length - 1))
  return { segment: pieceSegment[piece], u: parameterIn(path, piece, arc - pieceArc[piece]) }
}

/**
 * The largest index whose value is not above `wanted`, -1 if there is none; `values` grow.
 * @param {ArrayLike<number>} values
 * @param {number} wanted
 * @returns {number}
 */
export function lastNotAfter(values, wanted) {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle] <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}

/**
 * @param {Float64Array} nodes
 * @returns {Path}
 */
function straight(nodes) {
  const nodeArc = new Float64Array(nodes.length / 2)
  for (let i = 1; i < nodeArc.length; i++) {
    nodeArc[i] = nodeArc[i - 1] + Math.hypot(nodes[2 * i] - nodes[2 * i - 2], nodes[2 * i + 1] - nodes[2 * i - 1])
  }
  const none = {
    terms: NOTHING,
    pieceSegment: new Int32Array(0),
    pieceFrom: NOTHING,
    pieceTo: NOTHING,
    pieceArc: NOTHING,
  }
  return { nodes, nodeArc, cubics: null, ...none }
}

/**
 * Cut the cubics until one quadrature over a piece agrees with two over its halves.
 * @param {Float64Array} nodes
 * @param {Float64Array} cubics
 * @returns {Path}
 */
function measured(nodes, cubics) {
  const terms = speedTerms(cubics)
  /** @type {number[]} */
  const segments = []
  /** @type {number[]} */
  const from = []
  /** @type {number[]} */
  const to = []
  const arcs = [0]
  const nodeArc = new Float64Array(nodes.length / 2)
  /** @type {(segment: number, start: number, stop: number, halvings: number) => void} */
  const cut = (segment, start, stop, halvings) => {
    const at = TERMS * segment
    const middle = 0.5 * (start + stop)
    const halves = arcLength(terms, at, start, middle) + arcLength(terms, at, middle, stop)
    if (halvings === MAX_HALVINGS || Math.abs(arcLength(terms, at, start, stop) - halves) <= TOLERANCE_PX) {
      segments.push(segment)
      from.push(start)
      to.push(stop)
      arcs.push(arcs[arcs.length - 1] + halves)
      return
    }
    cut(segment, start, middle, halvings + 1)
    cut(segment, middle, stop, halvings + 1)
  }
  for (let segment = 0; segment < cubics.length / 8; segment++) {
    nodeArc[segment] = arcs[arcs.length - 1]
    cut(segment, 0, 1, 0)
  }
  nodeArc[nodeArc.length - 1] = arcs[arcs.length - 1]
  return {
    nodes,
    nodeArc,
    cubics,
    terms,
    pieceSegment: Int32Array.from(segments),
    pieceFrom: Float64Array.from(from),
    pieceTo: Float64Array.from(to),
    pieceArc: Float64Array.from(arcs),
  }
}

/**
 * The parameter at which `wanted` of a piece's length is reached.
 * @param {Path} path
 * @param {number} piece
 * @param {number} wanted
 * @returns {number}
 */
function parameterIn({ terms, pieceSegment, pieceFrom, pieceTo, pieceArc }, piece, wanted) {
  const total = pieceArc[piece + 1] - pieceArc[piece]
  const start = pieceFrom[piece]
  const stop = pieceTo[piece]
  if (wanted <= 0) return start
  if (wanted >= total) return stop
  const at = TERMS * pieceSegment[piece]
  let u = start + (stop - start) * (wanted / total)
  let low = start
  let high = stop
  for (let step = 0; step < MAX_STEPS; step++) {
    const miss = arcLength(terms, at, start, u) - wanted
    if (Math.abs(miss) <= TOLERANCE_PX) break
    if (miss < 0) low = u
    else high = u
    // At a cusp the speed is nought and Newton's step useless: halve the bracket there.
    const newton = u - miss / speed(terms, at, u)
    u = newton > low && newton < high ? newton : 0.5 * (low + high)
  }
  return u
}
