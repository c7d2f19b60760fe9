// A stroke of pen, finger or mouse to few points that can be edited. Points in, points out.

import { clamp, tidy } from '../base/geometry.mjs'
import { fitIndexes } from '../curves/fit.mjs'
import { withSmoothHandles } from '../curves/handles.mjs'
import { makePath } from '../curves/path.mjs'
import { nearestOnPath } from '../curves/nearest.mjs'

/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {Readonly<{ x: number, y: number }>} Place */

/**
 * points: for a track of this curve; errorPx: how far the farthest sample lies from the curve, measured.
 * @typedef {Readonly<{
 *   points: readonly Point[], curve: 'catmull-rom' | 'bezier', closed: boolean, errorPx: number,
 * }>} Stroke
 */

/** How far smoothing may move a sample, and how long the steps are into which a stroke is cut, of the allowed error.
 * What smoothing does not need, and half a step is not lost of, is left for few points. */
const SMOOTHING_SHARE = 0.45
const STEP_SHARE = 0.2

/** A pen's tremble is shorter than some times the allowed error, a meant bend longer. */
const SMOOTHING_WIDTH = 1.5
const MAX_STEPS = 4000

/** A stroke that ends so near to its start, compared with its length, is meant to be closed. */
const CLOSING_SHARE = 0.05

/**
 * The track that a stroke draws, as few points as keep it within `errorPx` of every sample (image px; some screen
 * pixels, so that a stroke drawn zoomed in keeps more). A stroke shorter than that is a single point.
 *
 * Strokes with more than MAX_STEPS steps of the error are cut coarser; `errorPx` of the result tells what was reached.
 * @param {readonly Place[]} samples image px; one or more finite ones
 * @param {{ errorPx: number, curve?: 'catmull-rom' | 'bezier', close?: 'never' | 'if near' }} options
 * @returns {Stroke | null} null without a finite sample
 */
export function fitStroke(samples, { errorPx, curve = 'catmull-rom', close = 'never' }) {
  const clean = withoutRepeats(samples)
  if (clean.length === 0) return null
  const { steps, length } = equalSteps(clean, STEP_SHARE * errorPx)
  if (length <= errorPx) return still(clean)
  const [first, last] = [clean[0], clean[clean.length - 1]]
  const gap = Math.hypot(last.x - first.x, last.y - first.y)
  const closed = close === 'if near' && gap <= CLOSING_SHARE * length && length > 8 * errorPx
  const stepPx = length / (steps.length / 2 - 1)
  const drawn = closed ? withReturn(steps) : steps
  const smooth = smoothed(drawn, SMOOTHING_SHARE * errorPx, stepPx)
  const left = errorPx - farthestMove(drawn, smooth) - Math.min(stepPx, STEP_SHARE * errorPx) / 2
  const count = smooth.length / 2
  const fixed = closed ? [0, Math.round(count / 3), Math.round((2 * count) / 3), count - 1] : [0, count - 1]
  const chosen = fitIndexes(smooth, fixed, 'catmull-rom', closed, left)
  const bare = chosen
    .slice(0, closed ? -1 : undefined)
    .map((i) => ({ x: tidy(smooth[2 * i]), y: tidy(smooth[2 * i + 1]) }))
  const points = curve === 'bezier' ? withSmoothHandles(bare, closed) : bare
  return { points, curve, closed, errorPx: errorOf(clean, bare, closed) }
}

/**
 * @param {readonly Place[]} samples
 * @returns {Place[]}
 */
function withoutRepeats(samples) {
  /** @type {Place[]} */
  const kept = []
  for (const { x, y } of samples) {
    const last = kept[kept.length - 1]
    if (Number.isFinite(x) && Number.isFinite(y) && !(last && last.x === x && last.y === y)) kept.push({ x, y })
  }
  return kept
}

/**
 * @param {readonly Place[]} samples
 * @returns {Stroke}
 */
function still(samples) {
  const [{ x, y }] = samples
  const errorPx = samples.reduce((most, sample) => Math.max(most, Math.hypot(sample.x - x, sample.y - y)), 0)
  return { points: [{ x: tidy(x), y: tidy(y) }], curve: 'catmull-rom', closed: false, errorPx }
}

/**
 * The stroke as x, y at equal steps along it, of `stepPx` or a little less, ends included; and its length.
 * @param {readonly Place[]} samples
 * @param {number} stepPx
 * @returns {{ steps: Float64Array, length: number }}
 */
function equalSteps(samples, stepPx) {
  const { nodes, nodeArc } = makePath({ points: samples, curve: 'polyline', closed: false })
  const length = nodeArc[nodeArc.length - 1]
  const count = clamp(Math.ceil(length / stepPx), 1, MAX_STEPS)
  const steps = new Float64Array(2 * (count + 1))
  let from = 0
  for (let i = 0; i <= count; i++) {
    const arc = (length * i) / count
    while (from < nodeArc.length - 2 && nodeArc[from + 1] < arc) from++
    const part = nodeArc[from + 1] - nodeArc[from]
    const u = part > 0 ? Math.min((arc - nodeArc[from]) / part, 1) : 0
    for (let axis = 0; axis < 2; axis++) {
      const a = nodes[2 * from + axis]
      steps[2 * i + axis] = samples.length > 1 ? a + u * (nodes[2 * from + 2 + axis] - a) : a
    }
  }
  return { steps, length }
}

/**
 * A closed line: its first point stands at the end again.
 * @param {Float64Array} steps
 * @returns {Float64Array}
 */
function withReturn(steps) {
  return Float64Array.from([...steps, steps[0], steps[1]])
}

/**
 * Binomial smoothing over some steps; ends stay, and no point goes farther than `mostPx`.
 * @param {Float64Array} steps
 * @param {number} mostPx
 * @param {number} stepPx
 * @returns {Float64Array}
 */
function smoothed(steps, mostPx, stepPx) {
  const width = (SMOOTHING_WIDTH * mostPx) / SMOOTHING_SHARE / stepPx
  const rounds = Math.ceil(2 * width * width) // one round of (1 2 1)/4 has the variance 1/2
  let line = steps
  for (let round = 0; round < rounds; round++) {
    const next = line.slice()
    for (let i = 2; i < line.length - 2; i++) next[i] = 0.25 * (line[i - 2] + 2 * line[i] + line[i + 2])
    line = next
  }
  const result = steps.slice()
  for (let i = 2; i < steps.length - 2; i += 2) {
    const dx = line[i] - steps[i]
    const dy = line[i + 1] - steps[i + 1]
    const far = Math.hypot(dx, dy)
    const share = far > mostPx ? mostPx / far : 1
    result[i] = steps[i] + share * dx
    result[i + 1] = steps[i + 1] + share * dy
  }
  return result
}

/**
 * @param {Float64Array} before
 * @param {Float64Array} after
 * @returns {number}
 */
function farthestMove(before, after) {
  let most = 0
  for (let i = 0; i < before.length; i += 2) {
    most = Math.max(most, Math.hypot(after[i] - before[i], after[i + 1] - before[i + 1]))
  }
  return most
}

/**
 * @param {readonly Place[]} samples
 * @param {readonly Point[]} points
 * @param {boolean} closed
 * @returns {number}
 */
function errorOf(samples, points, closed) {
  const path = makePath({ points, curve: 'catmull-rom', closed })
  return samples.reduce((most, { x, y }) => Math.max(most, nearestOnPath(path, x, y)?.distance ?? 0), 0)
}
