// What the editor asks of its host with trajectories of other programs, and what it reads by itself.

import { loadState } from '../editor/document/load.mjs'
import { setCanvas } from '../editor/edit/canvas.mjs'
import { EditorError, isMapping } from '../editor/base/checks.mjs'
import { MAX_BYTES } from '../editor/base/limits.mjs'

/** @typedef {import('../editor/base/types.mjs').Canvas} Canvas */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../editor/base/types.mjs').Track} Track */
/** @typedef {import('../editor/base/types.mjs').TrackDraft} TrackDraft */

/** @typedef {Readonly<{ name: string, title: string }>} FormatName */
/** @typedef {FormatName & Readonly<{ reads: boolean, writes: boolean }>} KnownFormat */

/**
 * trajectory: Trajectory JSON. reason: why it was taken for this format. notes: what to know about it.
 * @typedef {Readonly<{
 *   trajectory: unknown, format: string, title: string, reason: string, notes: readonly string[],
 * }>} ReadAnswer
 */

/** @typedef {Readonly<{ name: string, bytes: Uint8Array<ArrayBuffer>, notes: readonly string[] }>} WrittenFile */

/**
 * What reads and writes all formats: ComfyUI with this pack. Both throw ReadError in words for the user.
 * @typedef {Readonly<{
 *   read: (parts: readonly (File | string)[], canvas: Canvas, format: string | null) => Promise<ReadAnswer>,
 *   write: (document: string, format: string, name: string) => Promise<WrittenFile>,
 *   formats: () => Promise<readonly KnownFormat[]>,
 * }>} Formats
 */

/** Something can't be read. Where several formats fit, one of `formats` has to be named. */
export class ReadError extends Error {
  /**
   * @param {string} message
   * @param {readonly FormatName[]} [formats]
   */
  constructor(message, formats = []) {
    super(message)
    this.name = 'ReadError'
    this.formats = formats
  }
}

/** The mark of Trajectory JSON. */
const MARK = 'tora-trajectory'

/**
 * The value of a text that is this editor's own: Trajectory JSON, or a saved drawing as it stands in a workflow.
 * @param {string} text
 * @returns {unknown} undefined: it is something else
 */
export function ownValue(text) {
  if (text.length > MAX_BYTES || !/^\s*\{/.test(text)) return undefined
  try {
    const value = JSON.parse(text)
    const own = isMapping(value) && (value.format === MARK || ('version' in value && 'tracks' in value))
    return own || isState(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isState(value) {
  return isMapping(value) && isMapping(value.trajectory) && 'tracks' in value.trajectory
}

/**
 * The tracks of own JSON on another canvas, what is broken mended as far as possible and told.
 * @param {unknown} value as `ownValue` gives it
 * @param {Canvas} canvas
 * @returns {Readonly<{ drafts: readonly TrackDraft[], notes: readonly string[] }>} throws ReadError
 */
export function readOwn(value, canvas) {
  try {
    const loaded = loadState(value, canvas)
    if (loaded.untouched) throw new ReadError(loaded.problems.map(sentence).join(' '))
    const scaled = setCanvas(loaded.document, canvas)
    const drafts = scaled.tracks.map(withoutSwitches)
    return { drafts, notes: loaded.problems.map(sentence) }
  } catch (error) {
    throw error instanceof EditorError ? new ReadError(error.message) : error
  }
}

/**
 * @param {EditorTrack | Track} track
 * @returns {TrackDraft} without what the editor has of it
 */
export function withoutSwitches(track) {
  const { id: _id, hidden: _hidden, locked: _locked, muted: _muted, ...draft } = /** @type {EditorTrack} */ (track)
  return draft
}

/**
 * @param {Readonly<{ place: string, reason: string }>} problem
 * @returns {string}
 */
function sentence({ place, reason }) {
  return `${place} ${reason}`
}
