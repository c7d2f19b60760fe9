// The list of tracks, the top one first as it lies on top of the others; the camera is one row.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { moveInList, rowsOf } from '../editor/edit/order.mjs'
import { chooseCamera } from './camera_actions.mjs'
import { el, iconButton, press, toggleClass } from './dom.mjs'
import { withKey } from './keys.mjs'
import { t } from './strings.mjs'
import { makeRow } from './track_row.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {ReturnType<typeof makeRow>} Row */

/** The camera's row. Ids of tracks begin at 1. */
const CAMERA = 0

/** @param {Model} model */
export function makeTrackList(model) {
  const list = el('div', 'list', { role: 'grid', 'aria-label': t('tracks'), 'aria-multiselectable': 'true' })
  const empty = el('p', 'dim', {}, t('noTracks'))
  const camera = iconButton('camera', withKey('chooseCamera'), () => chooseCamera(model), 'small')
  /** @type {Map<number, Row>} by track id, or CAMERA */
  const rows = new Map()
  /** @type {unknown} */
  let shown = null
  /** @type {unknown} */
  let chosen = null
  const update = () => {
    const { document, selection } = model
    const isNew = shown !== document
    if (isNew) {
      shown = document
      const all = rowsOf(document).map((tracks) => ({
        tracks,
        key: isCameraTrack(document, tracks[0].id) ? CAMERA : tracks[0].id,
      }))
      const keys = new Set(all.map(({ key }) => key))
      for (const [key, row] of rows) {
        if (keys.has(key)) continue
        row.element.remove()
        rows.delete(key)
      }
      const wanted = all.reverse().map(({ tracks, key }) => {
        const row = rows.get(key) ?? makeRow(model, key === CAMERA)
        rows.set(key, row)
        row.show(tracks)
        return row.element
      })
      inOrder(list, wanted)
      toggleClass(empty, 'gone', wanted.length > 0)
      press(camera, document.camera !== null)
    }
    if (chosen === selection && !isNew) return
    chosen = selection
    for (const row of rows.values()) row.choose(selection.has(row.id))
  }
  dragRows(model, list, (target) => [...rows.values()].find((row) => row.handle.contains(target)) ?? null)
  const title = el('div', 'group title', {}, el('span', 'label', {}, t('tracks')), camera)
  return { element: el('div', 'tracks', {}, title, empty, list), update }
}

/**
 * The elements as children, in this order; what has the focus keeps it.
 * @param {HTMLElement} parent
 * @param {readonly HTMLElement[]} wanted
 */
function inOrder(parent, wanted) {
  const focused = document.activeElement
  wanted.forEach((element, i) => {
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null)
  })
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true })
  }
}

/**
 * Rows are dragged by their handles to another place.
 * @param {Model} model
 * @param {HTMLElement} list
 * @param {(target: Node) => Row | null} rowOf
 */
function dragRows(model, list, rowOf) {
  /** @type {{ base: Model['document'], row: Row, from: number } | null} */
  let drag = null
  /** @param {number} y @returns {number} the row there, from the top */
  const placeAt = (y) => [...list.children].filter((row) => row.getBoundingClientRect().bottom < y).length
  const stop = () => {
    if (drag === null) return
    toggleClass(drag.row.element, 'dragged', false)
    drag = null
    model.cancel()
  }
  list.addEventListener('pointerdown', (event) => {
    const row = event.target instanceof Node ? rowOf(event.target) : null
    if (!row || event.button !== 0) return
    event.preventDefault()
    list.setPointerCapture(event.pointerId)
    drag = { base: model.committed, row, from: [...list.children].indexOf(row.element) }
    toggleClass(row.element, 'dragged', true)
    row.element.focus({ preventScroll: true })
  })
  list.addEventListener('pointermove', (event) => {
    if (drag === null) return
    const up = drag.from - Math.min(placeAt(event.clientY), list.children.length - 1)
    model.show(moveInList(drag.base, drag.row.id, up))
  })
  list.addEventListener('pointerup', () => {
    if (drag === null) return
    toggleClass(drag.row.element, 'dragged', false)
    drag = null
    if (model.inGesture) model.edit(model.document)
  })
  list.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || drag === null) return
    event.preventDefault()
    event.stopPropagation()
    stop()
  })
  list.addEventListener('pointercancel', stop)
}
