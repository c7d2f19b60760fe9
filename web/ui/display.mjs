// What is drawn on, opacities, grid and snapping: how the drawing area looks, saved but no step of undo.

import { choiceField, el, iconButton, labelled, numberField, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./importer.mjs').Importer} Importer */
/** @typedef {import('../editor/document/settings.mjs').Settings} Settings */
/** @typedef {(settings: Settings) => void} Show */

/**
 * @param {Model} model
 * @param {Importer} importer
 */
export function makeDisplay(model, importer) {
  /** @type {Show[]} */
  const shows = []
  const check = (/** @type {'snapCenter' | 'snapEdges' | 'snapPoints' | 'snapGrid'} */ key) => {
    const input = el('input', 'check', { type: 'checkbox' })
    input.addEventListener('change', () =>
      model.set({ [key]: input.checked, ...(key === 'snapGrid' && { gridShown: input.checked }) }),
    )
    shows.push((settings) => void (input.checked = settings[key]))
    return el('label', 'choice', {}, input, t(key))
  }
  const grid = numberField({ label: t('gridPx'), min: 1, max: 1024 }, (gridPx) => model.set({ gridPx }))
  shows.push((settings) => grid.show(settings.gridPx))
  const snaps = /** @type {const} */ (['snapCenter', 'snapEdges', 'snapPoints', 'snapGrid'])
  const element = el(
    'div',
    'popup gone',
    { role: 'group', 'aria-label': t('display') },
    ...background(model, importer, shows),
    slider(model, 'flowOpacity', shows),
    el('span', 'label', {}, t('snapping')),
    el('div', 'group wrap', {}, ...snaps.map(check)),
    labelled(t('gridPx'), grid),
  )
  let open = false
  return {
    element,
    /** @param {boolean} [to] */
    toggle: (to = !open) => {
      open = to
      toggleClass(element, 'gone', !open)
    },
    isOpen: () => open,
    update: () => {
      if (open) for (const show of shows) show(model.settings)
    },
  }
}

/**
 * @param {Model} model
 * @param {Importer} importer
 * @param {Show[]} shows
 */
function background(model, importer, shows) {
  const input = el('input', 'gone', { type: 'file', accept: 'image/*,video/*', 'aria-label': t('chooseBackground') })
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    void importer.addFiles(files)
  })
  const browse = iconButton('picture', t('chooseBackground'), () => input.click())
  const sources = /** @type {const} */ (['input', 'result', 'file', 'none'])
  const source = choiceField(
    t('background'),
    sources.map((name) => [name, t(`background.${name}`)]),
    (backgroundSource) => {
      model.set({ backgroundSource })
      if (backgroundSource === 'file' && model.settings.background === null) input.click()
    },
  )
  const fits = /** @type {const} */ (['crop', 'fit', 'fill'])
  const fit = choiceField(
    t('backgroundFit'),
    fits.map((name) => [name, t(`fit.${name}`)]),
    (backgroundFit) => model.set({ backgroundFit }),
  )
  const none = el('p', 'dim', { role: 'status' })
  shows.push(
    ({ backgroundSource }) => void (source.value = backgroundSource),
    ({ backgroundFit }) => void (fit.value = backgroundFit),
    ({ backgroundSource }) => {
      toggleClass(none, 'gone', model.hasPicture || backgroundSource === 'none')
      if (backgroundSource !== 'none') none.textContent = t(`empty.${backgroundSource}`)
    },
  )
  return [
    input,
    labelled(t('background'), el('span', 'group', {}, source, browse)),
    none,
    labelled(t('backgroundFit'), fit),
    slider(model, 'backgroundOpacity', shows),
  ]
}

/**
 * @param {Model} model
 * @param {'flowOpacity' | 'backgroundOpacity'} key
 * @param {Show[]} shows
 */
function slider(model, key, shows) {
  const input = el('input', 'range', { type: 'range', min: 0, max: 100, 'aria-label': t(key) })
  input.addEventListener('input', () => model.set({ [key]: input.valueAsNumber / 100 }))
  shows.push((settings) => void (input.value = String(Math.round(settings[key] * 100))))
  return labelled(t(key), input)
}
