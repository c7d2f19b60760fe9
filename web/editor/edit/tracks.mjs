// Whole tracks: add, remove, duplicate, order, and what the list panel sets.

import { EditorError, boolean, number, text } from '../base/checks.mjs'
import { translation } from '../base/geometry.mjs'
import { MAX_NAME_CHARACTERS, MAX_RADIUS_PX, MAX_STRENGTH, MIN_RADIUS_PX, OUTSIDE } from '../base/limits.mjs'
import { choice } from '../base/checks.mjs'
import { withWholeCamera } from '../camera/members.mjs'
import { TRACK_DEFAULTS, readColor, readTrack } from '../document/track.mjs'
import { writeTrack } from '../document/write.mjs'
import { changeTracks, withTracks } from './change.mjs'
import { transformTrack } from './transform.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').TrackDraft} TrackDraft */
/** @typedef {Readonly<{ document: Document, ids: readonly number[] }>} Added the new tracks' ids, in their order */

/** Of a new track: nothing is switched. */
export const SHOWN = Object.freeze({ hidden: false, locked: false, muted: false })

/**
 * New tracks on top; a draft has points and what differs from the defaults. Throws EditorError for what Python would
 * refuse.
 * @param {Document} document
 * @param {readonly TrackDraft[]} drafts
 * @returns {Added}
 */
export function addTracks(document, drafts) {
  const made = drafts.map((draft, i) => ({
    ...readTrack(`tracks[${i}]`, writeTrack({ ...TRACK_DEFAULTS, ...draft })),
    id: document.nextId + i,
    ...SHOWN,
  }))
  return {
    document: withTracks(document, [...document.tracks, ...made], document.nextId + made.length),
    ids: made.map((track) => track.id),
  }
}

/**
 * @param {Document} document
 * @param {Iterable<number>} ids locked tracks stay; one of the camera's stands for all of them
 * @returns {Document}
 */
export function removeTracks(document, ids) {
  const gone = withWholeCamera(document, ids)
  return withTracks(
    document,
    document.tracks.filter((track) => track.locked || !gone.has(track.id)),
  )
}

/**
 * A copy of each track, each above its original, moved by (dx, dy) px; copies are neither hidden, locked nor muted.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {{ dx?: number, dy?: number, rename?: (name: string) => string }} [options] rename: the copy's name
 * @returns {Added}
 */
export function duplicateTracks(document, ids, { dx = 0, dy = 0, rename = (name) => name } = {}) {
  const wanted = new Set(ids)
  let nextId = document.nextId
  /** @type {number[]} */
  const made = []
  const tracks = document.tracks.flatMap((track) => {
    if (!wanted.has(track.id)) return [track]
    made.push(nextId)
    const copy = { ...track, ...SHOWN, id: nextId++, name: shortened(rename(track.name)) }
    return [track, transformTrack(copy, null, translation(dx, dy))]
  })
  return { document: withTracks(document, tracks, nextId), ids: made }
}

/**
 * The track at another place of the list; the others keep their order.
 * @param {Document} document
 * @param {number} id
 * @param {number} to its new place, 0 is the bottom; beyond the ends counts as the end
 * @returns {Document}
 */
export function reorderTrack(document, id, to) {
  const moved = document.tracks.find((track) => track.id === id)
  if (!moved) return document
  const others = document.tracks.filter((track) => track !== moved)
  const place = Math.min(Math.max(Math.round(to), 0), others.length)
  return withTracks(document, [...others.slice(0, place), moved, ...others.slice(place)])
}

/** @typedef {'hidden' | 'locked' | 'muted'} Switch */
/** @typedef {'name' | 'color' | 'strength' | 'radius' | 'before' | 'after' | Switch} PanelField */

/** @type {Readonly<Record<PanelField, (value: unknown) => unknown>>} */
const FIELDS = {
  name: (value) => text('name', value, MAX_NAME_CHARACTERS),
  color: (value) => readColor('color', value),
  strength: (value) => number('strength', value, 0, MAX_STRENGTH),
  radius: (value) => number('radius', value, MIN_RADIUS_PX, MAX_RADIUS_PX),
  before: (value) => choice('before', value, OUTSIDE),
  after: (value) => choice('after', value, OUTSIDE),
  hidden: (value) => boolean('hidden', value),
  locked: (value) => boolean('locked', value),
  muted: (value) => boolean('muted', value),
}
const EVEN_CAMERA = ['color', 'hidden', 'locked', 'muted']
const EVEN_LOCKED = ['name', ...EVEN_CAMERA]

/**
 * Set one or more fields of tracks. Name, colour and the switches can be set on locked tracks too, colour and the
 * switches on the camera, on all of its tracks together. Throws EditorError for values that Python would refuse.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {Partial<Pick<EditorTrack, PanelField>>} fields
 * @returns {Document}
 */
export function setFields(document, ids, fields) {
  const wanted = Object.entries(fields).map(([key, value]) => {
    if (!(key in FIELDS)) throw new EditorError(key, 'is no field of the list panel.')
    return /** @type {const} */ ([key, FIELDS[/** @type {PanelField} */ (key)](value)])
  })
  const evenLocked = wanted.every(([key]) => EVEN_LOCKED.includes(key))
  const evenCamera = wanted.every(([key]) => EVEN_CAMERA.includes(key))
  return changeTracks(
    document,
    evenCamera ? withWholeCamera(document, ids) : ids,
    (track) => {
      /** @type {Record<string, unknown>} */
      const now = track
      return wanted.every(([key, value]) => now[key] === value) ? track : { ...track, ...Object.fromEntries(wanted) }
    },
    { evenLocked, evenCamera },
  )
}

/**
 * @param {string} name
 * @returns {string}
 */
function shortened(name) {
  return text('name', [...name].slice(0, MAX_NAME_CHARACTERS).join(''), MAX_NAME_CHARACTERS)
}
