// The angle of a vector, some times faster than Math.atan2: a picture asks for it at every pixel that moves.

const STEPS = 32
/** atan of 0/32, 1/32 ... 32/32. */
const TABLE = Float64Array.from({ length: STEPS + 1 }, (_, i) => Math.atan(i / STEPS))

/**
 * atan2(y, x) for finite numbers of which one at least is not 0, within 1e-15 of it; -0 counts as atan2 counts it.
 *
 * The quotient of the smaller by the larger lies within 1/64 of c = k/32, and
 * atan q = atan c + atan r with r = (q - c) / (1 + q c), for which five terms of the series are enough.
 * @param {number} y
 * @param {number} x
 * @returns {number} -pi to pi
 */
export function angleOf(y, x) {
  const high = Math.abs(y)
  const wide = Math.abs(x)
  const steep = high > wide
  const small = steep ? wide : high
  const large = steep ? high : wide
  const k = ((small / large) * STEPS + 0.5) | 0
  const c = k / STEPS
  const r = (small - c * large) / (large + c * small)
  const s = r * r
  let angle = TABLE[k] + r * (1 - s * (1 / 3 - s * (1 / 5 - s * (1 / 7 - s / 9))))
  if (steep) angle = Math.PI / 2 - angle
  if (x < 0 || (x === 0 && 1 / x < 0)) angle = Math.PI - angle
  return y < 0 || (y === 0 && 1 / y < 0) ? -angle : angle
}
