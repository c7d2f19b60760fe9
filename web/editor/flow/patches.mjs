// Blurred flow in patches: only the rectangles that a source reaches. The twin of tora_core/motion/patches.py.

/** @typedef {import('./sources.mjs').Source} Source */

/** @typedef {Readonly<{ top: number, left: number, bottom: number, right: number }>} Area ends are out */

/**
 * A rectangle of one frame's flow; u (dx) and v (dy) are float32 by row and column, px/frame.
 * @typedef {Area & Readonly<{ u: Float32Array, v: Float32Array }>} Patch
 */

/**
 * Sources in groups whose areas neither touch nor overlap those of another group.
 * @typedef {Readonly<{ area: Area, sources: Source[] }>} Group
 */

/** Room for the rounding of all sums and products of a pixel, so that a bound stays one. */
const ROUNDED_UP = 1.001

/**
 * @param {readonly Source[]} sources
 * @returns {Group[]}
 */
export function groupSources(sources) {
  /** @type {Area[]} */
  let apart = []
  for (const source of sources) {
    let area = areaOf(source)
    for (;;) {
      const near = apart.filter((other) => touch(other, area))
      if (near.length === 0) break
      apart = apart.filter((other) => !near.includes(other))
      area = near.reduce(round, area)
    }
    apart.push(area)
  }
  return apart.map((area) => ({ area, sources: sources.filter((source) => touch(areaOf(source), area)) }))
}

/**
 * The flow of one group: the sum over its sources of move * (row profile) x (column profile).
 *
 * Summed source by source in float32 with one rounding a step, as a matrix product with fused multiply-add does (the
 * product of two float32 is exact in float64).
 * @param {Group} group
 * @returns {Patch}
 */
export function groupFlow({ area, sources }) {
  const width = area.right - area.left
  const u = new Float32Array(width * (area.bottom - area.top))
  const v = new Float32Array(u.length)
  for (const { moveX, moveY, down, across } of sources) {
    const columns = across.values
    const count = columns.length
    for (let row = 0; row < down.values.length; row++) {
      const rowU = Math.fround(down.values[row] * moveX)
      const rowV = Math.fround(down.values[row] * moveY)
      const at = (down.first - area.top + row) * width + across.first - area.left
      for (let i = 0; i < count; i++) {
        u[at + i] = u[at + i] + rowU * columns[i]
        v[at + i] = v[at + i] + rowV * columns[i]
      }
    }
  }
  return { ...area, u, v }
}

/**
 * What no length in the flow of a group is above, px/frame, without computing the flow.
 * @param {Group} group
 * @returns {number}
 */
export function lengthBound({ sources }) {
  return ROUNDED_UP * sources.reduce((sum, source) => sum + Math.hypot(source.moveX, source.moveY) * peakOf(source), 0)
}

/**
 * The largest square of a length in the flow of a group, float32.
 * @param {Group} group
 * @returns {number}
 */
export function largestSquare(group) {
  const [only] = group.sources
  if (group.sources.length === 1) {
    // Rounding keeps order, so a lone source is longest where both its profiles are largest.
    const peakU = Math.fround(Math.fround(only.down.peak * only.moveX) * only.across.peak)
    const peakV = Math.fround(Math.fround(only.down.peak * only.moveY) * only.across.peak)
    return square(peakU, peakV)
  }
  const { u, v } = groupFlow(group)
  let largest = 0
  for (let i = 0; i < u.length; i++) {
    const here = square(u[i], v[i])
    if (here > largest) largest = here
  }
  return largest
}

/**
 * @param {number} u
 * @param {number} v
 * @returns {number}
 */
function square(u, v) {
  return Math.fround(Math.fround(u * u) + v * v)
}

/**
 * @param {Source} source
 * @returns {number}
 */
function peakOf({ down, across }) {
  return down.peak * across.peak
}

/**
 * @param {Source} source
 * @returns {Area}
 */
function areaOf({ down, across }) {
  return {
    top: down.first,
    left: across.first,
    bottom: down.first + down.values.length,
    right: across.first + across.values.length,
  }
}

/**
 * @param {Area} a
 * @param {Area} b
 * @returns {boolean}
 */
function touch(a, b) {
  return a.top <= b.bottom && b.top <= a.bottom && a.left <= b.right && b.left <= a.right
}

/**
 * @param {Area} a
 * @param {Area} b
 * @returns {Area}
 */
function round(a, b) {
  return {
    top: Math.min(a.top, b.top),
    left: Math.min(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  }
}
