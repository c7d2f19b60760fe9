// Opening and saving files, over the drawing area.

import { choiceField, el, labelled, textButton, toggleClass } from './dom.mjs'
import { download, savedAs, savedFormats } from './exporter.mjs'
import { ReadError } from './reading.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./importer.mjs').Importer} Importer */
/** @typedef {import('./model.mjs').Model} Model */

/** What the dialog offers first; anything else can be chosen too. */
const ENDINGS = '.json,.txt,.csv,.tsv,.svg,.npz,.npy,.pt,.pth,image/*,video/*'

/**
 * @param {Model} model
 * @param {Importer} importer
 */
export function makeFiles(model, importer) {
  const input = el('input', 'gone', { type: 'file', multiple: true, accept: ENDINGS, 'aria-label': t('openFiles') })
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    toggle(false)
    void importer.addFiles(files)
  })
  const open = textButton(t('openFiles'), () => input.click())
  const save = textButton(t('save'), async () => {
    try {
      const saved = await savedAs(model, field.value, importer.formats)
      download(saved)
      told.replaceChildren(...saved.notes.map((note) => el('li', '', {}, note)))
    } catch (error) {
      if (!(error instanceof ReadError)) throw error
      told.replaceChildren(el('li', '', {}, error.message))
    }
  })
  const take = textButton('', () => {
    toggle(false)
    importer.takeWired()
  })
  const told = el('ul', 'notes', { role: 'status' })
  const field = choiceField(t('saveAs'), [], () => told.replaceChildren())
  const element = el(
    'div',
    'popup gone',
    { role: 'group', 'aria-label': t('files') },
    input,
    open,
    el('p', 'dim', {}, importer.formats ? t('openHelp') : t('openHelpAlone')),
    take,
    labelled(t('saveAs'), el('span', 'group', {}, field, save)),
    told,
  )
  let known = 0
  const fill = async () => {
    const wanted = await savedFormats(importer.formats).catch(() => savedFormats(null))
    if (wanted.length === known) return
    known = wanted.length
    const { value } = field
    field.replaceChildren(...wanted.map(({ name, title }) => el('option', '', { value: name }, title)))
    if (value) field.value = value
  }
  let isOpen = false
  const toggle = (to = !isOpen) => {
    isOpen = to
    toggleClass(element, 'gone', !isOpen)
    told.replaceChildren()
    if (!isOpen) return
    take.textContent = t('takeWired', { count: model.wired.length })
    toggleClass(take, 'gone', model.wired.length === 0)
    void fill()
    open.focus({ preventScroll: true })
  }
  return { element, toggle, isOpen: () => isOpen }
}
