// Easing: how the way along a stretch of path runs with time. The twin of tora_core/trajectory/easing.py.

import { clamp } from '../base/geometry.mjs'
import { MAX_EASING_Y } from '../base/limits.mjs'

/** @typedef {import('../base/types.mjs').Easing} Easing */
/** @typedef {import('../base/types.mjs').EasingHandles} EasingHandles */

/** @type {Readonly<Record<'in' | 'out' | 'in-out', EasingHandles>>} */
const CSS_CURVES = { in: [0.42, 0, 1, 1], out: [0, 0, 0.58, 1], 'in-out': [0.42, 0, 0.58, 1] }

const BISECTIONS = 50 // halves 0..1 down to float64's last bits

/**
 * The way gone at `time`, both 0..1, exactly 0 at 0 and 1 at 1. It leaves 0..1 only for handles that do.
 * @param {Easing} easing
 * @param {number} time
 * @returns {number}
 */
export function ease(easing, time) {
  if (easing === 'linear') return time
  if (easing === 'hold') return time >= 1 ? 1 : 0
  if (time <= 0) return 0
  if (time >= 1) return 1
  const [x1, y1, x2, y2] = typeof easing === 'string' ? CSS_CURVES[easing] : easing
  return bezier(y1, y2, parameterOf(x1, x2, time))
}

/**
 * The parameter at which the curve has the abscissa `time`.
 * @param {number} x1
 * @param {number} x2
 * @param {number} time
 * @returns {number}
 */
function parameterOf(x1, x2, time) {
  let low = 0
  let high = 1
  for (let i = 0; i < BISECTIONS; i++) {
    // x grows with the parameter; at x1 = 1, x2 = 0 it is too flat for Newton
    const middle = 0.5 * (low + high)
    if (bezier(x1, x2, middle) < time) low = middle
    else high = middle
  }
  return 0.5 * (low + high)
}

/**
 * The handles that draw this easing, for an editor of the curve; null for `hold`, which has none.
 * @param {Easing} easing
 * @returns {EasingHandles | null}
 */
export function easingHandles(easing) {
  if (typeof easing !== 'string') return easing
  if (easing === 'linear') return [0, 0, 1, 1]
  return easing === 'hold' ? null : CSS_CURVES[easing]
}

/**
 * The easing of the same stretch run backwards: 1 - ease(1 - time). `hold` stays, as a jump at the start has no name;
 * a handle that would overshoot farther than Python takes is cut to that.
 * @param {Easing} easing
 * @returns {Easing}
 */
export function reversedEasing(easing) {
  if (typeof easing !== 'string') {
    const [x1, y1, x2, y2] = easing
    return [1 - x2, clamp(1 - y2, -MAX_EASING_Y, MAX_EASING_Y), 1 - x1, clamp(1 - y1, -MAX_EASING_Y, MAX_EASING_Y)]
  }
  if (easing === 'in') return 'out'
  return easing === 'out' ? 'in' : easing
}

/**
 * The easings of the two parts of a stretch that is cut at `time`, so that both together run as the whole did. Where a
 * part goes no way at all, any easing does. Of curves with a jump in their middle, such as 1, 0, 0, 1, a part may need
 * a handle farther out than Python takes; it is put at that limit, and the jump comes a little earlier or later.
 * @param {Easing} easing
 * @param {number} time of the stretch, 0..1
 * @returns {readonly [before: Easing, after: Easing]}
 */
export function splitEasing(easing, time) {
  if (easing === 'linear' || easing === 'hold' || time <= 0 || time >= 1) return [easing, easing]
  const [x1, y1, x2, y2] = typeof easing === 'string' ? CSS_CURVES[easing] : easing
  const u = parameterOf(x1, x2, time)
  const x = cut(x1, x2, u)
  const y = cut(y1, y2, u)
  /** @type {(from: number, to: number, handle: number) => number} */
  const share = (from, to, handle) => (handle - from) / (to - from)
  /** @type {(xs: readonly number[], ys: readonly number[]) => Easing} */
  const part = ([xa, xb, xc, xd], [ya, yb, yc, yd]) => {
    if (Math.abs(yd - ya) < LEAST_WAY) return 'linear'
    const limit = MAX_EASING_Y
    const [from, to] = [clamp(share(ya, yd, yb), -limit, limit), clamp(share(ya, yd, yc), -limit, limit)]
    return [clamp(share(xa, xd, xb), 0, 1), from, clamp(share(xa, xd, xc), 0, 1), to]
  }
  return [part(x.slice(0, 4), y.slice(0, 4)), part(x.slice(3), y.slice(3))]
}

/** A part of a stretch that goes less of its way stands still. */
const LEAST_WAY = 1e-9

/**
 * de Casteljau: the control values of both halves of the cubic 0, a, b, 1 cut at u; the middle one is in both.
 * @param {number} a
 * @param {number} b
 * @param {number} u
 * @returns {number[]} seven
 */
function cut(a, b, u) {
  /** @type {(from: number, to: number) => number} */
  const mix = (from, to) => from + u * (to - from)
  const [ab, bc, cd] = [mix(0, a), mix(a, b), mix(b, 1)]
  const [abc, bcd] = [mix(ab, bc), mix(bc, cd)]
  return [0, ab, abc, mix(abc, bcd), bcd, cd, 1]
}

/**
 * @param {Easing} a
 * @param {Easing} b
 * @returns {boolean}
 */
export function sameEasing(a, b) {
  return a === b || (typeof a !== 'string' && typeof b !== 'string' && a.every((part, i) => part === b[i]))
}

/**
 * The cubic with the ordinates 0, a, b, 1.
 * @param {number} a
 * @param {number} b
 * @param {number} u
 * @returns {number}
 */
function bezier(a, b, u) {
  const v = 1 - u
  return 3 * v * v * u * a + 3 * v * u * u * b + u * u * u
}
