// Copy, cut and paste of tracks as text, and whatever is dropped on the editor.

import { writeTrajectory } from '../editor/document/write.mjs'
import { selectTracks } from '../editor/edit/selection.mjs'
import * as actions from './actions.mjs'
import { el, toggleClass } from './dom.mjs'
import { filesOf } from './dropped.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./importer.mjs').Importer} Importer */

/**
 * @param {Model} model
 * @returns {string} the chosen tracks as Trajectory JSON
 */
export function chosenText({ document, selection }) {
  const tracks = document.tracks.filter((track) => selection.has(track.id))
  return JSON.stringify(writeTrajectory({ ...document, tracks }), null, 1)
}

/**
 * @param {HTMLElement} element
 * @param {Model} model
 * @param {Importer} importer
 * @returns {() => void} ends it
 */
export function attachClipboard(element, model, importer) {
  const inField = (/** @type {EventTarget | null} */ target) =>
    target instanceof HTMLElement && target.matches('input, textarea')
  /** @type {(event: ClipboardEvent) => void} */
  const onClipboard = (event) => {
    const active = document.activeElement
    if (!active || !element.contains(active) || inField(event.target) || inField(active)) return
    // The page's own handler would copy or paste nodes.
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.type === 'paste') {
      void importer.addPasted(event.clipboardData?.getData('text/plain') ?? '', [...(event.clipboardData?.files ?? [])])
      return
    }
    if (model.selection.size === 0) return
    event.clipboardData?.setData('text/plain', chosenText(model))
    model.become({ message: t('copied', { count: model.selection.size }) })
    if (event.type === 'cut') {
      model.choose(selectTracks(model.selection.keys()))
      actions.remove(model)
    }
  }
  // At the window, before the page sees it: without a selected text the event need not come by the focused element.
  const names = /** @type {const} */ (['copy', 'cut', 'paste'])
  for (const name of names) window.addEventListener(name, onClipboard, true)
  return () => {
    for (const name of names) window.removeEventListener(name, onClipboard, true)
  }
}

/** What pages drag about within themselves, such as a node of the library that is to lie here. */
const WITHIN_PAGE = 'application/vnd.pdnd'

/** A sign that nothing hovers any more, where the browser does not tell that it left: ms. */
const GONE_MS = 250

/**
 * Takes what is dropped on the editor, so that it never reaches the page, which would open it as a workflow.
 * @param {HTMLElement} element
 * @param {Importer} importer
 * @returns {HTMLElement} a sign to be shown over the editor
 */
export function acceptDrops(element, importer) {
  const sign = el('div', 'drop gone', { 'aria-hidden': 'true' }, el('span', '', {}, t('dropHere')))
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const hide = () => {
    clearTimeout(timer)
    toggleClass(sign, 'gone', true)
  }
  /** @type {(event: DragEvent) => boolean} */
  const isOurs = ({ dataTransfer }) => {
    const types = dataTransfer?.types ?? []
    if (types.includes(WITHIN_PAGE)) return false
    return types.includes('Files') || types.includes('text/plain') || types.includes('text/uri-list')
  }
  element.addEventListener('dragover', (event) => {
    if (!isOurs(event)) return
    event.preventDefault()
    event.stopPropagation()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
    toggleClass(sign, 'gone', false)
    clearTimeout(timer)
    timer = setTimeout(hide, GONE_MS)
  })
  element.addEventListener('drop', async (event) => {
    hide()
    const dropped = event.dataTransfer
    if (!dropped || !isOurs(event)) return
    event.preventDefault()
    event.stopPropagation()
    const text = dropped.getData('text/plain')
    const files = await filesOf(dropped)
    if (files.length > 0) await importer.addFiles(files)
    else await importer.addText(text)
  })
  return sign
}
