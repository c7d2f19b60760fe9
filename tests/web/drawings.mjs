// Documents to test with, and ways to look at them.

import { addTracks } from '../../web/editor/edit/tracks.mjs'
import { loadState } from '../../web/editor/document/load.mjs'
import { sampleTrack } from '../../web/editor/sampling/sample.mjs'
import { TRACK_DEFAULTS } from '../../web/editor/document/track.mjs'

/** A value that throws when an operation writes to it. */
export function frozen(value) {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

/** A frozen document of 160 x 96, 11 frames; ids are 1, 2 ... */
export function drawing(...drafts) {
  const empty = loadState(null, { width: 160, height: 96, frames: 11, fps: 8 }).document
  return frozen(addTracks(empty, drafts).document)
}

/** [[x, y], ...] as points. */
export function points(...pairs) {
  return pairs.map(([x, y]) => ({ x, y }))
}

/** A whole track from a draft, without an editor's fields. */
export function track(draft) {
  return { ...TRACK_DEFAULTS, ...draft }
}

/** [[x, y], ...] of a track's control points. */
export function pairs(document, id = 1) {
  return document.tracks.find((one) => one.id === id).points.map(({ x, y }) => [x, y])
}

/** Where a track is at some times: [x, y, x, y ...]. */
export function positions(one, times) {
  return [...sampleTrack(one, Float64Array.from(times)).points]
}

/** Whole numbers of a linear congruential generator: the same for the same seed, everywhere. */
export function dice(seed) {
  let state = BigInt(seed)
  return (sides) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    return Number((state >> 33n) % BigInt(sides))
  }
}
