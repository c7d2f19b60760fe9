// The pointer on the timeline: scrubbing, dragging marks, putting keys and taking them away by a double click.

import { selectPoints } from '../editor/edit/selection.mjs'
import { placeOf } from '../editor/view/timescale.mjs'
import { canShift, laneOf, moveMark } from './timeline_marks.mjs'
import { removeMarkHere, toggleKey, toggleVisible } from './time_actions.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./timeline_marks.mjs').Lane} Lane */
/** @typedef {import('./timeline_marks.mjs').Mark} Mark */
/** @typedef {ReturnType<typeof import('./timeline_lane.mjs').makeLane>} LaneView */
/** @typedef {import('../editor/view/timescale.mjs').Stretch} Stretch */

/**
 * grab: how far from the mark's own place it was taken, frames. x: where it was pressed.
 * @typedef {Readonly<{
 *   mark: Mark | null, base: Model['document'], lane: Lane | null, grab: number, x: number, moved: boolean,
 * }>} Drag
 */

/** How far from a mark it is still taken, and how far it must be dragged to move, screen px. */
const REACH_PX = { mouse: 8, pen: 10, touch: 22 }
const DRAG_PX = { mouse: 3, pen: 4, touch: 8 }
const DOUBLE_MS = 350

/** @param {PointerEvent} event @returns {'mouse' | 'pen' | 'touch'} */
const kindOf = ({ pointerType }) => (pointerType === 'touch' || pointerType === 'pen' ? pointerType : 'mouse')

/**
 * @param {Model} model
 * @param {HTMLElement} area ruler and lane
 * @param {LaneView} view
 * @param {Readonly<{ stretch: () => Stretch, show: (mark: Mark | null) => void }>} options show: tell its time
 * @returns {() => boolean} gives up a drag under way, if there is one
 */
export function dragTimes(model, area, view, { stretch, show }) {
  /** @type {Drag | null} */
  let drag = null
  let lastClick = { time: -Infinity, x: 0 }

  /** Frames from 0, between frames too. @param {number} clientX */
  const frameAt = (clientX) => {
    const box = view.element.getBoundingClientRect()
    const { from, to } = stretch()
    return from + ((clientX - box.left) / box.width) * (to - from)
  }
  /** @param {PointerEvent} event @returns {'keys' | 'bar' | null} which row; null: the numbers */
  const rowAt = ({ clientY }) => {
    const box = view.element.getBoundingClientRect()
    if (clientY < box.top) return null
    return clientY < box.top + box.height * BAR_SHARE ? 'bar' : 'keys'
  }
  /** The nearest mark in reach, pins and keys before the ends that they may lie on. @param {PointerEvent} event */
  const markAt = (event) => {
    const row = rowAt(event)
    const { lane, shown } = view
    if (!lane || row === null) return null
    const box = view.element.getBoundingClientRect()
    const reach = REACH_PX[kindOf(event)]
    const rank = (/** @type {Mark} */ { kind }) => (kind === 'start' || kind === 'end' ? 2 : 0)
    const near = shown
      .filter(({ kind }) => (row === 'keys' ? kind === 'shown' || kind === 'hidden' : kind === 'pin' || isEnd(kind)))
      .map((mark) => ({
        mark,
        off: Math.abs(box.left + placeOf(stretch(), mark.frame) * box.width - event.clientX) + rank(mark),
      }))
      .filter(({ off, mark }) => off <= reach + rank(mark))
      .sort((a, b) => a.off - b.off)
    if (near[0]) return near[0].mark
    const frame = frameAt(event.clientX)
    const onBar = row === 'bar' && lane.from <= frame && frame <= lane.to
    return onBar && canShift(lane, model.document.frames) ? lane.bar : null
  }
  const stop = () => {
    const had = drag !== null
    drag = null
    show(null)
    if (had) model.cancel()
    return had
  }

  area.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || drag !== null) return
    event.preventDefault()
    const mark = markAt(event)
    const row = rowAt(event)
    const { lane } = view
    const frame = frameAt(event.clientX)
    const isDouble = event.timeStamp - lastClick.time <= DOUBLE_MS && Math.abs(event.clientX - lastClick.x) <= 10
    lastClick = { time: isDouble ? -Infinity : event.timeStamp, x: event.clientX }
    if (mark) view.activate(mark)
    else focusRuler(area)
    model.become({ playing: false })
    if (isDouble && row !== null && lane && !lane.isCamera) {
      if (mark && isEnd(mark.kind)) return
      if (mark && mark.kind !== 'bar') return removeMarkHere(model, lane, mark)
      if (row === 'bar') toggleKey(model, Math.round(frame))
      else toggleVisible(model, Math.round(frame))
      return
    }
    area.setPointerCapture(event.pointerId)
    const movable = mark !== null && !lane?.isLocked
    const grab = mark ? frame - mark.frame : 0
    drag = { mark: movable ? mark : null, base: model.document, lane, grab, x: event.clientX, moved: false }
    if (!mark) return model.goTo(frame)
    if (mark.kind === 'pin' && lane) model.choose(selectPoints(lane.track.id, [mark.index]))
    show(mark)
  })
  area.addEventListener('pointermove', (event) => {
    if (drag === null) {
      const mark = event.pointerType === 'touch' ? null : markAt(event)
      view.hover(mark)
      area.dataset.over = mark && !view.lane?.isLocked ? mark.kind : 'nothing'
      show(mark && mark.kind !== 'bar' ? mark : null)
      return model.changed()
    }
    if (!area.hasPointerCapture(event.pointerId)) return
    const frame = frameAt(event.clientX)
    const { mark, lane, base, grab, x } = drag
    if (mark === null || lane === null) return model.goTo(frame)
    if (!drag.moved && Math.abs(event.clientX - x) < DRAG_PX[kindOf(event)]) return
    drag = { ...drag, moved: true }
    const after = moveMark(base, lane, mark, frame - grab, event.altKey)
    model.show(after)
    const now = laneOf(after, lane.ids)
    show(now ? ([now.bar, ...now.ends, ...now.pins, ...now.keys].find((one) => isSame(one, mark)) ?? null) : null)
  })
  area.addEventListener('pointerup', (event) => {
    if (drag === null) return
    const { moved, mark } = drag
    const frame = frameAt(event.clientX)
    drag = null
    show(null)
    if (moved) model.edit(model.document)
    else if (mark) model.goTo(mark.kind === 'bar' ? frame : mark.frame)
  })
  area.addEventListener('pointercancel', stop)
  area.addEventListener('lostpointercapture', () => drag !== null && stop())
  area.addEventListener('pointerleave', () => {
    if (drag !== null) return
    view.hover(null)
    show(null)
    model.changed()
  })
  return stop
}

/** The upper part of the lane is the bar's. */
const BAR_SHARE = 0.62

/** @param {Mark['kind']} kind */
const isEnd = (kind) => kind === 'start' || kind === 'end'

/** @param {Mark} a @param {Mark} b */
const isSame = (a, b) => a.kind === b.kind && a.index === b.index

/** @param {HTMLElement} area */
function focusRuler(area) {
  const ruler = area.querySelector('.tora-ruler')
  if (ruler instanceof HTMLElement) ruler.focus({ preventScroll: true })
}
