// A pointer event in the editor's own terms.

import { REACH_PX } from '../editor/view/picking.mjs'

/** @typedef {import('../editor/base/types.mjs').ScreenPoint} ScreenPoint */
/** @typedef {import('../editor/view/view.mjs').View} View */

/**
 * zoom: by how much the host shows the editor smaller than it is laid out, so that reach is as on the screen.
 * @typedef {Readonly<{
 *   at: ScreenPoint, samples: readonly ScreenPoint[], kind: 'mouse' | 'pen' | 'touch', zoom: number, shift: boolean,
 *   alt: boolean, view: View,
 * }>} Pointer
 */

/** A pointer that moved less has not been dragged, screen px. */
const DRAG_PX = { mouse: 3, pen: 4, touch: 8 }

/** @type {(pointer: Pointer) => number} */
export const reachOf = ({ kind, zoom }) => REACH_PX[kind] * zoom

/**
 * @param {ScreenPoint} start
 * @param {Pointer} pointer
 * @returns {boolean}
 */
export function isDragged(start, { at, kind, zoom }) {
  return Math.hypot(at.x - start.x, at.y - start.y) > DRAG_PX[kind] * zoom
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {PointerEvent | WheelEvent} event
 */
export function placeOf(canvas, event) {
  const box = canvas.getBoundingClientRect()
  const zoom = box.width > 0 ? canvas.clientWidth / box.width : 1
  return { at: { x: (event.clientX - box.left) * zoom, y: (event.clientY - box.top) * zoom }, zoom }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @param {PointerEvent} event
 * @returns {Pointer}
 */
export function readPointer(canvas, view, event) {
  const { at, zoom } = placeOf(canvas, event)
  const all = event.getCoalescedEvents?.() ?? []
  const kind = event.pointerType === 'touch' || event.pointerType === 'pen' ? event.pointerType : 'mouse'
  return {
    at,
    zoom,
    kind,
    view,
    samples: all.length > 0 ? all.map((sample) => placeOf(canvas, sample).at) : [at],
    shift: event.shiftKey,
    alt: event.altKey,
  }
}
