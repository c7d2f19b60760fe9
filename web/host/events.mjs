// Which keys and touches on an editor the host gets, and which it must not.

import { comfy } from './app.mjs'

/**
 * The frontend takes Ctrl+Z at the window before the editor gets it, and looks at the key only a frame later. So a key
 * that the editor has used is made to look like a lone Control by then, which the frontend ignores.
 * @param {KeyboardEvent} event
 */
export function hideFromHost(event) {
  if (!event.ctrlKey && !event.metaKey) return
  Object.defineProperty(event, 'key', { value: 'Control' })
}

/** Keys with Ctrl for the workflow as a whole, which do nothing to its nodes: run, save, open, settings. */
const HOST_KEYS = ['Enter', 's', 'o', ',']

/**
 * Whether a key that the editor has no use for goes on to the host, which takes none while a dialog is open: there the
 * run is started from here, and the rest is left out, as the host's own dialogs would open below.
 * @param {KeyboardEvent} event
 * @param {boolean} isLarge
 */
export function isForHost(event, isLarge) {
  const { key, target } = event
  if (!(event.ctrlKey || event.metaKey) || !HOST_KEYS.includes(key.length > 1 ? key : key.toLowerCase())) return false
  if (target instanceof HTMLInputElement) {
    target.blur() // what is being typed counts
    target.focus({ preventScroll: true })
  }
  if (!isLarge) return true
  event.preventDefault() // nor is it the browser's
  const command = event.altKey ? 'Comfy.Interrupt' : event.shiftKey ? 'Comfy.QueuePromptFront' : 'Comfy.QueuePrompt'
  if (key === 'Enter') void comfy().app.extensionManager?.command?.execute?.(command)
  return false
}

/** The host zooms the graph by two fingers wherever they are; on an editor they are the editor's, or its panels'. */
export function keepTouches() {
  for (const name of ['touchstart', 'touchmove', 'touchend', 'touchcancel']) {
    // At the window, as the host listens before the elements under the finger get it.
    window.addEventListener(name, ignoreTouch, { capture: true, passive: true })
  }
}

/** @param {Event} event */
function ignoreTouch(event) {
  if (event.target instanceof Element && event.target.closest('.tora-editor')) event.stopPropagation()
}
