// What the last run told of an editor's node, as long as what it told of is still wired so.

import { loadState } from '../editor/document/load.mjs'
import { setCanvas } from '../editor/edit/canvas.mjs'
import { comfy } from './app.mjs'
import { addressOf } from './files.mjs'
import { fileUpstream } from './input.mjs'

/** @typedef {import('./app.mjs').Node} Node */
/** @typedef {import('./app.mjs').Output} Output */
/** @typedef {import('../editor/base/types.mjs').Canvas} Canvas */
/** @typedef {import('../editor/base/types.mjs').Track} Track */
/** @typedef {import('../ui/backings.mjs').Backing} Backing */

/**
 * @typedef {Readonly<{ wired: readonly Track[], notes: readonly string[], background: Backing | null }>} Told
 */

/** @type {Told} */
const NOTHING = Object.freeze({ wired: Object.freeze([]), notes: Object.freeze([]), background: null })

/**
 * @param {Node} node
 * @returns {(canvas: Canvas) => Told} what holds now, on this canvas; the same objects as long as nothing changes
 */
export function makeRun(node) {
  /** @type {Output | null} */
  let output = null
  /** What was wired when this output was first seen; a node that is built anew is looked at before it has its wires. */
  let from = { tracks: '', background: '' }
  /** @type {Told & { output: Output, canvas: Canvas } | null} */
  let fitted = null
  let told = NOTHING
  return (canvas) => {
    const given = outputOf(node)
    const now = { tracks: originOf(node, ['trajectory', 'tracks']), background: backgroundFrom(node) }
    if (given !== output) from = { tracks: '', background: '' }
    from = { tracks: from.tracks || now.tracks, background: from.background || now.background }
    output = given
    if (output === null) return NOTHING
    if (fitted?.output !== output) {
      const notes = listOf(output.tora_notes).filter((note) => typeof note === 'string')
      const background = sheetIn(firstOf(output.tora_background))
      fitted = { output, canvas, notes, background, wired: wiredIn(firstOf(output.tora_wired), canvas) }
    } else if (!isSame(fitted.canvas, canvas)) {
      fitted = { ...fitted, canvas, wired: wiredIn(firstOf(output.tora_wired), canvas) }
    }
    const wired = now.tracks && from.tracks === now.tracks ? fitted.wired : NOTHING.wired
    const background = now.background && from.background === now.background ? fitted.background : null
    if (told.notes !== fitted.notes || told.wired !== wired || told.background !== background) {
      told = { wired, notes: fitted.notes, background }
    }
    return told
  }
}

/**
 * @param {Node} node
 * @returns {Output | null}
 */
function outputOf({ graph, id }) {
  if (!graph || id === -1) return null
  const inside = graph.rootGraph && graph.rootGraph !== graph ? `${graph.id}:` : ''
  return comfy().app.nodeOutputs?.[`${inside}${id}`] ?? null
}

/**
 * @param {Node} node
 * @param {readonly string[]} names of inputs
 * @returns {string} what is wired into them
 */
function originOf(node, names) {
  const origins = (node.inputs ?? []).flatMap(({ name, link }, slot) => {
    if (!names.includes(name) || link === null || link === undefined) return []
    const origin = node.getInputLink?.(slot)
    return [`${name}:${origin ? `${origin.origin_id}.${origin.origin_slot}` : link}`]
  })
  return origins.join(' ')
}

/** @param {Node} node */
function backgroundFrom(node) {
  const origin = originOf(node, ['background'])
  return origin && `${origin} ${fileUpstream(node)}`
}

/**
 * The tracks that a run found at the inputs.
 * @param {unknown} trajectory as the node gives it, in Trajectory JSON
 * @param {Canvas} canvas
 * @returns {readonly Track[]}
 */
function wiredIn(trajectory, canvas) {
  if (!trajectory) return NOTHING.wired
  return setCanvas(loadState(trajectory, canvas).document, canvas).tracks
}

/**
 * @param {unknown} told as nodes/host/temp_picture.py describes it
 * @returns {Backing | null}
 */
function sheetIn(told) {
  const { filename, subfolder, type, width, height, ...sheet } = /** @type {Record<string, any>} */ (told ?? {})
  if (typeof filename !== 'string') return null
  const { count, columns, tile_width: tileWidth, tile_height: tileHeight } = sheet
  const own = { name: filename, addresses: [addressOf({ filename, subfolder, type })], width, height }
  return count > 1 ? { kind: 'sheet', ...own, count, columns, tileWidth, tileHeight } : { kind: 'picture', ...own }
}

/** @type {(a: Canvas, b: Canvas) => boolean} */
const isSame = (a, b) => a.width === b.width && a.height === b.height && a.frames === b.frames && a.fps === b.fps

/** @param {unknown} value @returns {unknown[]} */
const listOf = (value) => (Array.isArray(value) ? value : [])

/** @param {unknown} value */
const firstOf = (value) => listOf(value)[0]
