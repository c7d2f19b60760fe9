// The whole editor, in any page: an element, a value in and out. Nothing here knows ComfyUI.

import { el, toggleClass } from './dom.mjs'
import { makeBackdrop } from './backdrop.mjs'
import { makeDisplay } from './display.mjs'
import { makeHelp } from './help.mjs'
import { onKey } from './keys.mjs'
import { makeLarge } from './large.mjs'
import { Model } from './model.mjs'
import { makeProperties } from './properties.mjs'
import { makeMessage, makeProblems, makeStatus } from './status.mjs'
import { Surface } from './surface.mjs'
import { t } from './strings.mjs'
import { makePlayer, makeTimeline } from './timeline.mjs'
import { makeToolbar } from './toolbar.mjs'
import { makeTrackList } from './track_list.mjs'
import { attachClipboard } from './clipboard.mjs'

/** @typedef {import('./model.mjs').Session} Session */
/** @typedef {import('../editor/base/types.mjs').Canvas} Canvas */

/**
 * onKeyTaken: a key that the editor used; the host may have to be kept from it as well.
 * @typedef {import('./surface.mjs').HostPointers & {
 *   onEdit?: () => void, onKeyTaken?: (event: KeyboardEvent) => void,
 * }} Host
 */

/** The stylesheet is asked for as soon as anybody imports the editor. */
export function addStyles() {
  const href = new URL('./editor.css', import.meta.url).href
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return
  if (document.querySelector(`link[href="${href}"]`)) return
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }))
}

/**
 * @param {unknown} [value] a saved drawing
 * @param {Host} [host]
 */
export function makeEditor(value = null, host = {}) {
  addStyles()
  const model = new Model(value)
  const surface = new Surface(model, host)
  const body = el('div', 'editor', { 'data-capture-wheel': 'true', role: 'group', 'aria-label': t('editor') })
  const large = makeLarge(body, () => model.changed())
  const display = makeDisplay(model)
  const help = makeHelp()
  const context = {
    model,
    surface,
    toggleLarge: () => large.toggle(),
    togglePanel: () => model.become({ opened: !model.opened }),
    toggleHelp: () => {
      display.toggle(false)
      help.toggle()
    },
    closePopups: () => {
      if (!help.isOpen() && !display.isOpen()) return false
      help.toggle(false)
      display.toggle(false)
      surface.canvas.focus({ preventScroll: true })
      return true
    },
    closeLarge: () => large.toggle(false),
  }
  const toggleDisplay = () => {
    help.toggle(false)
    display.toggle()
    model.changed()
  }
  const toolbar = makeToolbar(context, { display: toggleDisplay, isLarge: large.isOpen, canBeLarge: true })
  const timeline = makeTimeline(model)
  const play = makePlayer(model)
  const list = makeTrackList(model)
  const properties = makeProperties(model)
  const status = makeStatus(model, () => surface.hover)
  const problems = makeProblems(model)
  const message = makeMessage(model)
  const hint = el('div', 'hint', { 'aria-hidden': 'true' }, t('hint'))
  const area = el('div', 'area', {}, surface.canvas, hint, display.element, help.element, message.element)
  const panel = el('div', 'panel', {}, list.element, properties.element)
  body.append(toolbar.element, problems.element, el('div', 'middle', {}, area, panel), timeline.element, status.element)
  const update = () => {
    toggleClass(body, 'opened', model.opened)
    toggleClass(hint, 'gone', model.document.tracks.length > 0 || model.inGesture || surface.isBusy)
    surface.draw()
    for (const part of [toolbar, display, timeline, status, problems, message]) part.update()
    if (model.opened) for (const part of [list, properties]) part.update()
    play()
  }
  const stopListening = model.listen(update)
  body.addEventListener('keydown', (event) => {
    if (onKey(event, context)) {
      event.preventDefault()
      host.onKeyTaken?.(event)
    }
    // Whatever it was, it is not for the graph below: Delete must never delete the node.
    event.stopPropagation()
  })
  body.addEventListener('contextmenu', (event) => {
    if (event.target instanceof HTMLElement && event.target.matches('input')) return
    event.preventDefault()
    event.stopPropagation()
  })
  const backdrop = makeBackdrop(surface)
  const stopClipboard = attachClipboard(body, model)
  model.onEdit = () => host.onEdit?.()
  update()
  return {
    element: large.holder,
    model,
    surface,
    large,
    /** @param {string | null} address of a picture or video to draw on */
    showPicture: (address) => backdrop.show(address),
    end: () => {
      backdrop.show(null)
      stopListening()
      stopClipboard()
      large.toggle(false)
      model.become({ playing: false })
      surface.end()
    },
  }
}
