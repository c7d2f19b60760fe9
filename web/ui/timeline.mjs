// Play, scrub, and when the chosen track is there: numbers above, its times below.

import { moved, placeOf, showing, whole, zoomed } from '../editor/view/timescale.mjs'
import { el, iconButton, numberField, press, relabel, toggleClass } from './dom.mjs'
import { withKey } from './keys.mjs'
import { t } from './strings.mjs'
import { keysHere, removeMarkHere, toggleKey, toggleVisible } from './time_actions.mjs'
import { dragTimes } from './timeline_drag.mjs'
import { frameText, makeLane, percent } from './timeline_lane.mjs'
import { moveMark } from './timeline_marks.mjs'
import { makeRuler } from './timeline_ruler.mjs'

export { makePlayer } from './player.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./timeline_marks.mjs').Mark} Mark */
/** @typedef {import('../editor/view/timescale.mjs').Stretch} Stretch */

/** By one key, and by one step of the wheel. */
const ZOOM_STEP = 1.5
const WHEEL_SHARE = 1 / 400

/** @param {Model} model */
export function makeTimeline(model) {
  const play = iconButton('play', withKey('play'), () => model.become({ playing: !model.playing }))
  const loop = iconButton('loop', t('loop'), () => model.set({ loop: !model.settings.loop }))
  const key = iconButton('key', withKey('keyHere'), () => toggleKey(model))
  const turn = iconButton('eye', withKey('visibleHere'), () => toggleVisible(model))
  const field = numberField({ label: t('frame'), min: 1, max: 10_000 }, (value) => model.goTo(value - 1))
  const total = el('span', 'dim')
  const seconds = el('button', 'button text seconds', { type: 'button', title: t('seconds') })
  seconds.addEventListener('click', () => model.set({ secondsShown: !model.settings.secondsShown }))
  const ruler = makeRuler({ role: 'slider', tabindex: 0, 'aria-label': t('timeline') })
  const lane = makeLane(model, () => ruler.element.focus({ preventScroll: true }))
  const head = el('div', 'head')
  const tip = el('div', 'tip gone', { 'aria-hidden': 'true' })
  const part = el('div', 'part gone', { title: t('shownPart') })
  const times = el('div', 'times', {}, ruler.element, lane.element, head, tip, part)
  const element = el(
    'div',
    'timeline',
    {},
    el('div', 'group', {}, play, loop),
    times,
    el('label', 'frame', {}, field, total),
    el('div', 'group', {}, key, turn),
    seconds,
  )

  /** @type {Stretch} */
  let stretch = whole(model.document.frames)
  let frames = model.document.frames
  let width = 0
  let followed = model.frame
  const look = (/** @type {Stretch} */ wanted) => {
    stretch = wanted
    model.changed()
  }
  const tell = (/** @type {Mark | null} */ mark) => {
    toggleClass(tip, 'gone', mark === null)
    if (mark === null) return
    tip.textContent = frameText(mark.frame, model.document.fps)
    tip.style.left = percent(Math.min(Math.max(placeOf(stretch, mark.frame), 0), 1))
  }
  const giveUp = dragTimes(model, times, lane, { stretch: () => stretch, show: tell })
  new ResizeObserver(() => {
    width = lane.element.clientWidth
    model.changed()
  }).observe(lane.element)
  dragPart(part, times, () => ({ stretch, frames: model.document.frames }), look)

  times.addEventListener(
    'wheel',
    (event) => {
      if (!times.closest('.tora-editor')?.contains(document.activeElement) || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      event.stopPropagation()
      const box = lane.element.getBoundingClientRect()
      const px = event.deltaMode === 1 ? 16 : 1
      const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX
      if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        return look(moved(stretch, frames, ((across * px) / box.width) * (stretch.to - stretch.from)))
      }
      const at = stretch.from + ((event.clientX - box.left) / box.width) * (stretch.to - stretch.from)
      look(zoomed(stretch, frames, at, Math.exp(-event.deltaY * px * WHEEL_SHARE)))
    },
    { passive: false },
  )
  times.addEventListener('keydown', (event) => {
    const mark = lane.markOf(event.target instanceof Element ? event.target : null)
    const did =
      (event.key === 'Escape' && giveUp()) ||
      closer(event) ||
      (mark ? onMarkKey(model, lane, mark, event) : event.target === ruler.element && onRulerKey(model, event))
    if (!did) return
    event.preventDefault()
    event.stopPropagation()
  })
  const closer = (/** @type {KeyboardEvent} */ { key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey || !['+', '=', '-', '0'].includes(key)) return false
    look(key === '0' ? whole(frames) : zoomed(stretch, frames, model.frame, key === '-' ? 1 / ZOOM_STEP : ZOOM_STEP))
    return true
  }

  const update = () => {
    const { document, frame, settings, playing } = model
    const last = Math.max(document.frames - 1, 1)
    if (document.frames !== frames) stretch = whole((frames = document.frames))
    if (frame !== followed) stretch = showing(stretch, frames, (followed = frame))
    relabel(play, playing ? 'pause' : 'play', playing ? t('pause') : withKey('play'))
    press(loop, settings.loop)
    press(seconds, settings.secondsShown)
    seconds.textContent = `${(frame / document.fps).toFixed(2)} s`
    field.max = String(document.frames)
    field.show(frame + 1)
    total.textContent = `/ ${document.frames}`
    const here = keysHere(model)
    press(key, here.pinned)
    press(turn, here.turned)
    key.disabled = turn.disabled = !here.track || here.track.locked
    const slider = ruler.element
    slider.setAttribute('aria-valuemin', '1')
    slider.setAttribute('aria-valuemax', String(document.frames))
    slider.setAttribute('aria-valuenow', String(frame + 1))
    slider.setAttribute('aria-valuetext', frameText(frame, document.fps))
    ruler.update(stretch, { frames, fps: document.fps, seconds: settings.secondsShown, width })
    lane.update(stretch, width)
    const at = placeOf(stretch, frame)
    head.style.left = percent(at)
    toggleClass(head, 'gone', at < 0 || at > 1)
    const isPart = stretch.to - stretch.from < last
    toggleClass(part, 'gone', !isPart)
    if (isPart) {
      part.style.left = percent(stretch.from / last)
      part.style.width = percent((stretch.to - stretch.from) / last)
    }
  }
  return { element, update }
}

/**
 * @param {Model} model
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function onRulerKey(model, { key }) {
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[key]
  if (by !== undefined) model.goTo(model.frame + by)
  else if (key === 'Home') model.goTo(0)
  else if (key === 'End') model.goTo(model.document.frames - 1)
  else return false
  return true
}

/**
 * Left and right move a mark by a frame, up and down go from mark to mark.
 * @param {Model} model
 * @param {ReturnType<typeof makeLane>} view
 * @param {Mark} mark
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function onMarkKey(model, view, mark, { key, shiftKey, ctrlKey, metaKey, altKey }) {
  const { lane, shown } = view
  if (!lane || ctrlKey || metaKey || altKey) return false
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key]
  if (step !== undefined) {
    // From between two frames the next one is less than a frame away.
    const next = step > 0 ? Math.floor(mark.frame + 1 + 1e-6) : Math.ceil(mark.frame - 1 - 1e-6)
    const to = shiftKey ? next + 9 * step : next
    const after = moveMark(model.document, lane, mark, to, false)
    model.edit(after, model.selection, `time:${mark.kind}:${mark.index}:${lane.ids}`)
    return true
  }
  const by = { ArrowUp: -1, ArrowDown: 1, Home: -shown.length, End: shown.length }[key]
  if (by !== undefined) {
    const at = shown.indexOf(mark) + by
    view.activate(shown[Math.min(Math.max(at, 0), shown.length - 1)])
    model.changed()
  } else if (key === 'Enter' || key === ' ') model.goTo(mark.frame)
  else if ((key === 'Delete' || key === 'Backspace') && ['pin', 'shown', 'hidden'].includes(mark.kind)) {
    const neighbor = shown[shown.indexOf(mark) - 1]
    removeMarkHere(model, lane, mark)
    if (neighbor) view.activate(neighbor)
  } else return false
  return true
}

/**
 * The bar that tells which part of the clip is shown, to be dragged along.
 * @param {HTMLElement} part
 * @param {HTMLElement} times
 * @param {() => Readonly<{ stretch: Stretch, frames: number }>} now
 * @param {(stretch: Stretch) => void} look
 */
function dragPart(part, times, now, look) {
  /** @type {{ x: number, from: Stretch } | null} */
  let grabbed = null
  part.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    event.preventDefault()
    event.stopPropagation()
    part.setPointerCapture(event.pointerId)
    grabbed = { x: event.clientX, from: now().stretch }
  })
  part.addEventListener('pointermove', (event) => {
    if (!grabbed) return
    event.stopPropagation()
    const { frames } = now()
    look(
      moved(grabbed.from, frames, ((event.clientX - grabbed.x) / times.getBoundingClientRect().width) * (frames - 1)),
    )
  })
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    part.addEventListener(name, () => {
      grabbed = null
    })
  }
}
