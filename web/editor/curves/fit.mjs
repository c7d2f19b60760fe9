// Few points through which a curve keeps close to a given line. Points in, indexes out.

import { distanceToLine } from '../base/geometry.mjs'
import { outlineOf } from './cubics.mjs'
import { flattenSegment } from './flatten.mjs'

/** @typedef {import('../base/types.mjs').Curve} Curve */

const MAX_ROUNDS = 64

/**
 * Indexes of points of `line` such that the curve through them keeps within `errorPx` of the line and the line of the
 * curve. Points are added where the curve is farthest off, then those taken out again without which it keeps as well.
 * @param {Float64Array} line x, y of many points in order; a closed line's last point is its first
 * @param {readonly number[]} fixed indexes that stay, growing, the first and last point among them
 * @param {Exclude<Curve, 'bezier'>} curve
 * @param {boolean} closed
 * @param {number} errorPx
 * @returns {number[]} growing; of a closed line with the last point
 */
export function fitIndexes(line, fixed, curve, closed, errorPx) {
  let chosen = [...fixed]
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const added = misses(line, chosen, curve, closed, errorPx).flatMap(({ worst }) => (worst < 0 ? [] : [worst]))
    if (added.length === 0) break
    chosen = [...chosen, ...added].sort((a, b) => a - b)
  }
  return thinned(chosen, new Set(fixed), (candidate, first, last) => {
    // A point bends the Catmull-Rom curve two segments to each side of it, and no farther.
    return misses(line, candidate, curve, closed, errorPx, [first - 2, last + 2]).length === 0
  })
}

/**
 * Take points out as long as that is good: single ones, then two for one halfway between them.
 * @param {readonly number[]} chosen
 * @param {ReadonlySet<number>} fixed
 * @param {(candidate: number[], first: number, last: number) => boolean} isGood whether a candidate keeps close enough
 *   that differs from a good choice only between its points number `first` and `last`
 * @returns {number[]}
 */
function thinned(chosen, fixed, isGood) {
  let kept = [...chosen]
  for (let before = kept.length + 1; kept.length < before; ) {
    before = kept.length
    for (let i = 1; i < kept.length - 1; ) {
      const without = [...kept.slice(0, i), ...kept.slice(i + 1)]
      if (!fixed.has(kept[i]) && isGood(without, i - 1, i)) kept = without
      else i++
    }
    for (let i = 1; i < kept.length - 2; ) {
      const [a, b] = [kept[i], kept[i + 1]]
      const merged = [...kept.slice(0, i), Math.round((a + b) / 2), ...kept.slice(i + 2)]
      if (!fixed.has(a) && !fixed.has(b) && isGood(merged, i - 1, i + 1)) kept = merged
      else i++
    }
  }
  return kept
}

/**
 * The segments that are farther off than errorPx; worst: the index of the line to add, -1 if there is none between.
 * @param {Float64Array} line
 * @param {readonly number[]} chosen
 * @param {Exclude<Curve, 'bezier'>} curve
 * @param {boolean} closed
 * @param {number} errorPx
 * @param {readonly [from: number, to: number]} [segments] default all
 * @returns {{ segment: number, worst: number }[]}
 */
function misses(line, chosen, curve, closed, errorPx, [from, to] = [0, Infinity]) {
  const first = Math.max(from, 0)
  const last = Math.min(to, chosen.length - 2)
  // A segment depends on one point more to each side, so the rest need not be drawn; at a seam all is.
  const whole = closed && (first === 0 || last === chosen.length - 2)
  const start = whole ? 0 : Math.max(first - 1, 0)
  const used = whole ? chosen.slice(0, -1) : chosen.slice(start, last + 3)
  const outline = outlineOf({ points: used.map((i) => ({ x: line[2 * i], y: line[2 * i + 1] })), curve, closed: whole })
  const found = []
  for (let segment = first; segment <= last; segment++) {
    const drawn = flattenSegment(outline, segment - start, errorPx / 8)
    const stretch = line.subarray(2 * chosen[segment], 2 * chosen[segment + 1] + 2)
    const { distance, index } = farthest(drawn, stretch)
    if (distance <= errorPx) continue
    const inner = stretch.length / 2 - 2
    found.push({ segment, worst: inner < 1 ? -1 : chosen[segment] + Math.min(Math.max(index, 1), inner) })
  }
  return found
}

/**
 * How far two lines with the same ends are apart at most, and next to which point of the second.
 * @param {Float64Array} drawn
 * @param {Float64Array} stretch
 * @returns {{ distance: number, index: number }}
 */
function farthest(drawn, stretch) {
  let distance = 0
  let index = 0
  for (let i = 0; i < stretch.length / 2; i++) {
    const off = distanceToLines(drawn, stretch[2 * i], stretch[2 * i + 1]).distance
    if (off > distance) {
      distance = off
      index = i
    }
  }
  for (let i = 0; i < drawn.length / 2; i++) {
    const off = distanceToLines(stretch, drawn[2 * i], drawn[2 * i + 1])
    if (off.distance > distance) {
      distance = off.distance
      index = off.index
    }
  }
  return { distance, index }
}

/**
 * The distance of a point from a line of many parts, and which part is nearest.
 * @param {Float64Array} lines
 * @param {number} x
 * @param {number} y
 * @returns {{ distance: number, index: number }}
 */
export function distanceToLines(lines, x, y) {
  let distance = lines.length === 2 ? Math.hypot(lines[0] - x, lines[1] - y) : Infinity
  let index = 0
  for (let i = 0; i + 3 < lines.length; i += 2) {
    const off = distanceToLine(lines[i], lines[i + 1], lines[i + 2], lines[i + 3], x, y)
    if (off < distance) {
      distance = off
      index = i / 2
    }
  }
  return { distance, index }
}
