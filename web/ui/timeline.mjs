// Play, scrub, and when the chosen track is there: its span with ends to drag, its pinned points, its warnings.

import { setSpan } from '../editor/edit/timing.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { clamp } from '../editor/base/geometry.mjs'
import { el, iconButton, numberField, press, relabel, toggleClass } from './dom.mjs'
import { colorOf, warningsOf } from './derived.mjs'
import { withKey } from './keys.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {'scrub' | 'start' | 'end' | 'bar'} Grip */

/** @param {Model} model */
export function makeTimeline(model) {
  const play = iconButton('play', withKey('play'), () => model.become({ playing: !model.playing }))
  const loop = iconButton('loop', t('loop'), () => model.set({ loop: !model.settings.loop }))
  const field = numberField({ label: t('frame'), min: 1, max: 10_000 }, (value) => model.goTo(value - 1))
  const total = el('span', 'dim')
  const head = el('div', 'head')
  const [start, end] = [
    el('div', 'grip start', { title: t('trackStart') }),
    el('div', 'grip end', { title: t('trackEnd') }),
  ]
  const bar = el('div', 'bar', {}, start, end)
  const marks = el('div', 'marks')
  const lane = el('div', 'lane', {}, bar, marks, head)
  const ruler = el('div', 'ruler', { role: 'slider', tabindex: 0, 'aria-label': t('timeline') }, lane)
  const element = el('div', 'timeline', {}, play, loop, ruler, el('label', 'frame', {}, field, total))
  dragTimes(model, ruler, { start, end, bar })
  ruler.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key]
    if (by !== undefined) model.goTo(model.frame + by)
    else if (event.key === 'Home') model.goTo(0)
    else if (event.key === 'End') model.goTo(model.document.frames - 1)
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  const update = () => {
    const { document, frame, settings, playing } = model
    relabel(play, playing ? 'pause' : 'play', playing ? t('pause') : withKey('play'))
    press(loop, settings.loop)
    field.max = String(document.frames)
    field.show(frame + 1)
    total.textContent = `/ ${document.frames}`
    ruler.setAttribute('aria-valuemin', '1')
    ruler.setAttribute('aria-valuemax', String(document.frames))
    ruler.setAttribute('aria-valuenow', String(frame + 1))
    ruler.setAttribute('aria-valuetext', `${t('frame')} ${frame + 1}, ${(frame / document.fps).toFixed(2)} s`)
    ruler.style.setProperty('--tora-frames', String(Math.max(document.frames - 1, 1)))
    head.style.left = percent(frame / Math.max(document.frames - 1, 1))
    const id = [...model.selection.keys()][0]
    const track = id === undefined ? undefined : findTrack(document, id)
    toggleClass(bar, 'gone', !track)
    if (track) {
      bar.style.left = percent(track.start)
      bar.style.width = percent(track.end - track.start)
      bar.style.setProperty('--tora-track', colorOf(track))
    }
    const pins = (track?.points ?? []).flatMap((point) => (point.t === undefined ? [] : [mark('pin', point.t, 0)]))
    const keys = (track?.visibility ?? []).map((key) => mark(key.visible ? 'shown' : 'hidden', key.t, 0))
    const index = track ? document.tracks.indexOf(track) : -1
    const last = Math.max(document.frames - 1, 1)
    const warnings = model.inGesture
      ? []
      : warningsOf(document)
          .filter((warning) => warning.track === index)
          .map(({ from, to }) => mark('bad', (from - 1) / last, (to - from + 1) / last))
    marks.replaceChildren(...warnings, ...pins, ...keys)
  }
  return { element, update }
}

/**
 * @param {string} kind
 * @param {number} at
 * @param {number} width
 */
function mark(kind, at, width) {
  const element = el('div', `mark ${kind}`)
  element.style.left = percent(at)
  if (width > 0) element.style.width = percent(width)
  return element
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(3)}%`
}

/**
 * @param {Model} model
 * @param {HTMLElement} ruler
 * @param {Readonly<Record<Exclude<Grip, 'scrub'>, HTMLElement>>} grips
 */
function dragTimes(model, ruler, grips) {
  /** @type {{ grip: Grip, base: Model['document'], from: number, id: number } | null} */
  let dragging = null
  /** @param {PointerEvent} event */
  const timeAt = (event) => {
    const box = ruler.getBoundingClientRect()
    const pad = (Number.parseFloat(getComputedStyle(ruler).paddingLeft) * box.width) / ruler.offsetWidth
    return clamp((event.clientX - box.left - pad) / (box.width - 2 * pad), 0, 1)
  }
  ruler.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    event.preventDefault()
    ruler.focus({ preventScroll: true })
    ruler.setPointerCapture(event.pointerId)
    const id = [...model.selection.keys()][0] ?? 0
    const found = Object.entries(grips).find(([, element]) => element === event.target)
    const grip = found && event.target !== grips.bar ? /** @type {Grip} */ (found[0]) : 'scrub'
    dragging = { grip, base: model.document, from: timeAt(event), id }
    model.become({ playing: false })
    if (grip === 'scrub') model.goTo(timeAt(event) * (model.document.frames - 1))
  })
  ruler.addEventListener('pointermove', (event) => {
    if (!dragging || !ruler.hasPointerCapture(event.pointerId)) return
    const { grip, base, id } = dragging
    const last = Math.max(base.frames - 1, 1)
    const time = Math.round(timeAt(event) * last) / last
    if (grip === 'scrub') return model.goTo(time * last)
    const track = findTrack(base, id)
    if (!track) return
    const least = 1 / last
    const [from, to] =
      grip === 'start'
        ? [Math.min(time, track.end - least), track.end]
        : [track.start, Math.max(time, track.start + least)]
    model.show(setSpan(base, [id], from, to, 'keep'))
  })
  const stop = (/** @type {PointerEvent} */ event) => {
    if (!dragging) return
    dragging = null
    if (event.type === 'pointercancel') model.cancel()
    else if (model.inGesture) model.edit(model.document)
  }
  ruler.addEventListener('pointerup', stop)
  ruler.addEventListener('pointercancel', stop)
}

/**
 * Moves the frame on while playing; a picture a frame, never faster than the screen.
 * @param {Model} model
 * @returns {() => void} call it after each change
 */
export function makePlayer(model) {
  let running = false
  let begun = 0
  let from = 0
  const step = (/** @type {number} */ now) => {
    const { frames, fps } = model.document
    if (!model.playing) {
      running = false
      return
    }
    const at = from + Math.floor(((now - begun) / 1000) * fps)
    if (at >= frames && !model.settings.loop) {
      running = false
      model.goTo(frames - 1)
      model.become({ playing: false })
      return
    }
    model.goTo(at % frames)
    requestAnimationFrame(step)
  }
  return () => {
    if (!model.playing || running) return
    running = true
    begun = performance.now()
    from = model.frame >= model.document.frames - 1 ? 0 : model.frame
    requestAnimationFrame(step)
  }
}
