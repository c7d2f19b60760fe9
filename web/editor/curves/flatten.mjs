// A path as short straight lines, for measuring and hit tests; drawing has the cubics.

import { cubicAt } from './cubics.mjs'

/** @typedef {import('./cubics.mjs').Outline} Outline */

const MAX_LINES = 256 // of one cubic; a curve so long that this is too coarse is far larger than the screen

/**
 * How many lines of equal parameter keep within `errorPx` of a cubic: its bend is bounded by its second differences.
 * @param {Float64Array} cubics
 * @param {number} segment
 * @param {number} errorPx
 * @returns {number}
 */
export function linesNeeded(cubics, segment, errorPx) {
  let bend = 0
  for (const corner of [0, 2]) {
    const at = 8 * segment + corner
    const x = cubics[at] - 2 * cubics[at + 2] + cubics[at + 4]
    const y = cubics[at + 1] - 2 * cubics[at + 3] + cubics[at + 5]
    bend = Math.max(bend, x * x + y * y)
  }
  return Math.min(Math.max(Math.ceil(Math.sqrt((0.75 * Math.sqrt(bend)) / errorPx)), 1), MAX_LINES)
}

/**
 * One segment as x, y of its lines' ends, both ends of the segment included.
 * @param {Outline} path
 * @param {number} segment
 * @param {number} errorPx
 * @returns {Float64Array}
 */
export function flattenSegment({ nodes, cubics }, segment, errorPx) {
  if (cubics === null) return nodes.slice(2 * segment, 2 * segment + 4)
  const lines = linesNeeded(cubics, segment, errorPx)
  const points = new Float64Array(2 * (lines + 1))
  for (let i = 0; i <= lines; i++) {
    points[2 * i] = cubicAt(cubics, segment, i / lines, 0)
    points[2 * i + 1] = cubicAt(cubics, segment, i / lines, 1)
  }
  return points
}
