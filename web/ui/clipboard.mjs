// Tracks as text: copy, cut and paste between editors and with other programs, and files dropped on the editor.

import { loadState } from '../editor/document/load.mjs'
import { writeTrajectory } from '../editor/document/write.mjs'
import { setCanvas } from '../editor/edit/canvas.mjs'
import { selectTracks } from '../editor/edit/selection.mjs'
import { addTracks } from '../editor/edit/tracks.mjs'
import { EditorError } from '../editor/base/checks.mjs'
import { MAX_BYTES } from '../editor/base/limits.mjs'
import * as actions from './actions.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/**
 * @param {Model} model
 * @param {boolean} all or the chosen tracks only
 * @returns {string} Trajectory JSON
 */
export function textOf(model, all) {
  const { document, selection } = model
  const tracks = all ? document.tracks : document.tracks.filter((track) => selection.has(track.id))
  return JSON.stringify(writeTrajectory({ ...document, tracks }), null, 1)
}

/**
 * Add the tracks of a text, scaled to this canvas.
 * @param {Model} model
 * @param {string} text
 * @returns {boolean} whether there was a drawing in it; else the user is told
 */
export function addText(model, text) {
  try {
    const loaded = loadState(text, model.document)
    if (loaded.untouched) throw new EditorError(loaded.problems[0].place, loaded.problems[0].reason)
    const scaled = setCanvas(loaded.document, model.document)
    const drafts = scaled.tracks.map(({ id: _id, hidden: _hidden, locked: _locked, ...track }) => track)
    const { document, ids } = addTracks(model.document, drafts)
    model.edit(document, selectTracks(ids))
    model.become({ message: t('pasted', { count: ids.length }), tool: 'select' })
    return true
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    model.become({ message: t('importFailed', { reason: error.message }) })
    return false
  }
}

/**
 * @param {Model} model
 * @param {File} file
 */
export async function addFile(model, file) {
  if (file.size <= MAX_BYTES) return void addText(model, await file.text())
  model.become({ message: t('importFailed', { reason: `${file.size} > ${MAX_BYTES} bytes.` }) })
}

/**
 * @param {HTMLElement} element
 * @param {Model} model
 * @returns {() => void}
 */
export function attachClipboard(element, model) {
  const inField = (/** @type {Event} */ event) =>
    event.target instanceof HTMLElement && event.target.matches('input, textarea')
  /** @type {(event: ClipboardEvent) => void} */
  const onClipboard = (event) => {
    const active = document.activeElement
    if (!active || !element.contains(active) || inField(event) || active.matches('input, textarea')) return
    // The page's own handler would copy or paste nodes.
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.type === 'paste') {
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (text.trim()) addText(model, text)
      return
    }
    if (model.selection.size === 0) return
    event.clipboardData?.setData('text/plain', textOf(model, false))
    model.become({ message: t('copied', { count: model.selection.size }) })
    if (event.type === 'cut') {
      model.choose(selectTracks(model.selection.keys()))
      actions.remove(model)
    }
  }
  // At the window, before the page sees it: without a selected text the event need not come by the focused element.
  const names = /** @type {const} */ (['copy', 'cut', 'paste'])
  for (const name of names) window.addEventListener(name, onClipboard, true)
  element.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.stopPropagation()
  })
  element.addEventListener('drop', async (event) => {
    const file = event.dataTransfer?.files[0]
    if (!file) return
    event.preventDefault()
    event.stopPropagation()
    await addFile(model, file)
  })
  return () => {
    for (const name of names) window.removeEventListener(name, onClipboard, true)
  }
}

/**
 * @param {Model} model
 * @param {string} name
 */
export function download(model, name) {
  const address = URL.createObjectURL(new Blob([textOf(model, true)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
