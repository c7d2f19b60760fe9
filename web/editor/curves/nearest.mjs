// The nearest place on a path.

import { alongLine } from '../base/geometry.mjs'
import { cubicAt } from './cubics.mjs'
import { linesNeeded } from './flatten.mjs'

/** @typedef {import('./path.mjs').Path} Path */

/**
 * A place on a path: the segment and its parameter, where that is, and how far from the asked point (px).
 * @typedef {Readonly<{ segment: number, u: number, x: number, y: number, distance: number }>} Place
 */

const COARSE_ERROR_PX = 0.5
const MIN_PARTS = 4
const REFINEMENTS = 40

/**
 * The place nearest to (x, y), or null if none is nearer than `within`. Segments that can't be are not looked at.
 * @param {Path} path
 * @param {number} x
 * @param {number} y
 * @param {number} [within]
 * @returns {Place | null}
 */
export function nearestOnPath(path, x, y, within = Infinity) {
  const { nodes, cubics } = path
  if (nodes.length === 2) {
    const distance = Math.hypot(nodes[0] - x, nodes[1] - y)
    return distance < within ? { segment: 0, u: 0, x: nodes[0], y: nodes[1], distance } : null
  }
  /** @type {Place | null} */
  let best = null
  let limit = within
  for (let segment = 0; segment < nodes.length / 2 - 1; segment++) {
    if (cubics !== null && hullDistance(cubics, segment, x, y) >= limit) continue
    const place = cubics === null ? onLine(nodes, segment, x, y) : onCubic(cubics, segment, x, y)
    if (place.distance < limit) {
      best = place
      limit = place.distance
    }
  }
  return best
}

/**
 * A cubic lies in the box round its four points.
 * @param {Float64Array} cubics
 * @param {number} segment
 * @param {number} x
 * @param {number} y
 * @returns {number}
 */
function hullDistance(cubics, segment, x, y) {
  const at = 8 * segment
  const left = Math.min(cubics[at], cubics[at + 2], cubics[at + 4], cubics[at + 6])
  const right = Math.max(cubics[at], cubics[at + 2], cubics[at + 4], cubics[at + 6])
  const top = Math.min(cubics[at + 1], cubics[at + 3], cubics[at + 5], cubics[at + 7])
  const bottom = Math.max(cubics[at + 1], cubics[at + 3], cubics[at + 5], cubics[at + 7])
  const dx = Math.max(left - x, 0, x - right)
  const dy = Math.max(top - y, 0, y - bottom)
  return Math.sqrt(dx * dx + dy * dy)
}

/**
 * @param {Float64Array} nodes
 * @param {number} segment
 * @param {number} x
 * @param {number} y
 * @returns {Place}
 */
function onLine(nodes, segment, x, y) {
  const [ax, ay, bx, by] = nodes.subarray(2 * segment, 2 * segment + 4)
  const u = alongLine(ax, ay, bx, by, x, y)
  const px = ax + u * (bx - ax)
  const py = ay + u * (by - ay)
  return { segment, u, x: px, y: py, distance: Math.hypot(px - x, py - y) }
}

/**
 * The best of some samples, then golden section between its neighbours.
 * @param {Float64Array} cubics
 * @param {number} segment
 * @param {number} x
 * @param {number} y
 * @returns {Place}
 */
function onCubic(cubics, segment, x, y) {
  /** @type {(u: number) => number} */
  const squareAt = (u) => {
    const dx = cubicAt(cubics, segment, u, 0) - x
    const dy = cubicAt(cubics, segment, u, 1) - y
    return dx * dx + dy * dy
  }
  const parts = Math.max(MIN_PARTS, linesNeeded(cubics, segment, COARSE_ERROR_PX))
  let best = 0
  let least = squareAt(0)
  for (let i = 1; i <= parts; i++) {
    const square = squareAt(i / parts)
    if (square < least) {
      least = square
      best = i
    }
  }
  const u = lowest(squareAt, Math.max(best - 1, 0) / parts, Math.min(best + 1, parts) / parts)
  return {
    segment,
    u,
    x: cubicAt(cubics, segment, u, 0),
    y: cubicAt(cubics, segment, u, 1),
    distance: Math.sqrt(squareAt(u)),
  }
}

/**
 * Where a function with one valley in low..high is lowest, ends included.
 * @param {(u: number) => number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
function lowest(value, low, high) {
  const golden = (Math.sqrt(5) - 1) / 2
  let [a, b] = [low, high]
  let c = b - golden * (b - a)
  let d = a + golden * (b - a)
  let [atC, atD] = [value(c), value(d)]
  for (let i = 0; i < REFINEMENTS; i++) {
    if (atC < atD) {
      ;[b, d, atD] = [d, c, atC]
      c = b - golden * (b - a)
      atC = value(c)
    } else {
      ;[a, c, atC] = [c, d, atD]
      d = a + golden * (b - a)
      atD = value(d)
    }
  }
  const middle = 0.5 * (a + b)
  const ends = [low, high].filter((end) => value(end) <= value(middle))
  return ends[0] ?? middle
}
