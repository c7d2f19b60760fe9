// Editor-only values that are saved with the drawing but are no part of it, and no step of undo.

import { EditorError, boolean, choice, integer, isMapping, number, shown, text } from '../base/checks.mjs'
import { MAX_CANVAS_PX, MAX_COORDINATE_PX, MAX_FRAMES } from '../base/limits.mjs'

/**
 * A picture or video in ComfyUI's input folder, by reference: never its bytes.
 * @typedef {Readonly<{ filename: string, subfolder: string, type: 'input' | 'output' | 'temp' }>} FileReference
 */

/**
 * What the screen shows: screen px an image px, and the image point in the middle; null shows the frame.
 * @typedef {Readonly<{ scale: number, x: number, y: number }>} SavedView
 */

/**
 * backgroundSource: what is wired in, the last result of the graph, the file that `background` names, or nothing.
 * backgroundFit: crop is what Image to Video does. flowOpacity: of the motion picture over the background, 0 hides it.
 * marginShare: how much room round the frame is shown, as a share of its longer side. frame: where the playhead stands.
 * secondsShown: the timeline counts in seconds.
 * @typedef {Readonly<{
 *   backgroundSource: 'input' | 'result' | 'file' | 'none', background: FileReference | null,
 *   backgroundFit: 'crop' | 'fill' | 'fit', backgroundOpacity: number,
 *   flowOpacity: number, gridShown: boolean, gridPx: number, snapGrid: boolean, snapCenter: boolean,
 *   snapEdges: boolean, snapPoints: boolean, marginShare: number, view: SavedView | null, frame: number, loop: boolean,
 *   secondsShown: boolean,
 * }>} Settings
 */

/** @type {Settings} */
export const SETTING_DEFAULTS = Object.freeze({
  backgroundSource: 'input',
  background: null,
  backgroundFit: 'crop',
  backgroundOpacity: 1,
  flowOpacity: 0,
  gridShown: false,
  gridPx: 32,
  snapGrid: false,
  snapCenter: true,
  snapEdges: true,
  snapPoints: false,
  marginShare: 0.1,
  view: null,
  frame: 0,
  loop: true,
  secondsShown: false,
})

const LONGEST_PATH = 1024
const MAX_SCALE = 1024

/** @typedef {{ [K in keyof Settings]: (place: string, value: unknown) => Settings[K] }} Readers */

/** @type {Readers} */
const READERS = {
  backgroundSource: (place, value) =>
    choice(place, value, /** @type {const} */ (['input', 'result', 'file', 'none'])),
  background: (place, value) => (value === null ? null : readReference(place, value)),
  backgroundFit: (place, value) => choice(place, value, /** @type {const} */ (['crop', 'fill', 'fit'])),
  backgroundOpacity: (place, value) => number(place, value, 0, 1),
  flowOpacity: (place, value) => number(place, value, 0, 1),
  gridShown: boolean,
  gridPx: (place, value) => number(place, value, 1, MAX_CANVAS_PX),
  snapGrid: boolean,
  snapCenter: boolean,
  snapEdges: boolean,
  snapPoints: boolean,
  marginShare: (place, value) => number(place, value, 0, 4),
  view: (place, value) => (value === null ? null : readView(place, value)),
  frame: (place, value) => integer(place, value, 0, MAX_FRAMES - 1),
  loop: boolean,
  secondsShown: boolean,
}

/**
 * The settings in a saved object, each by itself: a broken one has its default and is told.
 * @param {Readonly<Record<string, unknown>>} saved
 * @param {(place: string, reason: string, value: unknown) => void} tell
 * @returns {Settings}
 */
export function readSettings(saved, tell) {
  /** @type {Record<string, unknown>} */
  const settings = { ...SETTING_DEFAULTS }
  for (const [key, read] of Object.entries(READERS)) {
    if (!Object.hasOwn(saved, key)) continue
    try {
      settings[key] = read(`editor.${key}`, saved[key])
    } catch (error) {
      if (!(error instanceof EditorError)) throw error
      tell(error.place, error.rest, saved[key])
    }
  }
  return /** @type {Settings} */ (settings)
}

/**
 * Only what differs from its default, in a fixed order.
 * @param {Settings} settings
 * @returns {Record<string, unknown>}
 */
export function writeSettings(settings) {
  /** @type {Record<string, unknown>} */
  const defaults = SETTING_DEFAULTS
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => value !== defaults[key] && key in READERS),
  )
}

/**
 * Settings with some changed; throws EditorError for values that could not be read again.
 * @param {Settings} settings
 * @param {Partial<Settings>} changes
 * @returns {Settings}
 */
export function changeSettings(settings, changes) {
  return readSettings({ ...settings, ...changes }, (place, reason) => {
    throw new EditorError(place, reason)
  })
}

/** @param {string} key */
export function isSetting(key) {
  return Object.hasOwn(READERS, key)
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {FileReference}
 */
function readReference(place, value) {
  if (!isMapping(value)) throw new EditorError(place, `is ${shown(value)}, expected a file of the input folder.`)
  const filename = text(`${place}.filename`, value.filename, LONGEST_PATH)
  const subfolder = text(`${place}.subfolder`, value.subfolder ?? '', LONGEST_PATH)
  if (filename === '' || /[\\/]/.test(filename) || filename === '..' || subfolder.split(/[\\/]/).includes('..')) {
    throw new EditorError(place, `is ${shown(`${subfolder}/${filename}`)}, expected a file below the input folder.`)
  }
  const type = choice(`${place}.type`, value.type ?? 'input', /** @type {const} */ (['input', 'output', 'temp']))
  return { filename, subfolder, type }
}

/**
 * @param {string} place
 * @param {unknown} value
 * @returns {SavedView}
 */
function readView(place, value) {
  if (!isMapping(value)) throw new EditorError(place, `is ${shown(value)}, expected scale, x and y.`)
  return {
    scale: number(`${place}.scale`, value.scale, 1 / MAX_SCALE, MAX_SCALE),
    x: number(`${place}.x`, value.x, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    y: number(`${place}.y`, value.y, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
  }
}
