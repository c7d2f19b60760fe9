// What the importer has to say, over a corner of the drawing area: it holds nobody up.

import { choiceField, el, icon, iconButton, labelled, textButton, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./importer.mjs').Importer} Importer */
/** @typedef {import('./importer.mjs').Shown} Shown */
/** @typedef {import('./importer.mjs').Found} Found */
/** @typedef {import('./reading.mjs').KnownFormat} KnownFormat */

/** @param {Importer} importer */
export function makeImportPanel(importer) {
  const element = el('div', 'popup import gone', { role: 'status', 'aria-live': 'polite' })
  /** @type {Shown | null} */
  let shown = null
  /** @type {readonly KnownFormat[]} */
  let formats = []
  const update = () => {
    if (importer.shown === shown) return
    shown = importer.shown
    toggleClass(element, 'gone', shown === null)
    toggleClass(element, 'busy', shown?.kind === 'busy')
    element.replaceChildren(...(shown ? contentOf(shown) : []))
    if (shown?.kind !== 'question') return
    const first = /** @type {HTMLElement | null} */ (element.querySelector('.tora-choices button'))
    first?.focus({ preventScroll: true })
  }
  const close = () => iconButton('close', t('close'), () => void importer.close(), 'corner small')
  /** @param {Shown} state */
  const contentOf = (state) => {
    if (state.kind === 'busy') return [el('p', 'dim', {}, t('reading'))]
    if (state.kind === 'report') {
      return [close(), ...state.found.flatMap(foundContent), ...state.failed.flatMap(failedContent)]
    }
    const choices = state.formats.map(({ name, title }) => textButton(title, () => state.answer(name), name))
    return [
      close(),
      el('strong', '', {}, t('whichFormat', { name: state.name })),
      el('p', 'dim', { title: state.reason }, t('severalFit')),
      el('div', 'choices', { role: 'group', 'aria-label': t('whichFormat', { name: state.name }) }, ...choices),
    ]
  }
  /** @param {Found} found */
  const foundContent = (found) => {
    const { name, count, title, reason, notes } = found
    return [
      el('strong', '', {}, t(count > 0 ? 'imported' : 'importedNone', { name, count })),
      title && el('p', '', {}, title, reason && el('span', 'dim', {}, ` \u2013 ${reason}`)),
      notes.length > 0 && el('ul', 'notes', {}, ...notes.map((note) => el('li', '', {}, note))),
      found.again && againField(found, found.again),
    ].filter((part) => part !== false && part !== null && part !== '')
  }
  /**
   * @param {Found} found
   * @param {(format: string) => void} again
   */
  const againField = ({ format }, again) => {
    const place = el('div')
    const fill = () => {
      const readable = formats.filter(({ reads }) => reads)
      const choices = readable.map(({ name, title }) => /** @type {const} */ ([name, title]))
      const field = choiceField(t('readAs'), choices, again)
      field.value = format
      place.replaceChildren(labelled(t('readAs'), field))
    }
    if (formats.length > 0) fill()
    else
      void importer.formats?.formats().then(
        (known) => ((formats = known), fill()),
        () => {},
      )
    return place
  }
  return { element, update }
}

/** @param {import('./importer.mjs').Failed} failed */
function failedContent({ name, reason }) {
  return [el('p', 'failed', {}, icon('warning'), el('span', '', {}, name && el('strong', '', {}, `${name}: `), reason))]
}
