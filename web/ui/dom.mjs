// Elements, in few words.

import { ICONS } from './icons.mjs'

/** @typedef {import('./icons.mjs').IconName} IconName */
/** @typedef {string | Node | null | undefined | false} Child */

/** @type {(name: string) => string} every class of the editor starts so, and no rule reaches beyond it */
const scoped = (name) =>
  name
    .split(' ')
    .map((part) => `tora-${part}`)
    .join(' ')

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className] without the prefix
 * @param {Record<string, string | number | boolean>} [attributes] true sets a bare one, false leaves it out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, className = '', attributes = {}, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = scoped(className)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/**
 * @param {Element} element
 * @param {string} name without the prefix
 * @param {boolean} on
 */
export function toggleClass(element, name, on) {
  element.classList.toggle(scoped(name), on)
}

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', scoped('icon'))
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', ICONS[name])
  svg.append(path)
  return svg
}

/**
 * @param {HTMLButtonElement} button
 * @param {IconName} name
 * @param {string} label
 */
export function relabel(button, name, label) {
  if (button.dataset.icon === name && button.title === label) return
  button.dataset.icon = name
  button.title = label
  button.setAttribute('aria-label', label)
  button.replaceChildren(icon(name))
}

/**
 * A button with an icon; its label is its tooltip and what a screen reader says.
 * @param {IconName} name
 * @param {string} label
 * @param {(event: MouseEvent) => void} onClick
 * @param {string} [className]
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, onClick, className = '') {
  const button = el('button', `button ${className}`.trim(), { type: 'button' })
  relabel(button, name, label)
  button.addEventListener('click', onClick)
  return button
}

/**
 * @param {string} label
 * @param {(event: MouseEvent) => void} onClick
 * @param {string} [title]
 * @returns {HTMLButtonElement}
 */
export function textButton(label, onClick, title = '') {
  const button = el('button', 'button text', { type: 'button', ...(title && { title }) }, label)
  button.addEventListener('click', onClick)
  return button
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} on
 */
export function press(button, on) {
  button.setAttribute('aria-pressed', String(on))
}

/**
 * A label with a field.
 * @param {string} label
 * @param {HTMLElement} field
 * @param {string} [title]
 * @returns {HTMLLabelElement}
 */
export function labelled(label, field, title = '') {
  return el('label', 'field', title ? { title } : {}, el('span', 'label', {}, label), field)
}

/**
 * @typedef {HTMLInputElement & { show: (value: number | null) => void }} NumberField
 */

/**
 * A number to type or to step; `onChange` gets legal numbers only, and what is not one is put back.
 * @param {{ label: string, min: number, max: number, step?: number, digits?: number, whole?: boolean }} options
 * @param {(value: number) => void} onChange
 * @returns {NumberField}
 */
export function numberField({ label, min, max, step = 1, digits = 0, whole = digits === 0 }, onChange) {
  const input = el('input', 'number', { type: 'number', min, max, step: whole ? step : 'any', 'aria-label': label })
  let shown = ''
  let typing = false
  // Told to the page as well: half-typed text has an undo of its own.
  const type = (/** @type {boolean} */ on) => {
    typing = on
    input.toggleAttribute('data-typing', on)
  }
  input.addEventListener('input', () => type(true))
  input.addEventListener('change', () => {
    type(false)
    const value = input.valueAsNumber
    if (Number.isFinite(value)) onChange(Math.min(Math.max(value, min), max))
    input.value = shown
  })
  if (!whole) {
    input.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
      event.preventDefault()
      type(false)
      const from = Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : min
      onChange(Math.min(Math.max(from + (event.key === 'ArrowUp' ? step : -step), min), max))
    })
  }
  return Object.assign(input, {
    show: (/** @type {number | null} */ value) => {
      shown = value === null ? '' : String(Number(value.toFixed(digits)))
      if (document.activeElement !== input) type(false)
      if (!typing) input.value = shown // what is being typed is the user's until it is done
    },
  })
}

/**
 * @template {string} T
 * @param {string} label
 * @param {readonly (readonly [value: T, text: string])[]} choices
 * @param {(value: T) => void} onChange
 * @returns {HTMLSelectElement}
 */
export function choiceField(label, choices, onChange) {
  const options = choices.map(([value, text]) => el('option', '', { value }, text))
  const select = el('select', 'select', { 'aria-label': label }, ...options)
  select.addEventListener('change', () => onChange(/** @type {T} */ (select.value)))
  return select
}
