// From one kind of curve to another: with the same points, or with the same shape.

import { tidy } from '../base/geometry.mjs'
import { cubicAt } from '../curves/cubics.mjs'
import { fitIndexes } from '../curves/fit.mjs'
import { linesNeeded } from '../curves/flatten.mjs'
import { withHandlesOf } from '../curves/handles.mjs'
import { pathOf } from '../curves/path.mjs'
import { changeTracks, withPoints } from './change.mjs'

/** @typedef {import('../base/types.mjs').Curve} Curve */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Point} Point */

/** How far a converted curve may be off where no exact way exists. */
export const CONVERSION_ERROR_PX = 0.5

const LINES_PER_ERROR = 4

/**
 * Another kind of curve through the same points: only the way between them changes. A bezier without handles gets those
 * of its shape so far.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {Curve} curve
 * @returns {Document}
 */
export function setCurve(document, ids, curve) {
  return changeTracks(document, ids, (track) => {
    if (track.curve === curve) return track
    const bare = track.points.every((point) => point.in === undefined && point.out === undefined)
    const points = curve === 'bezier' && bare ? withHandlesOf(track.points, track.curve, track.closed) : track.points
    return withPoints({ ...track, curve }, points)
  })
}

/**
 * Another kind of curve of the same shape. To bezier, and between polyline and freehand, exactly; else points are added
 * until it keeps within errorPx. The points that are there stay, with their pins.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {Curve} curve
 * @param {number} [errorPx]
 * @returns {Document}
 */
export function convertCurve(document, ids, curve, errorPx = CONVERSION_ERROR_PX) {
  return changeTracks(document, ids, (track) => {
    if (track.curve === curve) return track
    if (curve === 'bezier')
      return withPoints({ ...track, curve }, withHandlesOf(track.points, track.curve, track.closed))
    const isCurved = pathOf(track).cubics !== null
    if (track.points.length < 2 || (!isCurved && curve !== 'catmull-rom')) return { ...track, curve }
    return withPoints({ ...track, curve }, fitted(track, curve, errorPx))
  })
}

/**
 * @param {EditorTrack} track
 * @param {Exclude<Curve, 'bezier'>} curve
 * @param {number} errorPx
 * @returns {Point[]}
 */
function fitted(track, curve, errorPx) {
  const { line, nodes } = manyPoints(track, errorPx)
  const chosen = fitIndexes(line, nodes, curve, track.closed, errorPx)
  const last = track.closed ? chosen.length - 1 : chosen.length
  return chosen.slice(0, last).map((i) => {
    const node = nodes.indexOf(i)
    if (node >= 0) return withoutHandles(track.points[node])
    return { x: tidy(line[2 * i]), y: tidy(line[2 * i + 1]) }
  })
}

/**
 * The path as many points, and which of them are the track's own.
 * @param {EditorTrack} track
 * @param {number} errorPx
 * @returns {{ line: Float64Array, nodes: number[] }}
 */
function manyPoints(track, errorPx) {
  const path = pathOf(track)
  const numbers = [path.nodes[0], path.nodes[1]]
  const nodes = [0]
  for (let segment = 0; segment < path.nodes.length / 2 - 1; segment++) {
    const length = path.nodeArc[segment + 1] - path.nodeArc[segment]
    const bends = path.cubics === null ? 1 : linesNeeded(path.cubics, segment, errorPx / LINES_PER_ERROR)
    // So near to a corner a Catmull-Rom curve needs points, if there is one.
    const parts = Math.max(bends, Math.min(Math.ceil((2 * length) / errorPx), 400))
    for (let i = 1; i <= parts; i++) {
      for (const axis of /** @type {const} */ ([0, 1])) {
        const from = path.nodes[2 * segment + axis]
        const straight = from + (i / parts) * (path.nodes[2 * segment + 2 + axis] - from)
        numbers.push(path.cubics === null ? straight : cubicAt(path.cubics, segment, i / parts, axis))
      }
    }
    nodes.push(numbers.length / 2 - 1)
  }
  return { line: Float64Array.from(numbers), nodes }
}

/**
 * The old handles would lie wrong at the next change back to bezier.
 * @param {Point} point
 * @returns {Point}
 */
function withoutHandles(point) {
  const { in: _in, out: _out, ...rest } = point
  return rest
}
