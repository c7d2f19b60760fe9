// Reading the saved dict, whatever it is. Loading never throws and never loses anything.

import { EditorError, isMapping, shown } from '../base/checks.mjs'
import { MAX_BYTES } from '../base/limits.mjs'
import { readCamera } from './camera.mjs'
import { TRAJECTORY_VERSION, checkVersion, readTrajectory } from './read.mjs'
import { repairTrajectory } from './repair.mjs'
import { STATE_VERSION } from './save.mjs'
import { isSetting, readSettings } from './settings.mjs'

/** @typedef {import('../base/types.mjs').Canvas} Canvas */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Kept} Kept */
/** @typedef {import('../base/types.mjs').Trajectory} Trajectory */
/** @typedef {import('./settings.mjs').Settings} Settings */
/** @typedef {Readonly<Record<string, unknown>>} Mapping */
/** @typedef {(place: string, reason: string, value: unknown) => void} Tell */
/** @typedef {Readonly<{ trajectory: Trajectory, places: readonly number[] | null }>} Found null places: all */

/**
 * Why something could not be read as it is: 'unreadable' is not ours at all, 'later' is of a later release, 'broken'
 * was mended or left out. `kept` has the values.
 * @typedef {Readonly<{ code: 'unreadable' | 'later' | 'broken', place: string, reason: string }>} Problem
 */

/**
 * other: keys of `editor` that this version doesn't know, to be written back. untouched: nothing could be read, so
 * until the first edit the value itself must be given back, not what saveState makes.
 * @typedef {Readonly<{
 *   document: Document, settings: Settings, other: Mapping, problems: readonly Problem[], untouched: boolean,
 * }>} Loaded
 */

/**
 * From version n to n + 1; each gets a copy of the top level that it may change.
 * @type {Readonly<Record<number, (state: Record<string, unknown>) => Record<string, unknown>>>}
 */
export const MIGRATIONS = {}

/** The deepest legal state has ten levels; what is far deeper is not looked at. */
const MAX_DEPTH = 64
const MAX_VALUES = 8_000_000

/** @type {Canvas} */
export const DEFAULT_CANVAS = Object.freeze({ width: 720, height: 480, frames: 49, fps: 8 })

/**
 * What a saved value holds, whatever it is: a state, a bare trajectory, their JSON text, nothing, or something else.
 * @param {unknown} value
 * @param {Canvas} [canvas] for a new drawing, and for what a broken one lacks
 * @returns {Loaded}
 */
export function loadState(value, canvas = DEFAULT_CANVAS) {
  if (value === undefined || value === null || value === '') return loaded(empty(canvas), {}, [])
  try {
    const state = migrated(stateIn(parsed(value)))
    return read(state, canvas)
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    const { place, rest: reason } = error
    const nothing = loaded(empty(canvas), { kept: [{ place, reason, value }] }, [])
    const code = error instanceof LaterVersion ? 'later' : 'unreadable'
    return { ...nothing, problems: [{ code, place, reason }], untouched: true }
  }
}

/**
 * @param {Canvas} canvas
 * @returns {Found}
 */
function empty({ width, height, frames, fps }) {
  return { trajectory: { width, height, frames, fps, tracks: [] }, places: null }
}

class LaterVersion extends EditorError {}

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function parsed(value) {
  let found = value
  if (typeof value === 'string') {
    if (value.length > MAX_BYTES) throw new EditorError('the value', `is larger than ${MAX_BYTES} bytes.`)
    try {
      found = JSON.parse(value)
    } catch (error) {
      throw new EditorError('the value', `is not valid JSON: ${error instanceof Error ? error.message : error}`)
    }
  }
  const open = [{ part: found, depth: 0 }]
  let count = 0
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.part !== 'object' || next.part === null) continue
    if (next.depth > MAX_DEPTH) throw new EditorError('the value', `is nested deeper than ${MAX_DEPTH} levels.`)
    for (const part of Object.values(next.part)) open.push({ part, depth: next.depth + 1 })
    if ((count += 1) > MAX_VALUES) throw new EditorError('the value', 'is too large.')
  }
  return found
}

/**
 * @param {unknown} value
 * @returns {Mapping} a state, whatever its version
 */
function stateIn(value) {
  if (!isMapping(value)) throw new EditorError('the value', `is ${shown(value)}, expected a saved drawing.`)
  if (Object.hasOwn(value, 'trajectory')) return value
  if (Object.hasOwn(value, 'tracks')) return { version: STATE_VERSION, trajectory: value }
  if (typeof value.version === 'number' && value.version > STATE_VERSION) return value
  throw new EditorError('the value', 'is an object without trajectory and tracks, expected a saved drawing.')
}

/**
 * @param {Mapping} state
 * @returns {Mapping}
 */
function migrated(state) {
  const version = state.version ?? STATE_VERSION
  if (typeof version !== 'number') throw new EditorError('version', `is ${shown(version)}, expected a whole number.`)
  if (version > STATE_VERSION) {
    throw new LaterVersion('version', `is ${version}, expected ${STATE_VERSION}; it comes from a later release.`)
  }
  let current = state
  for (let from = version; from < STATE_VERSION; from++) {
    const migrate = MIGRATIONS[from]
    if (!migrate) throw new EditorError('version', `is ${version}, which no release has written.`)
    current = { ...migrate({ ...current }), version: from + 1 }
  }
  return current
}

/**
 * @param {Mapping} state
 * @param {Canvas} canvas
 * @returns {Loaded}
 */
function read(state, canvas) {
  /** @type {Kept[]} */
  const broken = []
  /** @type {Tell} */
  const tell = (place, reason, value) => void broken.push({ place, reason, value })
  const editor = isMapping(state.editor) ? state.editor : {}
  if (state.editor !== undefined && editor !== state.editor) tell('editor', 'is no object.', state.editor)
  for (const key of Object.keys(state)) {
    if (!['version', 'trajectory', 'editor'].includes(key)) tell(key.slice(0, 40), 'is not a known key.', state[key])
  }
  return loaded(readOrRepair(state.trajectory, canvas, tell), editor, broken)
}

/**
 * @param {unknown} given
 * @param {Canvas} canvas
 * @param {Tell} tell
 * @returns {Found}
 */
function readOrRepair(given, canvas, tell) {
  try {
    return { trajectory: readTrajectory(given), places: null }
  } catch (error) {
    if (!(error instanceof EditorError) || !isMapping(given)) throw error
    if (typeof given.version === 'number' && given.version > TRAJECTORY_VERSION) {
      throw new LaterVersion('trajectory.version', error.rest)
    }
    try {
      checkVersion(given)
    } catch {
      tell(error.place, error.rest, given.version ?? null)
    }
    return repairTrajectory(given, canvas, tell)
  }
}

/**
 * @param {Found} found
 * @param {Mapping} editor
 * @param {Kept[]} broken
 * @returns {Loaded}
 */
function loaded({ trajectory, places }, editor, broken) {
  /** @type {Tell} */
  const tell = (place, reason, value) => void broken.push({ place, reason, value })
  const settings = readSettings(editor, tell)
  const hidden = readPlaces('hidden', editor.hidden, tell)
  const locked = readPlaces('locked', editor.locked, tell)
  const muted = readPlaces('muted', editor.muted, tell)
  const tracks = trajectory.tracks.map((track, i) => {
    const place = places === null ? i : places[i]
    return { ...track, id: i + 1, hidden: hidden.has(place), locked: locked.has(place), muted: muted.has(place) }
  })
  const { width, height, frames, fps } = trajectory
  /** @type {(place: number) => Document['tracks'][number] | undefined} */
  const trackAt = (place) => tracks[places === null ? place : places.indexOf(place)]
  const camera = readCamera(editor.camera, { width, height, frames, tracks }, trackAt, tell)
  const before = Array.isArray(editor.kept) ? editor.kept.map(asKept) : []
  if (editor.kept !== undefined && !Array.isArray(editor.kept)) before.push(asKept(editor.kept))
  const own = ['hidden', 'locked', 'muted', 'camera', 'kept']
  const other = Object.entries(editor).filter(([key]) => !isSetting(key) && !own.includes(key))
  const kept = [...before, ...broken]
  return {
    document: { width, height, frames, fps, tracks, camera, nextId: tracks.length + 1, kept },
    settings,
    other: Object.fromEntries(other),
    problems: broken.map(({ place, reason }) => ({ code: 'broken', place, reason })),
    untouched: false,
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {Tell} tell
 * @returns {Set<number>}
 */
function readPlaces(key, value, tell) {
  if (value === undefined) return new Set()
  const places = Array.isArray(value) ? value.filter((i) => Number.isInteger(i) && i >= 0) : []
  const all = Array.isArray(value) && places.length === value.length
  if (!all) tell(`editor.${key}`, 'holds other than places of tracks.', value)
  return new Set(places)
}

/**
 * @param {unknown} value
 * @returns {Kept}
 */
function asKept(value) {
  if (!isMapping(value) || !Object.hasOwn(value, 'value')) return { place: '', reason: '', value }
  const { place, reason } = value
  const known = typeof place === 'string' && typeof reason === 'string'
  return known ? { place, reason, value: value.value } : { place: '', reason: '', value }
}
