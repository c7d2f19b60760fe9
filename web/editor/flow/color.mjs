// Flow to colours by the Baker wheel: the twin of tora_core/motion/color.py, operation by operation in float32.

import { angleOf } from './angle.mjs'

/** @type {readonly (readonly [count: number, full: number, ramping: number, up: boolean])[]} */
const WHEEL = [
  [15, 0, 1, true],
  [6, 1, 0, false],
  [4, 1, 2, true],
  [11, 2, 1, false],
  [13, 2, 0, true],
  [6, 0, 2, false],
]
const ENTRIES = 55
const EPSILON = 2 ** -23
const MAX_FLOAT32 = Math.fround(3.4028234663852886e38)
const PI = Math.fround(Math.PI)

/** Below this share of the norm a pixel stays white in float32: 1 - norm * (1 - color) is 1 again. */
const UNSEEN = 2 ** -25

// Between an entry and the next one channel stays full, one ramps, one stays empty. By entry: which channel is which,
// and the ramping channel's float32 colour there and at the next entry.
const fullChannel = new Uint8Array(ENTRIES)
const rampChannel = new Uint8Array(ENTRIES)
const rampHere = new Float32Array(ENTRIES)
const rampNext = new Float32Array(ENTRIES)
fillWheel()

/**
 * What flow is divided by: the norm plus float32 epsilon.
 * @param {number} maxNorm px/frame, finite, 0 or more
 * @returns {number}
 */
export function colorScale(maxNorm) {
  return Math.min(Math.fround(Math.fround(maxNorm) + EPSILON), MAX_FLOAT32)
}

/**
 * Draw the flow of a patch into an RGBA picture, alpha 255.
 * @param {import('./patches.mjs').Patch} patch
 * @param {number} scale of `colorScale`
 * @param {Uint8ClampedArray} rgba
 * @param {number} pictureWidth
 */
export function drawColors(patch, scale, rgba, pictureWidth) {
  const { u, v, top, left, bottom, right } = patch
  let from = 0
  for (let row = top; row < bottom; row++) {
    let to = 4 * (row * pictureWidth + left)
    for (let column = left; column < right; column++, from++, to += 4) {
      const x = Math.fround(u[from] / scale)
      const y = Math.fround(v[from] / scale)
      const norm = Math.min(Math.fround(Math.sqrt(Math.fround(Math.fround(x * x) + Math.fround(y * y)))), 1)
      if (norm < UNSEEN) continue
      const turn = Math.fround(Math.fround(Math.fround(angleOf(-y, -x)) / PI) + 1) / 2
      const spot = Math.fround(turn * 54)
      const entry = spot | 0
      const part = spot - entry
      const rest = Math.fround(1 - part)
      const full = fullChannel[entry]
      const ramp = rampChannel[entry]
      const mixed = Math.fround(Math.fround(rampHere[entry] * rest) + rampNext[entry] * part)
      rgba[to + full] = level(Math.fround(rest + part), norm)
      rgba[to + ramp] = level(mixed, norm)
      rgba[to + 3 - full - ramp] = level(0, norm)
    }
  }
}

/**
 * @param {number} color float32, 0..1
 * @param {number} norm float32, 0..1
 * @returns {number} 0..255: the colour, as far from white as the norm says
 */
function level(color, norm) {
  return Math.fround(Math.fround(Math.fround(Math.fround(color - 1) * norm) + 1) * 255) | 0
}

function fillWheel() {
  let row = 0
  WHEEL.forEach(([count, full, ramping, up]) => {
    for (let i = 0; i < count; i++, row++) {
      const [here, next] = [i, i + 1].map((step) => (step === count ? 255 : Math.floor((255 * step) / count)))
      fullChannel[row] = full
      rampChannel[row] = ramping
      rampHere[row] = (up ? here : 255 - here) / 255
      rampNext[row] = (up ? next : 255 - next) / 255
    }
  })
}
