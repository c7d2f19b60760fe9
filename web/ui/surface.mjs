// The canvas: its size, the view, and pointers to gestures.

import { findTrack } from '../editor/edit/change.mjs'
import { pick } from '../editor/view/picking.mjs'
import { centreOf, centred, fit, keepInSight, pan, pinch, toImage, zoomAt } from '../editor/view/view.mjs'
import { el } from './dom.mjs'
import { FlowPreview } from './flow_preview.mjs'
import { begin, drag, finish } from './gestures.mjs'
import { onDouble } from './double_click.mjs'
import { paint, readColors } from './painter.mjs'
import { placeOf, reachOf, readPointer } from './pointer.mjs'
import { attempt } from './refused.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./gestures.mjs').Gesture} Gesture */
/** @typedef {import('./pointer.mjs').Pointer} Pointer */
/** @typedef {import('../editor/base/types.mjs').ScreenPoint} ScreenPoint */
/** @typedef {import('../editor/view/view.mjs').View} View */

/**
 * What the host wants of pointer events that are not the editor's: it may pan and zoom its own canvas.
 * @typedef {{ onWheel?: (event: WheelEvent) => void, onMiddle?: (event: PointerEvent) => void, zoom?: () => number }
 *   } HostPointers
 */

const DOUBLE_CLICK_MS = 350
const DOUBLE_CLICK_PX = 8
const MAX_DENSITY = 3
/** A narrower drawing area has less room to spare round the frame. */
const SMALL_PX = 560

export class Surface {
  /** @type {View | null} null: the whole frame */
  #view = null
  /** @type {Gesture | null} */
  #gesture = null
  /** @type {{ before: Map<number, ScreenPoint>, view: View } | null} */
  #pinch = null
  /** @type {Map<number, ScreenPoint>} */
  #down = new Map()
  /** @type {ScreenPoint | null} */
  #pointer = null
  /** @type {import('../editor/view/picking.mjs').Hit | null} */
  #hover = null
  /** @type {import('./backings.mjs').Shown | null} */
  #background = null
  /** @type {ResizeObserver} */
  #observer
  #lastClick = { time: 0, x: 0, y: 0 }
  #size = { width: 0, height: 0 }

  /**
   * @param {Model} model
   * @param {HostPointers} host
   */
  constructor(model, host) {
    this.model = model
    this.host = host
    this.canvas = el('canvas', 'surface', { tabindex: 0, role: 'application', 'aria-label': t('surface') })
    this.flow = new FlowPreview(model)
    this.#observer = new ResizeObserver(() => this.#resized())
    this.#observer.observe(this.canvas)
    const { canvas } = this
    canvas.addEventListener('pointerdown', (event) => this.#onDown(event))
    canvas.addEventListener('pointermove', (event) => this.#onMove(event))
    canvas.addEventListener('pointerup', (event) => this.#onUp(event))
    canvas.addEventListener('pointercancel', (event) => this.#onCancel(event))
    canvas.addEventListener('pointerleave', () => this.#leave())
    canvas.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false })
    for (const name of ['focus', 'blur']) canvas.addEventListener(name, () => model.changed())
  }

  get view() {
    const room = this.#size.width < SMALL_PX ? 0.4 : 1
    return this.#view ?? fit(this.model.document, this.#size, this.model.settings.marginShare * room)
  }

  get isBusy() {
    return this.#gesture !== null
  }

  get hover() {
    return this.#pointer && toImage(this.view, this.#pointer)
  }

  showAll() {
    this.#view = null
    this.model.changed()
  }

  /** @param {number} factor about the middle */
  zoomBy(factor) {
    const { width, height } = this.#size
    this.#look(zoomAt(this.view, { x: width / 2, y: height / 2 }, factor))
  }

  /** @param {import('./backings.mjs').Shown | null} shown from the next drawing on */
  setBackground(shown) {
    this.#background = shown
    this.model.hasPicture = shown !== null
  }

  /** Ends the gesture under way without a trace. @returns {boolean} whether there was one */
  cancel() {
    const had = this.#gesture !== null || this.model.inGesture
    if (this.#gesture?.kind === 'place' && !findTrack(this.model.committed, this.#gesture.id))
      this.model.penTrack = null
    this.#gesture = null
    this.model.cancel()
    return had
  }

  end() {
    Object.assign(this.canvas, { width: 0, height: 0 }) // the host may hold on to the element of a node that is gone
    this.#observer.disconnect()
    this.flow.end()
  }

  draw() {
    const { canvas, model } = this
    const { clientWidth: width, clientHeight: height } = canvas
    if (!width || !height) return
    const density = Math.min(devicePixelRatio * Math.max(1, Math.min(this.host.zoom?.() ?? 1, 2)), MAX_DENSITY)
    const [w, h] = [Math.round(width * density), Math.round(height * density)]
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h })
    this.#size = { width, height }
    const g = canvas.getContext('2d', { alpha: false })
    if (!g) return
    canvas.dataset.tool = model.tool
    canvas.dataset.over = this.#gesture ? this.#gesture.kind : (this.#hover?.kind ?? 'nothing')
    paint(g, {
      model,
      view: this.view,
      size: this.#size,
      density,
      colors: readColors(canvas),
      background: this.#background,
      flow: this.flow.picture(),
      gesture: this.#gesture,
      hover: this.#hover,
      pointer: this.#pointer,
    })
  }

  #resized() {
    const { clientWidth: width, clientHeight: height } = this.canvas
    if (!width || !height) return
    if (this.#view) {
      const at = centreOf(this.#view, this.#size)
      this.#view = centred(at, this.#view.scale, { width, height })
    }
    this.#size = { width, height }
    this.draw() // at once: a canvas that changes its size is empty until then
  }

  /** @param {View} view */
  #look(view) {
    this.#view = keepInSight(view, this.model.document, this.#size)
    this.model.changed()
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (event.button === 1 && this.host.onMiddle) return this.host.onMiddle(event)
    if (event.button > 1) return
    this.canvas.focus({ preventScroll: true })
    const pointer = readPointer(this.canvas, this.view, event)
    this.canvas.setPointerCapture(event.pointerId)
    this.#down.set(event.pointerId, pointer.at)
    this.#pointer = pointer.at
    if (pointer.kind === 'touch' && this.#down.size === 2) {
      this.cancel()
      this.#pinch = { before: new Map(this.#down), view: this.view }
      return
    }
    if (this.#gesture || this.#pinch) return
    if (event.button === 1) this.#gesture = { kind: 'pan', view: this.view, start: pointer.at }
    else if (!this.#isDoubleClick(event, pointer) || !attempt(this.model, () => onDouble(this.model, pointer)))
      this.#gesture = attempt(this.model, () => begin(this.model, pointer))
    this.model.changed()
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (event.buttons & 4 && this.host.onMiddle && !this.#gesture) return this.host.onMiddle(event)
    const pointer = readPointer(this.canvas, this.view, event)
    this.#pointer = pointer.at
    if (this.#pinch && this.#down.has(event.pointerId)) {
      this.#down.set(event.pointerId, pointer.at)
      const ids = [...this.#pinch.before.keys()]
      const now = ids.map((id) => this.#down.get(id))
      const before = ids.map((id) => this.#pinch?.before.get(id))
      if (now[0] && now[1] && before[0] && before[1]) {
        this.#look(pinch(this.#pinch.view, [before[0], before[1]], [now[0], now[1]]))
      }
      return
    }
    if (this.#gesture && this.#down.has(event.pointerId)) {
      if (this.#gesture.kind === 'pan') {
        const { view, start } = this.#gesture
        this.#look(pan(view, pointer.at.x - start.x, pointer.at.y - start.y))
      } else this.#drag(this.#gesture, pointer)
    } else if (pointer.kind !== 'touch') this.#findHover(pointer)
    this.model.changed()
  }

  /** @param {import('./gestures.mjs').Gesture} gesture @param {Pointer} pointer */
  #drag(gesture, pointer) {
    this.#gesture = attempt(this.model, () => drag(this.model, gesture, pointer))
  }

  /** @param {Pointer} pointer */
  #findHover(pointer) {
    const { document, selection, tool } = this.model
    const options = { selection, reach: reachOf(pointer) }
    this.#hover = tool === 'select' ? pick(document, pointer.view, pointer.at, options) : null
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    if (event.button === 1 && this.host.onMiddle) return this.host.onMiddle(event)
    if (!this.#down.delete(event.pointerId)) return
    if (this.#pinch) {
      if (this.#down.size === 0) this.#pinch = null
      return
    }
    const gesture = this.#gesture
    this.#gesture = null
    const pointer = readPointer(this.canvas, this.view, event)
    if (gesture) attempt(this.model, () => finish(this.model, gesture, pointer))
    if (pointer.kind === 'touch') this.#pointer = null
    else this.#findHover(pointer)
    this.model.changed()
  }

  /** @param {PointerEvent} event */
  #onCancel(event) {
    this.#down.delete(event.pointerId)
    if (this.#down.size === 0) this.#pinch = null
    this.cancel()
  }

  #leave() {
    if (this.#down.size > 0) return
    this.#pointer = null
    this.#hover = null
    this.model.changed()
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    const inside = this.canvas.closest('.tora-editor')?.contains(document.activeElement)
    const forHost = this.host.onWheel && (!inside || event.ctrlKey || event.metaKey)
    if (forHost) return this.host.onWheel?.(event)
    event.preventDefault()
    event.stopPropagation()
    const { at } = placeOf(this.canvas, event)
    const px = event.deltaMode === 1 ? 16 : 1
    if (event.shiftKey) this.#look(pan(this.view, -(event.deltaX || event.deltaY) * px, 0))
    else this.#look(zoomAt(this.view, at, Math.exp((-event.deltaY * px) / 500)))
  }

  /**
   * @param {PointerEvent} event
   * @param {Pointer} pointer
   * @returns {boolean}
   */
  #isDoubleClick(event, { at, zoom }) {
    const { time, x, y } = this.#lastClick
    const near = Math.hypot(at.x - x, at.y - y) <= DOUBLE_CLICK_PX * zoom
    const double = event.timeStamp - time <= DOUBLE_CLICK_MS && near
    this.#lastClick = { time: double ? 0 : event.timeStamp, x: at.x, y: at.y }
    return double
  }
}
