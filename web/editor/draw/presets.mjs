// Ready-made motions as tracks that can be edited, drawn by a drag from one point to another.

import { clamp, tidy } from '../base/geometry.mjs'
import { bounce } from './bounce.mjs'
import { shake } from './shake.mjs'
import { ellipticArc, joined } from './shapes.mjs'

/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').TrackDraft} TrackDraft */
/** @typedef {Readonly<{ x: number, y: number }>} Place */

/**
 * count: turns of a spiral, waves, teeth, jumps or shakes. seed: which of the random shakes.
 * @typedef {Readonly<{ count?: number, seed?: number }>} PresetOptions
 */

/** @typedef {(from: Place, to: Place, options: Required<PresetOptions>) => TrackDraft} Preset */

/**
 * @typedef {'line' | 'arc' | 'circle' | 'ellipse' | 'spiral' | 'wave' | 'zigzag' | 'figure-eight' | 'shake' | 'bounce'
 * } PresetName
 */

const TURN = 2 * Math.PI

const POINTS_A_TURN = 8

/**
 * Each goes from `from` to `to`, or fills the box between them. y points down, so "up" is towards smaller y.
 * @type {Readonly<Record<PresetName, Preset>>}
 */
export const PRESETS = {
  line: (from, to) => ({ curve: 'polyline', points: [bare(from), bare(to)] }),

  /** A half circle over the straight way, to the left of it. */
  arc: (from, to) => {
    const { x, y } = middle(from, to)
    const radius = distance(from, to) / 2
    const start = Math.atan2(from.y - y, from.x - x)
    const arc = { x, y, radiusX: radius, radiusY: radius, from: start, to: start + Math.PI }
    return { curve: 'bezier', points: ellipticArc(arc) }
  },

  /** The largest circle in the box. */
  circle: (from, to) => {
    const radius = Math.min(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) / 2
    return around({ ...middle(from, to), radiusX: radius, radiusY: radius })
  },

  ellipse: (from, to) =>
    around({ ...middle(from, to), radiusX: Math.abs(to.x - from.x) / 2, radiusY: Math.abs(to.y - from.y) / 2 }),

  /** From the middle of the box outwards, `count` turns. */
  spiral: (from, to, { count }) => {
    const centre = middle(from, to)
    const last = Math.max(2, Math.round(POINTS_A_TURN * count))
    const points = Array.from({ length: last + 1 }, (_, i) => {
      const angle = (TURN * count * i) / last - TURN / 4
      return {
        x: centre.x + (i / last) * (Math.abs(to.x - from.x) / 2) * Math.cos(angle),
        y: centre.y + (i / last) * (Math.abs(to.y - from.y) / 2) * Math.sin(angle),
      }
    })
    return { curve: 'catmull-rom', points }
  },

  /** `count` waves along the straight way, each as high as half its length. */
  wave: (from, to, { count }) => {
    const parts = Math.max(1, Math.round(4 * count))
    const points = Array.from({ length: parts + 1 }, (_, i) =>
      beside(from, to, i / parts, [0, -1, 0, 1][i % 4] / (4 * count)),
    )
    return { curve: 'catmull-rom', points: withEnd(points, to) }
  },

  /** `count` teeth along the straight way. */
  zigzag: (from, to, { count }) => {
    const parts = Math.max(2, Math.round(2 * count))
    const points = Array.from({ length: parts + 1 }, (_, i) =>
      beside(from, to, i / parts, i === 0 || i === parts ? 0 : ((-1) ** i * 0.5) / parts),
    )
    return { curve: 'polyline', points: withEnd(points, to) }
  },

  /** A lying eight that fills the box, crossing in the middle. */
  'figure-eight': (from, to) => {
    const centre = middle(from, to)
    const points = Array.from({ length: 2 * POINTS_A_TURN }, (_, i) => {
      const angle = (TURN * i) / (2 * POINTS_A_TURN)
      return {
        x: centre.x + (Math.abs(to.x - from.x) / 2) * Math.sin(angle),
        y: centre.y + (Math.abs(to.y - from.y) / 2) * Math.sin(2 * angle),
      }
    })
    return { curve: 'catmull-rom', closed: true, points }
  },

  shake: (from, to, { count, seed }) => shake(from, to, Math.max(1, Math.round(count)), seed),

  bounce: (from, to, { count }) => bounce(from, to, Math.max(1, Math.round(count))),
}

/** @type {Readonly<Record<PresetName, number>>} */
const COUNTS = {
  line: 1,
  arc: 1,
  circle: 1,
  ellipse: 1,
  spiral: 3,
  wave: 3,
  zigzag: 4,
  'figure-eight': 1,
  shake: 12,
  bounce: 3,
}

/**
 * @param {PresetName} name
 * @param {Place} from image px
 * @param {Place} to
 * @param {PresetOptions} [options]
 * @returns {TrackDraft} for addTracks
 */
export function preset(name, from, to, options = {}) {
  const count = clamp(options.count ?? COUNTS[name], 0.25, 100)
  const draft = PRESETS[name](from, to, { count, seed: options.seed ?? 1 })
  return { ...draft, points: draft.points.map(tidied) }
}

/**
 * A closed path from the top clockwise.
 * @param {Readonly<{ x: number, y: number, radiusX: number, radiusY: number }>} ellipse
 * @returns {TrackDraft}
 */
function around(ellipse) {
  const turn = ellipticArc({ ...ellipse, from: -TURN / 4, to: (3 * TURN) / 4 })
  return { curve: 'bezier', closed: true, points: joined(turn) }
}

/**
 * @param {Place} from
 * @param {Place} to
 * @param {number} share along the straight way
 * @param {number} aside to the right of it, as a share of its length
 * @returns {Point}
 */
function beside(from, to, share, aside) {
  const dx = to.x - from.x
  const dy = to.y - from.y
  return { x: from.x + share * dx - aside * dy, y: from.y + share * dy + aside * dx }
}

/**
 * @param {Point[]} points
 * @param {Place} to
 * @returns {Point[]} which end exactly there
 */
function withEnd(points, to) {
  return [...points.slice(0, -1), bare(to)]
}

/**
 * @param {Place} place
 * @returns {Point}
 */
function bare({ x, y }) {
  return { x, y }
}

/**
 * @param {Place} a
 * @param {Place} b
 * @returns {Place}
 */
function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

/**
 * @param {Place} a
 * @param {Place} b
 * @returns {number}
 */
function distance(a, b) {
  return Math.hypot(b.x - a.x, b.y - a.y)
}

/**
 * @param {Point} point
 * @returns {Point}
 */
function tidied(point) {
  const { in: before, out: after } = point
  return {
    ...point,
    x: tidy(point.x),
    y: tidy(point.y),
    ...(before !== undefined && { in: /** @type {Offset} */ ([tidy(before[0]), tidy(before[1])]) }),
    ...(after !== undefined && { out: /** @type {Offset} */ ([tidy(after[0]), tidy(after[1])]) }),
  }
}
