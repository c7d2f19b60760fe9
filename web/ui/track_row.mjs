// One line of the list of tracks: a track, or the camera as one.

import { moveInList } from '../editor/edit/order.mjs'
import { selectTracks, toggleTrack } from '../editor/edit/selection.mjs'
import { setFields } from '../editor/edit/tracks.mjs'
import { MAX_NAME_CHARACTERS } from '../editor/base/limits.mjs'
import { colorOf, nameOf } from './derived.mjs'
import { el, icon, iconButton, relabel, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./strings.mjs').TextKey} TextKey */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {'hidden' | 'locked' | 'muted'} Switch */

/** @type {Readonly<Record<Switch, readonly [Icon, TextKey, Icon, TextKey]>>} what it shows while off, and while on */
const SWITCHES = {
  hidden: ['eye', 'hide', 'eyeOff', 'show'],
  locked: ['unlock', 'lock', 'lock', 'unlock'],
  muted: ['power', 'mute', 'powerOff', 'unmute'],
}
/** @typedef {import('./icons.mjs').IconName} Icon */

/**
 * @param {Model} model
 * @param {boolean} isCamera
 */
export function makeRow(model, isCamera) {
  /** @type {readonly EditorTrack[]} */
  let tracks = []
  const ids = () => tracks.map((track) => track.id)
  const set = (/** @type {Parameters<typeof setFields>[2]} */ fields, merge = '') =>
    model.edit(setFields(model.committed, ids(), fields), model.selection, merge && `${merge}:${ids()}`)
  const handle = el('span', 'drag', { title: t('reorder'), 'aria-hidden': 'true' }, icon('grip'))
  const color = el('input', 'swatch', { type: 'color', 'aria-label': t('recolour'), title: t('recolour') })
  const name = el('input', 'name', {
    type: 'text',
    'aria-label': t('rename'),
    maxlength: MAX_NAME_CHARACTERS,
    spellcheck: 'false',
  })
  const camera = el('span', 'name title', {}, icon('camera'), t('camera'))
  const switches = /** @type {Switch[]} */ (Object.keys(SWITCHES)).map((key) => ({
    key,
    button: iconButton(SWITCHES[key][0], t(SWITCHES[key][1]), () => set({ [key]: !tracks[0]?.[key] }), 'small'),
  }))
  const buttons = switches.map(({ button }) => button)
  const label = isCamera ? camera : name
  const cells = [color, label, ...buttons].map((one) => el('span', 'cell', { role: 'gridcell' }, one))
  const element = el('div', 'row', { role: 'row', tabindex: 0 }, handle, ...cells)
  const choose = (/** @type {MouseEvent | KeyboardEvent} */ event) => {
    const many = event.shiftKey || event.ctrlKey || event.metaKey
    if (!many) return model.choose(selectTracks(ids()))
    const chosen = model.selection.has(ids()[0])
    const others = new Map([...model.selection].filter(([id]) => !ids().includes(id)))
    model.choose(
      isCamera ? new Map([...others, ...(chosen ? [] : selectTracks(ids()))]) : toggleTrack(model.selection, ids()[0]),
    )
  }
  const move = (/** @type {number} */ up) => model.edit(moveInList(model.committed, ids()[0], up))
  element.addEventListener('click', (event) => {
    if (event.target === element || (event.target instanceof Node && camera.contains(event.target))) choose(event)
  })
  element.addEventListener('keydown', (event) => {
    if (event.target !== element) return
    if (event.key === 'Enter' || event.key === ' ') choose(event)
    else if (event.key === 'F2' && !isCamera) name.focus()
    else if (event.altKey && event.key === 'ArrowUp') move(1)
    else if (event.altKey && event.key === 'ArrowDown') move(-1)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const next = event.key === 'ArrowDown' ? element.nextElementSibling : element.previousElementSibling
      if (next instanceof HTMLElement) next.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  })
  color.addEventListener('input', () => set({ color: color.value }, 'color'))
  name.addEventListener('focus', () => {
    if (!model.selection.has(ids()[0])) model.choose(selectTracks(ids()))
  })
  name.addEventListener('change', () => set({ name: name.value.trim() }))
  name.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.stopPropagation()
    name.blur()
    element.focus()
  })
  /** @type {EditorTrack | null} */
  let shown = null
  let shownLabel = ''
  return {
    element,
    handle,
    get id() {
      return tracks[0]?.id ?? 0
    },
    /** @param {readonly EditorTrack[]} now one, or the camera's */
    show: (now) => {
      tracks = now
      const [track] = now
      const text = nameOf(model.document, track)
      if (track === shown && text === shownLabel) return
      element.setAttribute('aria-label', text)
      color.value = colorOf(track)
      name.placeholder = text
      if (document.activeElement !== name) name.value = track.name
      for (const { key, button } of switches) {
        const [off, offText, on, onText] = SWITCHES[key]
        relabel(button, track[key] ? on : off, t(track[key] ? onText : offText))
        toggleClass(button, 'on', track[key])
      }
      toggleClass(element, 'off', track.hidden || track.muted)
      shown = track
      shownLabel = text
    },
    /** @param {boolean} on */
    choose: (on) => element.setAttribute('aria-selected', String(on)),
  }
}
