// The timeline: which stretch of the clip it shows, where its numbers stand, which marks are told apart.

import { clamp } from '../base/geometry.mjs'

/**
 * The stretch of the clip that is shown, in frames from 0; to > from.
 * @typedef {Readonly<{ from: number, to: number }>} Stretch
 */
/** at: in frames from 0. label: null for a small one. @typedef {Readonly<{ at: number, label: string | null }>} Tick */

/** Fewer frames than this are not stretched over the timeline. */
const LEAST_FRAMES = 8
/** Small ticks nearer together would be a smear. */
const TICK_GAP_PX = 5
const DIGIT_PX = 6.5
const LABEL_GAP_PX = 26

/**
 * @param {number} frames
 * @returns {Stretch}
 */
export function whole(frames) {
  return { from: 0, to: Math.max(frames - 1, 1) }
}

/**
 * Nearer by `factor` about a place, which stays where it is; never beyond the clip.
 * @param {Stretch} stretch
 * @param {number} frames
 * @param {number} at frame
 * @param {number} factor above 1 shows less
 * @returns {Stretch}
 */
export function zoomed(stretch, frames, at, factor) {
  const { to: last } = whole(frames)
  const span = clamp((stretch.to - stretch.from) / factor, Math.min(LEAST_FRAMES, last), last)
  const share = (at - stretch.from) / (stretch.to - stretch.from)
  return moved({ from: at - share * span, to: at + (1 - share) * span }, frames, 0)
}

/**
 * @param {Stretch} stretch
 * @param {number} frames
 * @param {number} by frames
 * @returns {Stretch} kept in the clip
 */
export function moved({ from, to }, frames, by) {
  const { to: last } = whole(frames)
  const span = Math.min(to - from, last)
  const start = clamp(from + by, 0, last - span)
  return { from: start, to: start + span }
}

/**
 * The stretch moved as little as shows a frame.
 * @param {Stretch} stretch
 * @param {number} frames
 * @param {number} frame
 * @returns {Stretch} the same where it is shown
 */
export function showing(stretch, frames, frame) {
  if (stretch.from <= frame && frame <= stretch.to) return stretch
  return moved(stretch, frames, frame < stretch.from ? frame - stretch.from : frame - stretch.to)
}

/**
 * @param {Stretch} stretch
 * @param {number} frame
 * @returns {number} its place, 0..1 where it is shown
 */
export function placeOf({ from, to }, frame) {
  return (frame - from) / (to - from)
}

/**
 * Numbers and small ticks over a stretch: as many numbers as can be read, at round values. Frames are counted from 1,
 * seconds from 0.
 * @param {Stretch} stretch
 * @param {Readonly<{ fps: number, width: number, seconds: boolean }>} options width: screen px
 * @returns {Tick[]}
 */
export function ticks(stretch, { fps, width, seconds }) {
  const unit = seconds ? fps : 1
  const first = seconds ? 0 : 1
  const pxPerUnit = (width / (stretch.to - stretch.from)) * unit
  if (!(pxPerUnit > 0)) return []
  const steps = seconds ? SECONDS : COUNTS
  const longest = Math.max(...[stretch.from, stretch.to].map((at) => labelOf(at / unit + first, seconds, 0.5).length))
  const wide = DIGIT_PX * longest + LABEL_GAP_PX
  const step = steps.find((one) => one * pxPerUnit >= wide) ?? steps[steps.length - 1]
  const small = steps.find((one) => one * pxPerUnit >= TICK_GAP_PX && isWhole(step / one)) ?? step
  /** @type {Tick[]} */
  const found = []
  const [from, to] = [stretch.from / unit + first, stretch.to / unit + first]
  for (let i = Math.ceil(from / small - 1e-6); i <= Math.floor(to / small + 1e-6); i++) {
    const value = i * small + 0 // + 0: no -0
    const isNumbered = isWhole(value / step)
    found.push({ at: (value - first) * unit, label: isNumbered ? labelOf(value, seconds, step) : null })
  }
  return seconds ? found : withFirst(found, stretch, pxPerUnit, wide)
}

/**
 * Counting starts at 1, which is no round number.
 * @param {Tick[]} found
 * @param {Stretch} stretch
 * @param {number} pxPerFrame
 * @param {number} wide
 * @returns {Tick[]}
 */
function withFirst(found, stretch, pxPerFrame, wide) {
  if (stretch.from > 0 || found.some(({ at, label }) => at === 0 && label !== null)) return found
  const others = found.filter(({ at }) => at > 0)
  return [
    { at: 0, label: '1' },
    ...others.map((tick) => (tick.at * pxPerFrame < wide / 2 ? { ...tick, label: null } : tick)),
  ]
}

const DECADES = [1, 10, 100, 1000, 10_000]
const COUNTS = DECADES.flatMap((decade) => [1, 2, 5].map((digit) => digit * decade))
const SECONDS = [
  ...[0.001, 0.01, 0.1].flatMap((decade) => [1, 2, 5].map((digit) => digit * decade)),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].map((hours) => hours * 3600),
]

/**
 * @param {number} value frame counted from 1, or seconds
 * @param {boolean} seconds
 * @param {number} step tells how many decimals are needed
 * @returns {string} 17, or 2.5, or 1:05
 */
function labelOf(value, seconds, step) {
  if (!seconds) return String(Math.round(value))
  const digits = step >= 0.999 ? 0 : step >= 0.0999 ? 1 : step >= 0.00999 ? 2 : 3
  const text = value.toFixed(digits)
  if (value < 60) return `${text} s`
  const [minutes, rest] = [Math.floor(Number(text) / 60), Number(text) % 60]
  const two = rest.toFixed(digits).padStart(digits > 0 ? 3 + digits : 2, '0')
  if (minutes < 60) return `${minutes}:${two}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${two}`
}

/** @param {number} value */
function isWhole(value) {
  return Math.abs(value - Math.round(value)) < 1e-6 * Math.max(1, Math.abs(value))
}

/**
 * The nearest whole frame in a range of frames; null where there is none.
 * @param {number} frame
 * @param {number} low
 * @param {number} high
 * @returns {number | null}
 */
export function frameWithin(frame, low, high) {
  const [first, last] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)]
  return first > last ? null : clamp(Math.round(frame), first, last)
}

/**
 * Which of growing places are shown, so that none is nearer than `gap` to the one before; those wanted always are.
 * @param {readonly number[]} places screen px
 * @param {number} gap
 * @param {(index: number) => boolean} [wanted]
 * @returns {number[]} indexes
 */
export function spread(places, gap, wanted = () => false) {
  const fixed = places.flatMap((place, i) => (wanted(i) ? [place] : []))
  let last = -Infinity
  return places.flatMap((place, i) => {
    const free = place - last >= gap && fixed.every((other) => Math.abs(other - place) >= gap)
    if (!free && !wanted(i)) return []
    last = place
    return [i]
  })
}
