// How one point source spreads along one axis: bilinear splat, then the blur, then the mirrored border folded back.
// The twin of `blur_profiles` and `SplatAxis` of tora_core/motion/sources.py, for one source at a time.

/** The blur reaches round(4.9 sigma) pixels to each side: for sigma 10 the 49 of the published 99x99 kernel. */
export const SUPPORT_IN_SIGMAS = 4.9

/**
 * values: float32 brightness of the pixels from `first` on, where the source can be seen; peak: the largest of them.
 * @typedef {Readonly<{ first: number, values: Float32Array, peak: number }>} Profile
 */

const KEPT_KERNELS = 64
/** @type {Map<number, Float64Array>} */
const kernels = new Map()

/**
 * How many pixels the blur reaches to each side of a source; 49 for sigma 10.
 * @param {number} sigma
 * @returns {number}
 */
export function supportPx(sigma) {
  return Math.floor(SUPPORT_IN_SIGMAS * sigma + 0.5)
}

/**
 * The profile of a source at a sub-pixel position above -1 and below `length`; a corner off the raster is dropped.
 * @param {number} position
 * @param {number} sigma
 * @param {number} length
 * @returns {Profile}
 */
export function splatProfile(position, sigma, length) {
  const base = Math.floor(position)
  const share = position - base
  const before = base >= 0 ? Math.fround(1 - share) : 0
  const after = base + 1 < length ? Math.fround(share) : 0
  const low = Math.max(base, 0)
  const high = Math.min(base + 1, length - 1)
  const reach = supportPx(sigma)
  const first = Math.max(low - reach, 0)
  const count = Math.min(high + reach, length - 1) + 1 - first
  const values = new Float32Array(count)
  let peak = 0
  for (const [weight, place] of [
    [before, low],
    [after, high],
  ]) {
    if (weight === 0) continue
    const seen = blurredImpulse(place, sigma, length, first, count)
    for (let i = 0; i < count; i++) values[i] += Math.fround(seen[i] * weight)
  }
  for (let i = 0; i < count; i++) peak = Math.max(peak, values[i])
  return { first, values, peak }
}

/**
 * A unit impulse on a whole pixel, blurred; only pixels `first` to `first + count`, which must hold all it reaches.
 *
 * The Gaussian is 1 at its centre. The border mirrors without repeating the edge pixel (reflect-101): an impulse at s
 * is also seen at -s, at 2 (length - 1) - s and so on, and a pixel adds up all the images that it sees.
 * @param {number} place
 * @param {number} sigma
 * @param {number} length
 * @param {number} first
 * @param {number} count
 * @returns {Float32Array}
 */
function blurredImpulse(place, sigma, length, first, count) {
  const taps = kernel(sigma)
  const reach = taps.length - 1
  if (length === 1) return new Float32Array([taps.reduce((sum, tap, i) => sum + (i ? 2 * tap : tap), 0)])
  const sum = new Float64Array(count)
  const period = 2 * (length - 1)
  const inner = place > 0 && place < length - 1 // an edge pixel is its own mirror image
  const turns = Math.floor(reach / period) + 2
  for (let turn = -turns; turn <= turns; turn++) {
    addImage(sum, first, place + turn * period, taps)
    if (inner) addImage(sum, first, turn * period - place, taps)
  }
  return Float32Array.from(sum)
}

/**
 * @param {Float64Array} sum
 * @param {number} first
 * @param {number} centre
 * @param {Float64Array} taps
 */
function addImage(sum, first, centre, taps) {
  const reach = taps.length - 1
  const from = Math.max(centre - reach, first)
  const to = Math.min(centre + reach, first + sum.length - 1)
  for (let pixel = from; pixel <= to; pixel++) sum[pixel - first] += taps[Math.abs(pixel - centre)]
}

/**
 * @param {number} sigma
 * @returns {Float64Array} one side with the centre
 */
function kernel(sigma) {
  let taps = kernels.get(sigma)
  if (taps === undefined) {
    taps = Float64Array.from({ length: supportPx(sigma) + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2))
    if (kernels.size >= KEPT_KERNELS) kernels.clear()
    kernels.set(sigma, taps)
  }
  return taps
}
