// The editor as a widget of a node, in the classic renderer and in Nodes 2.0.

import { makeEditor } from '../ui/editor.mjs'
import { comfy } from './app.mjs'
import { hideFromHost, isForHost, keepTouches } from './events.mjs'
import { addressOf, keep } from './files.mjs'
import { formats } from './formats.mjs'
import { backgroundOf } from './input.mjs'
import { takePlace } from './mounting.mjs'
import { lastResult } from './results.mjs'
import { makeRun } from './run.mjs'
import { keepSession, sessionOf } from './sessions.mjs'

/** @typedef {import('./app.mjs').Node} Node */

/** Not one that the frontend has a component of its own for. */
export const WIDGET_TYPE = 'TORA_EDITOR'

/** The least room, px of the graph. */
const MIN_WIDTH = 420
const MIN_HEIGHT = 360

/** The size of a new node, px of the graph; a saved one has its own. */
export const NEW_SIZE = [560, 760]

/** @type {readonly (keyof import('../editor/base/types.mjs').Canvas)[]} widgets of the node that say how large */
const SIZE_FIELDS = ['width', 'height', 'frames', 'fps']

/** Keys held down are one step of the host's undo. */
const CAPTURE_MS = 200

/** How often the input's picture and the size fields are looked at, while the editor is on the screen. */
const LOOK_MS = 500

/**
 * @param {Node} node
 * @param {string} name
 * @param {readonly [string, Record<string, unknown>]} inputData
 */
export function makeWidget(node, name, inputData) {
  const { app, LiteGraph } = comfy()
  const isClassic = () => !LiteGraph.vueNodesMode
  keepTouches()
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
    isForHost,
    formats,
    keep,
    addressOf,
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
  const remember = () => keepSession(node, model.session)
  let loads = 0
  const widget = node.addDOMWidget(name, WIDGET_TYPE, element, {
    socketless: true,
    hideOnZoom: false,
    hideInPanel: true,
    margin: 6,
    getMinHeight: () => MIN_HEIGHT,
    getValue: () => model.value,
    setValue: (/** @type {unknown} */ value) => {
      if (loads > 0 && value === model.value) return
      model.load(structuredClone(value), loads++ === 0 ? sessionOf(node) : null)
      queueMicrotask(look) // the size fields may be set only after this one
    },
  })
  widget.serializeValue = () => {
    look()
    return model.promptValue
  }
  if (typeof inputData[1]?.tooltip === 'string') widget.tooltip = inputData[1].tooltip

  const run = makeRun(node)
  /** @type {import('./run.mjs').Told | null} */
  let told = null
  const look = () => {
    if (!node.graph) return // a node that is being made, or is gone: its wires must not be asked for
    const canvas = sizeOf(node, model.committed)
    model.setCanvas(canvas)
    const now = run(canvas)
    if (told?.wired !== now.wired) model.become({ wired: now.wired })
    if (told?.notes !== now.notes) model.become({ notes: now.notes }) // the user may have put away the same ones
    told = now
    const isAsked = model.settings.backgroundSource === 'result'
    editor.offer({ input: backgroundOf(node, now), ...(isAsked && { result: lastResult(look) }) })
  }
  const stopLooking = whileSeen(element, look)
  queueMicrotask(() => {
    // At once, or the host would take note of the new size and of the drawing in it as two steps of its undo.
    for (const field of node.widgets ?? []) {
      if (SIZE_FIELDS.some((key) => key === field.name)) chain(field, 'callback', look)
    }
  })
  chain(node, 'onConnectionsChange', () => queueMicrotask(look))
  chain(node, 'onExecuted', look)
  queueMicrotask(look)
  takePlace(node, element)
  chain(widget, 'onRemove', () => {
    remember()
    clearTimeout(capture)
    stopLooking()
    editor.end()
  })
  return { widget: Object.assign(widget, { editor }), minWidth: MIN_WIDTH, minHeight: MIN_HEIGHT }
}

/**
 * Size and length as the node's fields have them. A field that comes by a link keeps what the drawing has.
 * @param {Node} node
 * @param {import('../editor/base/types.mjs').Canvas} now
 * @returns {import('../editor/base/types.mjs').Canvas}
 */
function sizeOf(node, now) {
  const canvas = { width: now.width, height: now.height, frames: now.frames, fps: now.fps }
  for (const key of SIZE_FIELDS) {
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
