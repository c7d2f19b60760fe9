// The large view: the same editor moved into a dialog over the page, and back.

import { el, textButton, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/**
 * @param {HTMLElement} body the editor
 * @param {() => void} onChange
 */
export function makeLarge(body, onChange) {
  const back = textButton(t('small'), () => toggle(false))
  const note = el('div', 'elsewhere gone', {}, el('p', '', {}, t('elsewhere')), back)
  const holder = el('div', 'holder', { 'data-capture-wheel': 'true' }, body, note)
  /** @type {HTMLDialogElement | null} */
  let dialog = null
  const toggle = (to = dialog === null) => {
    if (to === (dialog !== null)) return false
    if (to) {
      dialog = el('dialog', 'large', { 'aria-label': t('editor') }, body)
      document.body.append(dialog)
      dialog.addEventListener('cancel', (event) => event.preventDefault()) // Escape is the editor's to judge
      dialog.addEventListener('close', () => toggle(false))
      dialog.showModal()
    } else {
      const old = dialog
      dialog = null
      holder.prepend(body)
      old?.remove()
    }
    toggleClass(note, 'gone', dialog === null)
    body.querySelector('canvas')?.focus({ preventScroll: true })
    onChange()
    return true
  }
  return { holder, toggle, isOpen: () => dialog !== null }
}
