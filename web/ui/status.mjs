// The line at the bottom: where the pointer is, how fast the chosen track is, what the model would not see; and what
// could not be read.

import { stepLengths } from '../editor/readout/steps.mjs'
import { discardKept } from '../editor/edit/canvas.mjs'
import { el, icon, iconButton, textButton, toggleClass } from './dom.mjs'
import { nameOf, tracksOf, warningsOf } from './derived.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/**
 * @param {Model} model
 * @param {() => Readonly<{ x: number, y: number }> | null} hover image px
 * @param {() => void} toggleNotes
 */
export function makeStatus(model, hover, toggleNotes) {
  const speed = el('span', 'speed')
  const place = el('span', 'place')
  const told = el('button', 'told gone', { type: 'button' }, icon('info'), el('span'))
  told.addEventListener('click', toggleNotes)
  const warning = el('span', 'warning gone', {}, icon('warning'), el('span'))
  const element = el('div', 'status', {}, speed, place, told, warning)
  const update = () => {
    const { notes } = model
    toggleClass(told, 'gone', notes.length === 0)
    const first = notes.length > 1 ? `${notes[0]} (+${notes.length - 1})` : (notes[0] ?? '')
    if (told.lastElementChild?.textContent !== first && told.lastElementChild) {
      told.lastElementChild.textContent = first
      told.title = notes.join('\n')
    }
    const at = hover()
    place.textContent = at ? `${at.x.toFixed(0)}, ${at.y.toFixed(0)}` : ''
    const { document, selection, frame } = model
    const index = document.tracks.findIndex((track) => selection.has(track.id))
    speed.textContent = index < 0 ? '' : speedText(model, index, frame)
    if (model.inGesture) return
    const all = warningsOf(document, model.wired)
    if (all === null) return // those of before, for the moment
    const found = index < 0 ? all : all.filter(({ track }) => track === index)
    const text = found[0] && !model.playing ? warningText(model, found[0]) : ''
    toggleClass(warning, 'gone', text === '' && !model.playing)
    const label = warning.lastElementChild
    if (text && label) label.textContent = found.length > 1 ? `${text} (+${found.length - 1})` : text
    warning.title = found.map((one) => warningText(model, one)).join('\n')
    if (found.length === 0) toggleClass(warning, 'gone', true)
  }
  return { element, update }
}

/**
 * @param {Model} model
 * @param {number} index
 * @param {number} frame
 */
function speedText({ document }, index, frame) {
  const lengths = stepLengths(tracksOf(document), index)
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(lengths.length - 1, 1)
  return t('speed', { now: lengths[Math.min(frame, lengths.length - 1)].toFixed(1), mean: mean.toFixed(1) })
}

/**
 * @param {Model} model
 * @param {import('../editor/readout/warnings.mjs').Warning} warning
 */
function warningText({ document }, { kind, track, from, to, px }) {
  const name = nameOf(document, document.tracks[track])
  return t(`warning.${kind}`, { track: name, from: from + 1, to: to + 1, px: px.toFixed(0) })
}

/**
 * A bar that tells of a saved value that could not be read as it was. Nothing is thrown away unasked.
 * @param {Model} model
 */
export function makeProblems(model) {
  const text = el('span')
  const discard = textButton(t('discard'), () => model.edit(discardKept(model.document)))
  const element = el('div', 'problems gone', { role: 'alert' }, icon('warning'), text, discard)
  return {
    element,
    update: () => {
      const { kept } = model.document
      toggleClass(element, 'gone', kept.length === 0)
      if (kept.length === 0) return
      text.textContent = model.untouched ? t('untouched') : t('kept')
      element.title = kept.map(({ place, reason }) => `${place} ${reason}`).join('\n')
    },
  }
}

/**
 * What the last run had to say, at length. It is opened from the status line, and holds nobody up.
 * @param {Model} model
 */
export function makeNotes(model) {
  const list = el('ul', 'notes')
  const close = iconButton('close', t('close'), () => toggle(false), 'corner small')
  const forget = textButton(t('forgetNotes'), () => {
    toggle(false)
    model.become({ notes: [] })
  })
  const element = el('div', 'popup low gone', { role: 'group', 'aria-label': t('notes') }, close)
  element.append(el('strong', '', {}, t('notes')), list, forget)
  let isOpen = false
  /** @type {unknown} */
  let shown = null
  const toggle = (to = !isOpen) => {
    isOpen = to
    toggleClass(element, 'gone', !isOpen)
  }
  const update = () => {
    if (shown === model.notes) return
    shown = model.notes
    list.replaceChildren(...model.notes.map((note) => el('li', '', {}, note)))
    if (model.notes.length === 0) toggle(false)
  }
  return { element, toggle, update, isOpen: () => isOpen }
}

const MESSAGE_MS = 5000

/**
 * A short message over the drawing area.
 * @param {Model} model
 */
export function makeMessage(model) {
  const element = el('div', 'message gone', { role: 'status' })
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  return {
    element,
    update: () => {
      if (element.textContent === model.message) return
      element.textContent = model.message
      toggleClass(element, 'gone', model.message === '')
      clearTimeout(timer)
      if (model.message) timer = setTimeout(() => model.become({ message: '' }), MESSAGE_MS)
    },
  }
}
