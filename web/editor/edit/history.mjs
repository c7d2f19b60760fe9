// Undo and redo without limit: an immutable value. One gesture is one step; documents share what they don't change.

import { writeCamera } from '../document/camera.mjs'
import { writeTrack } from '../document/write.mjs'
import { EditorError } from '../base/checks.mjs'
import { setCanvas } from './canvas.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Selection} Selection */

/**
 * merge: steps with the same key may become one; time: when it was made, ms of any clock.
 * @typedef {Readonly<{ document: Document, selection: Selection, merge: string | null, time: number }>} Step
 */
/** @typedef {Readonly<{ step: Step, next: Link }> | null} Link */
/** @typedef {Readonly<{ present: Step, past: Link, future: Link }>} History */

/** Steps with the same merge key within this time are one: keys held down, a wheel turned, typing. */
export const MERGE_MS = 1000

/**
 * @param {Document} document
 * @param {Selection} selection
 * @returns {History}
 */
export function startHistory(document, selection) {
  return { present: { document, selection, merge: null, time: 0 }, past: null, future: null }
}

/**
 * The end of a gesture. The document of the present makes no step (its selection is taken over). With a merge key, such
 * as "nudge:3", it replaces the present if that has the same key and was made within MERGE_MS.
 * @param {History} history
 * @param {Document} document
 * @param {Selection} selection
 * @param {{ merge?: string | null, time?: number }} [options] time: ms, needed for merging
 * @returns {History}
 */
export function commit(history, document, selection, { merge = null, time = 0 } = {}) {
  const { present, past } = history
  if (document === present.document) return select(history, selection)
  const step = { document, selection, merge, time }
  const joins = merge !== null && merge === present.merge && time - present.time <= MERGE_MS
  return joins
    ? { present: step, past, future: null }
    : { present: step, past: { step: present, next: past }, future: null }
}

/**
 * Another selection: no step, but undo comes back to it.
 * @param {History} history
 * @param {Selection} selection
 * @returns {History}
 */
export function select(history, selection) {
  if (selection === history.present.selection) return history
  return { ...history, present: { ...history.present, selection } }
}

/**
 * @param {History} history
 * @returns {History} the same where there is nothing to undo
 */
export function undo({ present, past, future }) {
  if (past === null) return { present, past, future }
  return { present: sealed(past.step), past: past.next, future: { step: present, next: future } }
}

/**
 * @param {History} history
 * @returns {History} the same where there is nothing to redo
 */
export function redo({ present, past, future }) {
  if (future === null) return { present, past, future }
  return { present: sealed(future.step), past: { step: present, next: past }, future: future.next }
}

/** @param {History} history */
export function canUndo(history) {
  return history.past !== null
}

/** @param {History} history */
export function canRedo(history) {
  return history.future !== null
}

/**
 * A document that came from outside, such as the host's undo: if the history has that drawing, go there, the nearest
 * first; else if it has it in another size, as steps of before a change of size are; else it is a new step, so that
 * what was there can be undone to.
 * @param {History} history
 * @param {Document} document
 * @param {Selection} selection for a new step
 * @returns {History}
 */
export function adopt(history, document, selection) {
  return (
    nearest(history, (known) => sameDrawing(known, document)) ??
    nearest(history, (known) => isResized(known, document)) ??
    commit(history, document, selection)
  )
}

/**
 * @param {Document} known
 * @param {Document} document perhaps the same on another canvas
 */
function isResized(known, document) {
  if (known.tracks.length !== document.tracks.length) return false
  const { width, height, frames, fps } = document
  try {
    return sameDrawing(setCanvas(known, { width, height, frames, fps }), document)
  } catch (error) {
    if (error instanceof EditorError) return false // its points would be too far out there
    throw error
  }
}

/**
 * @param {History} history
 * @param {(document: Document) => boolean} isWanted
 * @returns {History | null} at the nearest step that is
 */
function nearest(history, isWanted) {
  if (isWanted(history.present.document)) return history
  let [back, forth] = [history, history]
  while (canUndo(back) || canRedo(forth)) {
    if (canUndo(back) && isWanted((back = undo(back)).present.document)) return back
    if (canRedo(forth) && isWanted((forth = redo(forth)).present.document)) return forth
  }
  return null
}

/** @type {WeakMap<EditorTrack, string>} */
const texts = new WeakMap()

/**
 * Whether two documents are saved alike; ids may differ.
 * @param {Document} a
 * @param {Document} b
 * @returns {boolean}
 */
export function sameDrawing(a, b) {
  return (
    a === b ||
    (a.width === b.width &&
      a.height === b.height &&
      a.frames === b.frames &&
      a.fps === b.fps &&
      a.kept.length === b.kept.length &&
      a.tracks.length === b.tracks.length &&
      JSON.stringify(writeCamera(a)) === JSON.stringify(writeCamera(b)) &&
      a.tracks.every((track, i) => track === b.tracks[i] || textOf(track) === textOf(b.tracks[i])))
  )
}

/**
 * @param {EditorTrack} track
 * @returns {string}
 */
function textOf(track) {
  let text = texts.get(track)
  if (text === undefined) {
    text = JSON.stringify([track.hidden, track.locked, track.muted, writeTrack(track)])
    texts.set(track, text)
  }
  return text
}

/**
 * A step one came back to takes no more merging, so a step is never joined while there is something to redo.
 * @param {Step} step
 * @returns {Step}
 */
function sealed(step) {
  return step.merge === null ? step : { ...step, merge: null }
}
