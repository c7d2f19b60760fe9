// A bouncing ball.

/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').TrackDraft} TrackDraft */
/** @typedef {Readonly<{ x: number, y: number }>} Place */

/** How high each jump is, as a share of the one before: what a rubber ball keeps. */
const KEPT_HEIGHT = 0.6

/**
 * A ball: falls from `from` to the height of `to`, then jumps `count` times, each lower, and ends at `to`. Parabolas,
 * with pins at every touch and top so that time goes with the root of the height, as under gravity.
 * @param {Place} from
 * @param {Place} to
 * @param {number} count
 * @returns {TrackDraft}
 */
export function bounce(from, to, count) {
  const rise = from.y - to.y
  // Half jumps: a fall, then up and down `count` times; each lasts as the root of its height.
  const heights = [
    1,
    ...Array.from({ length: count }, (_, i) => [KEPT_HEIGHT ** (i + 1), KEPT_HEIGHT ** (i + 1)]).flat(),
  ]
  const durations = heights.map(Math.sqrt)
  const total = durations.reduce((sum, duration) => sum + duration, 0)
  /** @type {Point[]} */
  const points = []
  let time = 0
  for (let i = 0; i <= heights.length; i++) {
    const top = i % 2 === 0
    const height = top ? heights[Math.min(i, heights.length - 1)] : 0
    const share = time / total
    const before = i > 0 ? durations[i - 1] / total : 0
    const after = i < heights.length ? durations[i] / total : 0
    points.push({
      x: from.x + share * (to.x - from.x),
      y: to.y + height * rise,
      ...(i > 0 && i < heights.length && { t: share }),
      ...(i < heights.length && { easing: top ? 'in' : 'out' }),
      ...(i > 0 && { in: half(from, to, -before, top ? 0 : heights[i - 1] * rise) }),
      ...(i < heights.length && { out: half(from, to, after, top ? 0 : heights[i] * rise) }),
    })
    time += durations[i] ?? 0
  }
  return { curve: 'bezier', points }
}

/**
 * The handle of half a parabola: level at its top, at its foot towards a point two thirds of the height up.
 * @param {Place} from
 * @param {Place} to
 * @param {number} share of the whole way across, with sign
 * @param {number} height 0 at the top
 * @returns {Offset}
 */
function half(from, to, share, height) {
  return [(share * (to.x - from.x)) / 3, (2 / 3) * height]
}
