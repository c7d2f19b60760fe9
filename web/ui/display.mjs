// Opacities, grid and snapping: how the drawing area looks, saved but no step of undo.

import { el, labelled, numberField, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/document/settings.mjs').Settings} Settings */

/** @param {Model} model */
export function makeDisplay(model) {
  /** @type {((settings: Settings) => void)[]} */
  const shows = []
  const slider = (/** @type {'flowOpacity' | 'backgroundOpacity'} */ key) => {
    const input = el('input', 'range', { type: 'range', min: 0, max: 100, 'aria-label': t(key) })
    input.addEventListener('input', () => model.set({ [key]: input.valueAsNumber / 100 }))
    shows.push((settings) => void (input.value = String(Math.round(settings[key] * 100))))
    return labelled(t(key), input)
  }
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
    slider('flowOpacity'),
    slider('backgroundOpacity'),
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
