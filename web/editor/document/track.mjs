// One track's fields and rules, read strictly from Trajectory JSON: the twin of track.py and the lower half of
// document.py in tora_core/trajectory. Every error is an EditorError that names the place.

import { EditorError, boolean, choice, easing, list, mapping, number, shown, text } from '../base/checks.mjs'
import {
  CURVES,
  DEFAULT_SIGMA_PX,
  MAX_COORDINATE_PX,
  MAX_NAME_CHARACTERS,
  MAX_POINTS,
  MAX_RADIUS_PX,
  MAX_STRENGTH,
  MIN_RADIUS_PX,
  OUTSIDE,
  SAME_TIME,
} from '../base/limits.mjs'
import { checkKeyTimes } from '../time/keys.mjs'

/** @typedef {import('../base/types.mjs').Track} Track */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').VisibilityKey} VisibilityKey */

/** What a field is where it is not given. @type {Omit<Track, 'points'>} */
export const TRACK_DEFAULTS = Object.freeze({
  name: '',
  color: null,
  curve: 'catmull-rom',
  closed: false,
  start: 0,
  end: 1,
  before: 'invisible',
  after: 'invisible',
  easing: 'linear',
  strength: 1,
  radius: DEFAULT_SIGMA_PX,
  visibility: Object.freeze([]),
})

/** The keys of a track in Python's order of writing. */
export const TRACK_KEYS = [...Object.keys(TRACK_DEFAULTS), 'points']
const POINT_KEYS = ['x', 'y', 't', 'easing', 'in', 'out']
const VISIBILITY_KEYS = ['t', 'visible']
const COLOR = /^#[0-9a-fA-F]{6}$/

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {Track}
 */
export function readTrack(place, value) {
  const given = mapping(place, value, TRACK_KEYS, ['points'])
  /** @type {Record<string, unknown>} */
  const fields = { ...TRACK_DEFAULTS, ...given }
  const points = list(`${place}.points`, fields.points, MAX_POINTS)
  if (points.length === 0) throw new EditorError(`${place}.points`, `has 0 entries, expected 1 to ${MAX_POINTS}.`)
  const track = {
    name: text(`${place}.name`, fields.name, MAX_NAME_CHARACTERS),
    color: readColor(`${place}.color`, fields.color),
    curve: choice(`${place}.curve`, fields.curve, CURVES),
    closed: boolean(`${place}.closed`, fields.closed),
    start: number(`${place}.start`, fields.start, 0, 1),
    end: number(`${place}.end`, fields.end, 0, 1),
    before: choice(`${place}.before`, fields.before, OUTSIDE),
    after: choice(`${place}.after`, fields.after, OUTSIDE),
    easing: easing(`${place}.easing`, fields.easing),
    strength: number(`${place}.strength`, fields.strength, 0, MAX_STRENGTH),
    radius: number(`${place}.radius`, fields.radius, MIN_RADIUS_PX, MAX_RADIUS_PX),
    visibility: readVisibility(`${place}.visibility`, fields.visibility),
    points: points.map((point, i) => readPoint(`${place}.points[${i}]`, point)),
  }
  if (track.end - track.start <= SAME_TIME) {
    throw new EditorError(`${place}.end`, `is ${track.end}, expected a time after start, which is ${track.start}.`)
  }
  checkKeyTimes(place, track)
  return track
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {Point}
 */
export function readPoint(place, value) {
  const given = mapping(place, value, POINT_KEYS, ['x', 'y'])
  for (const key of POINT_KEYS) {
    if (given[key] === null) throw new EditorError(`${place}.${key}`, 'is null; leave the key out where there is none.')
  }
  return {
    x: number(`${place}.x`, given.x, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    y: number(`${place}.y`, given.y, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    ...(given.t !== undefined && { t: number(`${place}.t`, given.t, 0, 1) }),
    ...(given.easing !== undefined && { easing: easing(`${place}.easing`, given.easing) }),
    ...(given.in !== undefined && { in: readOffset(`${place}.in`, given.in) }),
    ...(given.out !== undefined && { out: readOffset(`${place}.out`, given.out) }),
  }
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {readonly VisibilityKey[]}
 */
export function readVisibility(place, value) {
  const keys = list(place, value, MAX_POINTS).map((key, i) => {
    const given = mapping(`${place}[${i}]`, key, VISIBILITY_KEYS, VISIBILITY_KEYS)
    return { t: number(`${place}[${i}].t`, given.t, 0, 1), visible: boolean(`${place}[${i}].visible`, given.visible) }
  })
  keys.forEach((key, i) => {
    if (i > 0 && key.t - keys[i - 1].t <= SAME_TIME) {
      throw new EditorError(`${place}[${i}].t`, `is ${key.t}, expected a time after ${keys[i - 1].t}.`)
    }
  })
  return keys
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {string | null}
 */
export function readColor(place, value) {
  if (value === null || (typeof value === 'string' && COLOR.test(value))) return value
  throw new EditorError(place, `is ${shown(value)}, expected null or six hex digits such as #0072b2.`)
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {Offset}
 */
function readOffset(place, value) {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new EditorError(place, `is ${shown(value)}, expected two numbers [dx, dy].`)
  }
  const limit = MAX_COORDINATE_PX
  return [number(`${place}[0]`, value[0], -limit, limit), number(`${place}[1]`, value[1], -limit, limit)]
}
