// The whole editor, in any page: an element, a value in and out. Nothing here knows ComfyUI.

import { el, toggleClass } from './dom.mjs'
import { Backdrop } from './backdrop.mjs'
import { makeDisplay } from './display.mjs'
import { makeFiles } from './files.mjs'
import { makeHelp } from './help.mjs'
import { makeImportPanel } from './import_panel.mjs'
import { Importer } from './importer.mjs'
import { keepFocus } from './keep_focus.mjs'
import { onKey } from './keys.mjs'
import { makeLarge } from './large.mjs'
import { Model } from './model.mjs'
import { makeProperties } from './properties.mjs'
import { makeMessage, makeNotes, makeProblems, makeStatus } from './status.mjs'
import { Surface } from './surface.mjs'
import { languageTag, t } from './strings.mjs'
import { makePlayer, makeTimeline } from './timeline.mjs'
import { makeToolbar } from './toolbar.mjs'
import { makeTrackList } from './track_list.mjs'
import { acceptDrops, attachClipboard } from './clipboard.mjs'
import { ReadError } from './reading.mjs'

/** @typedef {import('./model.mjs').Session} Session */
/** @typedef {import('../editor/base/types.mjs').Canvas} Canvas */

/** @typedef {import('../editor/document/settings.mjs').FileReference} FileReference */

/**
 * onKeyTaken: a key that the editor used; the host may have to be kept from it as well. isForHost: whether one that it
 * has no use for goes on to the host. formats: what reads and writes other programs' files. keep: puts a picture or
 * video where the host finds it again, or throws ReadError; addressOf:
 * where the page finds what was kept.
 * @typedef {import('./surface.mjs').HostPointers & {
 *   onEdit?: () => void, onKeyTaken?: (event: KeyboardEvent) => void,
 *   isForHost?: (event: KeyboardEvent, isLarge: boolean) => boolean, formats?: import('./reading.mjs').Formats,
 *   keep?: (file: File) => Promise<FileReference>, addressOf?: (file: FileReference) => string,
 * }} Host
 */

const STYLES = ['base', 'area', 'panel', 'timeline', 'told', 'large']

/** The stylesheets are asked for as soon as anybody makes an editor; in this order, as later ones win. */
export function addStyles() {
  for (const name of STYLES) {
    const href = new URL(`./styles/${name}.css`, import.meta.url).href
    if (document.querySelector(`link[href="${href}"]`)) continue
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }))
  }
}

/**
 * @param {unknown} [value] a saved drawing
 * @param {Host} [host]
 */
export function makeEditor(value = null, host = {}) {
  addStyles()
  const model = new Model(value)
  const surface = new Surface(model, host)
  const named = { role: 'group', 'aria-label': t('editor'), lang: languageTag() }
  const body = el('div', 'editor', { 'data-capture-wheel': 'true', ...named })
  const large = makeLarge(body, () => model.changed())
  const backdrop = new Backdrop(model, (file) => host.addressOf?.(file) ?? null)
  const importer = new Importer(model, host.formats ?? null, (file) => drawOn(file, { model, backdrop, host }))
  const display = makeDisplay(model, importer)
  const files = makeFiles(model, importer)
  const help = makeHelp()
  const notes = makeNotes(model)
  const popups = [display, files, help, notes]
  const context = {
    model,
    surface,
    toggleLarge: () => large.toggle(),
    togglePanel: () => model.become({ opened: !model.opened }),
    toggleHelp: () => toggle(help),
    toggleFiles: () => toggle(files),
    closePopups: () => {
      const open = popups.filter((popup) => popup.isOpen())
      if (open.length === 0 && !importer.close()) return false
      for (const popup of open) popup.toggle(false)
      surface.canvas.focus({ preventScroll: true })
      return true
    },
    closeLarge: () => large.toggle(false),
  }
  /** @param {typeof popups[number]} wanted to be opened or closed; there is room for one */
  const toggle = (wanted) => {
    for (const popup of popups) if (popup !== wanted) popup.toggle(false)
    if (importer.shown?.kind === 'report') importer.close()
    wanted.toggle()
    model.changed()
  }
  const toggles = { display: () => toggle(display), isLarge: large.isOpen, canBeLarge: true }
  const toolbar = makeToolbar(context, toggles)
  const timeline = makeTimeline(model)
  const play = makePlayer(model)
  const list = makeTrackList(model)
  const properties = makeProperties(model)
  const status = makeStatus(
    model,
    () => surface.hover,
    () => toggle(notes),
  )
  const imported = makeImportPanel(importer)
  const problems = makeProblems(model)
  const message = makeMessage(model)
  const hint = el('div', 'hint', { 'aria-hidden': 'true' }, t('hint'))
  const over = [display, files, help, imported, notes, message].map((part) => part.element)
  const area = el('div', 'area', {}, surface.canvas, hint, ...over, acceptDrops(body, importer))
  const panel = el('div', 'panel', {}, list.element, properties.element)
  body.append(toolbar.element, problems.element, el('div', 'middle', {}, area, panel), timeline.element, status.element)
  const lookForFocus = keepFocus(body, surface.canvas)
  const update = () => {
    toggleClass(body, 'opened', model.opened)
    toggleClass(hint, 'gone', model.document.tracks.length > 0 || model.inGesture || surface.isBusy)
    surface.setBackground(backdrop.shown())
    surface.draw()
    for (const part of [toolbar, display, timeline, status, notes, problems, message, imported]) part.update()
    if (model.opened) for (const part of [list, properties]) part.update()
    lookForFocus()
    play()
  }
  const stopListening = model.listen(update)
  body.addEventListener('keydown', (event) => {
    if (onKey(event, context)) {
      event.preventDefault()
      host.onKeyTaken?.(event)
      return event.stopPropagation()
    }
    // Else it is not for the graph below: Delete must never delete the node.
    if (!host.isForHost?.(event, large.isOpen())) event.stopPropagation()
  })
  body.addEventListener('contextmenu', (event) => {
    if (event.target instanceof HTMLElement && event.target.matches('input')) return
    event.preventDefault()
    event.stopPropagation()
  })
  const stopClipboard = attachClipboard(body, model, importer)
  model.onEdit = () => host.onEdit?.()
  update()
  return {
    element: large.holder,
    model,
    surface,
    large,
    importer,
    /** @param {import('./backdrop.mjs').Offer} offer what there is to draw on */
    offer: (offer) => backdrop.offer(offer),
    end: () => {
      stopListening()
      importer.close()
      backdrop.end()
      stopClipboard()
      large.toggle(false)
      model.become({ playing: false })
      surface.end()
    },
  }
}

/**
 * A picture or video of the user's to draw on: by reference, so it is kept where the host finds it again.
 * @param {File} file
 * @param {{ model: Model, backdrop: Backdrop, host: Host }} editor
 */
async function drawOn(file, { model, backdrop, host }) {
  const { name: filename } = file
  try {
    const reference = await (host.keep?.(file) ?? { filename, subfolder: '', type: /** @type {const} */ ('temp') })
    backdrop.choose(reference, host.addressOf?.(reference) ?? URL.createObjectURL(file))
  } catch (error) {
    if (!(error instanceof ReadError)) throw error
    model.become({ message: t('importFailed', { name: filename, reason: error.message }) })
  }
}
