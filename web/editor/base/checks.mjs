// Checks of single values: the twin of tora_core/trajectory/checks.py. Every message starts with the place.

import { EASING_NAMES, MAX_EASING_Y } from './limits.mjs'

/** Bad input: what was got, what was expected. `place` is where, such as tracks[2].points[0].x. */
export class EditorError extends Error {
  /**
   * @param {string} place
   * @param {string} rest the sentence after the place
   */
  constructor(place, rest) {
    super(`${place} ${rest}`)
    this.name = 'EditorError'
    this.place = place
    this.rest = rest
  }
}

/**
 * A short, safe text for a value of any type and size.
 * @param {unknown} value
 * @returns {string}
 */
export function shown(value) {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') {
    const start = [...value.slice(0, 80)].slice(0, 40).join('')
    return JSON.stringify(start.length < value.length ? `${start}...` : value)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a value of type ${typeof value}`
}

/**
 * A finite number in low..high.
 * @param {string} place
 * @param {unknown} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function number(place, value, low, high) {
  if (typeof value === 'number' && low <= value && value <= high) return value
  throw new EditorError(place, `is ${shown(value)}, expected a number from ${low} to ${high}.`)
}

/**
 * A whole number in low..high.
 * @param {string} place
 * @param {unknown} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function integer(place, value, low, high) {
  if (Number.isInteger(value) && low <= Number(value) && Number(value) <= high) return Number(value)
  throw new EditorError(place, `is ${shown(value)}, expected a whole number from ${low} to ${high}.`)
}

/**
 * true or false: 0 and 1 are not taken for them.
 * @param {string} place
 * @param {unknown} value
 * @returns {boolean}
 */
export function boolean(place, value) {
  if (typeof value === 'boolean') return value
  throw new EditorError(place, `is ${shown(value)}, expected true or false.`)
}

/**
 * One of `choices`.
 * @template {string} T
 * @param {string} place
 * @param {unknown} value
 * @param {readonly T[]} choices
 * @returns {T}
 */
export function choice(place, value, choices) {
  const found = choices.find((known) => known === value)
  if (found !== undefined) return found
  throw new EditorError(place, `is ${shown(value)}, expected one of ${choices.join(', ')}.`)
}

/**
 * A string that UTF-8 can hold, of at most `longest` code points.
 * @param {string} place
 * @param {unknown} value
 * @param {number} longest
 * @returns {string}
 */
export function text(place, value, longest) {
  if (typeof value !== 'string' || value.length > 2 * longest || [...value].length > longest) {
    throw new EditorError(place, `is ${shown(value)}, expected a text of at most ${longest} characters.`)
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new EditorError(place, 'holds half a character (a lone surrogate), which no file can hold.')
  }
  return value
}

/**
 * @param {string} place
 * @param {unknown} value
 * @param {number} longest
 * @returns {readonly unknown[]}
 */
export function list(place, value, longest) {
  if (!Array.isArray(value)) throw new EditorError(place, `is ${shown(value)}, expected a list.`)
  if (value.length <= longest) return value
  throw new EditorError(place, `has ${value.length} entries, expected at most ${longest}.`)
}

/**
 * @param {unknown} value
 * @returns {value is Readonly<Record<string, unknown>>}
 */
export function isMapping(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * An object with no other keys than `allowed` and all of `required`.
 * @param {string} place
 * @param {unknown} value
 * @param {readonly string[]} allowed
 * @param {readonly string[]} required
 * @returns {Readonly<Record<string, unknown>>}
 */
export function mapping(place, value, allowed, required) {
  if (!isMapping(value)) throw new EditorError(place || 'the document', `is ${shown(value)}, expected an object.`)
  const dot = place && `${place}.`
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      throw new EditorError(`${dot}${key.slice(0, 40)}`, `is not a known key; known keys are ${allowed.join(', ')}.`)
    }
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) throw new EditorError(`${dot}${key}`, 'is missing.')
  }
  return value
}

/**
 * An easing name, or the four numbers of CSS's cubic-bezier.
 * @param {string} place
 * @param {unknown} value
 * @returns {import('./types.mjs').Easing}
 */
export function easing(place, value) {
  if (!Array.isArray(value)) return choice(place, value, EASING_NAMES)
  if (value.length !== 4) {
    throw new EditorError(place, `is ${shown(value)}, expected a name or the four numbers x1, y1, x2, y2.`)
  }
  return [
    number(`${place}[0]`, value[0], 0, 1),
    number(`${place}[1]`, value[1], -MAX_EASING_Y, MAX_EASING_Y),
    number(`${place}[2]`, value[2], 0, 1),
    number(`${place}[3]`, value[3], -MAX_EASING_Y, MAX_EASING_Y),
  ]
}
