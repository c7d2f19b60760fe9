// Shaking about one place.

/** @typedef {import('../base/types.mjs').TrackDraft} TrackDraft */
/** @typedef {Readonly<{ x: number, y: number }>} Place */

/**
 * `count` jerks about the middle of the box between two points, within it, and back to the middle.
 * @param {Place} from
 * @param {Place} to
 * @param {number} count
 * @param {number} seed the same seed draws the same
 * @returns {TrackDraft}
 */
export function shake(from, to, count, seed) {
  const centre = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  const random = randomNumbers(seed)
  const jerks = Array.from({ length: count }, (_, i) => {
    const side = i % 2 === 0 ? 1 : -1 // from side to side, or it would drift
    return {
      x: centre.x + (side * (0.4 + 0.6 * random()) * Math.abs(to.x - from.x)) / 2,
      y: centre.y + ((2 * random() - 1) * Math.abs(to.y - from.y)) / 2,
    }
  })
  return { curve: 'polyline', points: [centre, ...jerks, centre] }
}

/**
 * Numbers in 0..1 that are the same for the same seed (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
function randomNumbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
