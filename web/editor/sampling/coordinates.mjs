// Tracks as the text of spline editors: the twin of nested_json in nodes/editor_outputs.py.

/** @typedef {import('./tracks.mjs').Tracks} Tracks */

/**
 * `[[{"x":10,"y":20.5}, ...], ...]`: a list a track, a position a frame, px. It has no visibility.
 * @param {Tracks} tracks
 * @returns {string}
 */
export function coordinatesText({ count, frames, points }) {
  const text = (/** @type {number} */ at) => `{"x":${shortest(points[at])},"y":${shortest(points[at + 1])}}`
  const lists = Array.from({ length: count }, (_, track) =>
    Array.from({ length: frames }, (_, frame) => text(2 * (frames * track + frame))).join(','),
  )
  return `[${lists.map((list) => `[${list}]`).join(',\n')}]`
}

/** So many digits tell any two float32 numbers apart. */
const MOST_DIGITS = 9

/**
 * @param {number} value a float32
 * @returns {number} the shortest decimal that reads back as the same float32
 */
export function shortest(value) {
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(MOST_DIGITS))
}
