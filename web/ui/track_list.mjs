// The list of tracks, the top one first as it lies on top of the others.

import { removeTracks, reorderTrack, setFields } from '../editor/edit/tracks.mjs'
import { selectTracks, toggleTrack } from '../editor/edit/selection.mjs'
import { MAX_NAME_CHARACTERS } from '../editor/base/limits.mjs'
import { addFile, download } from './clipboard.mjs'
import { colorOf, nameOf } from './derived.mjs'
import { el, iconButton, relabel, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {ReturnType<typeof makeRow>} Row */

/** @param {Model} model */
export function makeTrackList(model) {
  const list = el('div', 'list', { role: 'listbox', 'aria-label': t('tracks'), 'aria-multiselectable': 'true' })
  const empty = el('p', 'dim', {}, t('noTracks'))
  /** @type {Map<number, Row>} */
  const rows = new Map()
  /** @type {unknown} */
  let shown = null
  /** @type {unknown} */
  let chosen = null
  /** @type {unknown} */
  let wasShown = null
  const update = () => {
    const { document, selection } = model
    if (shown !== document) {
      shown = document
      for (const [id, row] of rows) {
        if (document.tracks.some((track) => track.id === id)) continue
        row.element.remove()
        rows.delete(id)
      }
      const wanted = document.tracks.map((track, place) => {
        const row = rows.get(track.id) ?? makeRow(model, track.id)
        rows.set(track.id, row)
        row.show(track, place)
        return row.element
      })
      wanted.reverse()
      if (wanted.some((element, i) => list.children[i] !== element)) list.replaceChildren(...wanted)
      toggleClass(empty, 'gone', wanted.length > 0)
    }
    if (chosen === selection && wasShown === document) return
    chosen = selection
    wasShown = document
    for (const [id, row] of rows) row.choose(selection.has(id))
  }
  const file = el('input', 'gone', { type: 'file', accept: '.json,.txt,application/json' })
  file.addEventListener('change', async () => {
    const [chosenFile] = file.files ?? []
    if (chosenFile) await addFile(model, chosenFile)
    file.value = ''
  })
  const load = iconButton('load', t('addFile'), () => file.click(), 'small')
  const save = iconButton('save', t('saveFile'), () => download(model, 'trajectory.json'), 'small')
  const title = el('div', 'group title', {}, el('span', 'label', {}, t('tracks')), load, save, file)
  return { element: el('div', 'tracks', {}, title, empty, list), update }
}

/**
 * @param {Model} model
 * @param {number} id
 */
function makeRow(model, id) {
  const color = el('input', 'swatch', { type: 'color', 'aria-label': t('recolour'), title: t('recolour') })
  const name = el('input', 'name', {
    type: 'text',
    'aria-label': t('rename'),
    maxlength: MAX_NAME_CHARACTERS,
    spellcheck: 'false',
  })
  /** @type {EditorTrack | null} */
  let now = null
  const set = (/** @type {Parameters<typeof setFields>[2]} */ fields, merge = '') =>
    model.edit(setFields(model.document, [id], fields), model.selection, merge && `${merge}:${id}`)
  const eye = iconButton('eye', t('hide'), () => set({ hidden: !now?.hidden }), 'small')
  const lock = iconButton('unlock', t('lock'), () => set({ locked: !now?.locked }), 'small')
  const move = (/** @type {number} */ step) => {
    const place = model.document.tracks.findIndex((track) => track.id === id)
    model.edit(reorderTrack(model.document, id, place + step))
  }
  const up = iconButton('up', t('up'), () => move(1), 'small more')
  const down = iconButton('down', t('down'), () => move(-1), 'small more')
  const bin = iconButton('trash', t('delete'), () => model.edit(removeTracks(model.document, [id])), 'small more')
  const element = el('div', 'row', { role: 'option', tabindex: 0 }, color, name, up, down, bin, eye, lock)
  const choose = (/** @type {MouseEvent | KeyboardEvent | FocusEvent} */ event) => {
    const many = 'shiftKey' in event && (event.shiftKey || event.ctrlKey || event.metaKey)
    model.choose(many ? toggleTrack(model.selection, id) : selectTracks([id]))
  }
  element.addEventListener('click', (event) => {
    if (event.target === element) choose(event)
  })
  element.addEventListener('keydown', (event) => {
    if (event.target !== element) return
    if (event.key === 'Enter' || event.key === ' ') choose(event)
    else if (event.key === 'F2') name.focus()
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
    if (!model.selection.has(id)) model.choose(selectTracks([id]))
  })
  name.addEventListener('change', () => set({ name: name.value.trim() }))
  name.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.stopPropagation()
    name.blur()
    element.focus()
  })
  let shownPlace = -1
  const show = (/** @type {EditorTrack} */ track, /** @type {number} */ place) => {
    if (track === now && place === shownPlace) return
    shownPlace = place
    const label = nameOf(model.document, track)
    element.setAttribute('aria-label', label)
    color.value = colorOf(track)
    name.placeholder = label
    if (document.activeElement !== name) name.value = track.name
    if (now?.hidden !== track.hidden)
      relabel(eye, track.hidden ? 'eyeOff' : 'eye', track.hidden ? t('show') : t('hide'))
    if (now?.locked !== track.locked)
      relabel(lock, track.locked ? 'lock' : 'unlock', track.locked ? t('unlock') : t('lock'))
    bin.disabled = track.locked
    toggleClass(element, 'off', track.hidden)
    toggleClass(eye, 'on', track.hidden)
    toggleClass(lock, 'on', track.locked)
    now = track
  }
  return { element, show, choose: (/** @type {boolean} */ on) => element.setAttribute('aria-selected', String(on)) }
}
