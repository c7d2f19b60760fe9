// The editor as a widget of a node, in the classic renderer and in Nodes 2.0.

import { loadState } from '../editor/document/load.mjs'
import { setCanvas } from '../editor/edit/canvas.mjs'
import { makeEditor } from '../ui/editor.mjs'
import { comfy } from './app.mjs'
import { pictureOf } from './picture.mjs'

/** @typedef {import('./app.mjs').Node} Node */
/** @typedef {import('../ui/model.mjs').Session} Session */

/** Not one that the frontend has a component of its own for. */
export const WIDGET_TYPE = 'TORA_EDITOR'

/** The least room, px of the graph. */
const MIN_WIDTH = 420
const MIN_HEIGHT = 360

/** The size of a new node, px of the graph; a saved one has its own. */
export const NEW_SIZE = [560, 760]

/** LiteGraph's word for an input's connection. */
const INPUT = 1

/** Keys held down are one step of the host's undo. */
const CAPTURE_MS = 200

/** How often the input's picture and the size fields are looked at, while the editor is on the screen. */
const LOOK_MS = 500

/**
 * What editors were when their node was last changed: a host undo builds the node anew. By workflow, subgraph and node.
 * @type {Map<string, Session>}
 */
const sessions = new Map()
const MOST_SESSIONS = 40

/**
 * @param {Node} node
 * @param {string} name
 * @param {readonly [string, Record<string, unknown>]} inputData
 */
export function makeWidget(node, name, inputData) {
  const { app, LiteGraph } = comfy()
  const isClassic = () => !LiteGraph.vueNodesMode
  const editor = makeEditor(structuredClone(inputData[1]?.default ?? null), {
    zoom: () => app.canvas?.ds.scale ?? 1,
    onWheel: (event) => {
      // Nodes 2.0 forwards by itself what it doesn't leave to the focused widget.
      if (isClassic()) app.canvas?.processMouseWheel(event)
    },
    onMiddle: (event) => {
      if (!isClassic()) return
      if (event.type === 'pointerdown') app.canvas?.processMouseDown(event)
      else if (event.type === 'pointerup') app.canvas?.processMouseUp(event)
      else app.canvas?.processMouseMove(event)
    },
    onKeyTaken: hideFromHost,
    onEdit: () => {
      remember()
      widget.callback?.(widget.value)
      node.graph?.setDirtyCanvas?.(true)
      clearTimeout(capture)
      capture = setTimeout(captureState, CAPTURE_MS)
    },
  })
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let capture
  const { model, element } = editor
  const key = () => {
    const { graph, id } = node
    if (!graph || id === -1) return null
    const workflow = app.extensionManager?.workflow?.activeWorkflow?.path ?? ''
    // The id of the graph itself is not the same after an undo, where the workflow was never saved.
    const inside = graph.rootGraph && graph.rootGraph !== graph ? (graph.id ?? '') : ''
    return [workflow, inside, id].join('|')
  }
  const remember = () => {
    const place = key()
    if (place === null) return
    sessions.delete(place)
    sessions.set(place, model.session)
    const [oldest] = sessions.keys()
    if (sessions.size > MOST_SESSIONS) sessions.delete(oldest)
  }
  let loads = 0
  const widget = node.addDOMWidget(name, WIDGET_TYPE, element, {
    socketless: true,
    hideOnZoom: false,
    hideInPanel: true,
    margin: 6,
    getMinHeight: () => MIN_HEIGHT,
    getValue: () => model.value,
    setValue: (/** @type {unknown} */ value) => {
      if (value === model.value) return
      const place = loads++ === 0 ? key() : null
      model.load(structuredClone(value), place === null ? null : (sessions.get(place) ?? null))
      queueMicrotask(look) // the size fields may be set only after this one
    },
  })
  widget.serializeValue = () => {
    look()
    return model.promptValue
  }
  if (typeof inputData[1]?.tooltip === 'string') widget.tooltip = inputData[1].tooltip

  const look = () => {
    const canvas = { ...sizeOf(node, model.committed) }
    model.setCanvas(canvas)
    editor.showPicture(pictureOf(node, lastPictures.get(node) ?? null))
  }
  const stopLooking = whileSeen(element, look)
  chain(node, 'onConnectionsChange', (kind) => {
    if (kind === INPUT) model.become({ wired: [] })
    queueMicrotask(look)
  })
  chain(node, 'onExecuted', (output) => {
    const [reference] = output?.tora_background ?? []
    if (reference) lastPictures.set(node, reference)
    else lastPictures.delete(node)
    model.become({ wired: wiredIn(output?.tora_wired?.[0], model.committed) })
    look()
  })
  queueMicrotask(look)
  chain(widget, 'onRemove', () => {
    remember()
    clearTimeout(capture)
    stopLooking()
    editor.end()
  })
  return { widget: Object.assign(widget, { editor }), minWidth: MIN_WIDTH, minHeight: MIN_HEIGHT }
}

/**
 * The picture that the last run had at the input, where it doesn't come from a file.
 * @type {WeakMap<Node, import('../editor/document/settings.mjs').FileReference>}
 */
const lastPictures = new WeakMap()

/**
 * The tracks that a run found at the inputs.
 * @param {unknown} trajectory as the node gives it, in Trajectory JSON
 * @param {import('../editor/base/types.mjs').Canvas} canvas
 */
function wiredIn(trajectory, canvas) {
  if (!trajectory) return []
  return setCanvas(loadState(trajectory, canvas).document, canvas).tracks
}

/**
 * Size and length as the node's fields have them. A field that comes by a link keeps what the drawing has.
 * @param {Node} node
 * @param {import('../editor/base/types.mjs').Canvas} now
 * @returns {import('../editor/base/types.mjs').Canvas}
 */
function sizeOf(node, now) {
  const canvas = { width: now.width, height: now.height, frames: now.frames, fps: now.fps }
  for (const key of /** @type {const} */ (['width', 'height', 'frames', 'fps'])) {
    const linked = node.inputs?.some((input) => input.name === key && input.link !== null && input.link !== undefined)
    const value = Number(node.widgets?.find((widget) => widget.name === key)?.value)
    if (!linked && Number.isFinite(value) && value > 0) canvas[key] = key === 'fps' ? value : Math.round(value)
  }
  return canvas
}

/** The host takes note of mouse edits by itself; not of a finger's, nor of keys and fields that the editor keeps. */
function captureState() {
  comfy().app.extensionManager?.workflow?.activeWorkflow?.changeTracker?.captureCanvasState?.()
}

/**
 * The frontend takes Ctrl+Z at the window before the editor gets it, and looks at the key only a frame later. So a key
 * that the editor has used is made to look like a lone Control by then, which the frontend ignores.
 * @param {KeyboardEvent} event
 */
function hideFromHost(event) {
  if (!event.ctrlKey && !event.metaKey) return
  Object.defineProperty(event, 'key', { value: 'Control' })
}

/**
 * @param {Element} element
 * @param {() => void} look called from time to time while the element is on the screen
 * @returns {() => void} ends it
 */
function whileSeen(element, look) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer
  const observer = new IntersectionObserver((entries) => {
    clearInterval(timer)
    if (entries.at(-1)?.isIntersecting) timer = setInterval(look, LOOK_MS)
  })
  observer.observe(element)
  return () => {
    observer.disconnect()
    clearInterval(timer)
  }
}

/**
 * @param {any} object
 * @param {string} method
 * @param {(...args: any[]) => void} then
 */
function chain(object, method, then) {
  const before = object[method]
  object[method] = function (/** @type {any[]} */ ...args) {
    const result = before?.apply(this, args)
    then(...args)
    return result
  }
}
