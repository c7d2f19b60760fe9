// An easing: a name, or a curve with two handles to drag.

import { easingHandles } from '../editor/time/easing.mjs'
import { EASING_NAMES } from '../editor/base/limits.mjs'
import { clamp } from '../editor/base/geometry.mjs'
import { choiceField, el, labelled } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('../editor/base/types.mjs').Easing} Easing */
/** @typedef {import('../editor/base/types.mjs').EasingHandles} EasingHandles */

/**
 * shown: while a handle is dragged. done: the end of a gesture, one step of undo; steps of one `merge` may be joined.
 * cancelled: the gesture is given up. null: none of its own.
 * @typedef {Readonly<{
 *   shown: (easing: Easing) => void, done: (easing: Easing | null, merge: string) => void, cancelled: () => void,
 * }>} EasingEdits
 */

const SVG = 'http://www.w3.org/2000/svg'
/** The box of the unit square in the picture; handles may overshoot into the margin. */
const SIZE = 100
const MARGIN = 20
const OVERSHOOT = MARGIN / SIZE
const KEY_STEP = 0.05
/** What an own curve starts as where there is none. @type {EasingHandles} */
const START = [0.42, 0, 0.58, 1]

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  return element
}

/**
 * @param {EasingEdits} edits
 * @param {Readonly<{ label?: string, inherited?: string }>} [options] inherited: the name of having none of its own
 */
export function makeEasing({ shown, done, cancelled }, { label = t('easing'), inherited = '' } = {}) {
  /** @type {(readonly [string, string])[]} */
  const choices = EASING_NAMES.map((name) => [name, t(`easing.${name}`)])
  if (inherited) choices.unshift(['inherited', inherited])
  const field = choiceField(label, [...choices, ['custom', t('easing.custom')]], (name) => {
    if (name === 'inherited') done(null, '')
    else done(name === 'custom' ? (easingHandles(now) ?? START) : /** @type {Easing} */ (name), '')
  })
  const curve = svg('path', { class: 'tora-easing-curve' })
  const arms = svg('path', { class: 'tora-easing-arms' })
  const knobs = [0, 1].map((i) =>
    svg('circle', {
      class: 'tora-easing-knob',
      r: 5,
      tabindex: 0,
      role: 'slider',
      'aria-label': `${label}: ${t(i === 0 ? 'easing.first' : 'easing.second')}`,
      'aria-valuemin': -OVERSHOOT,
      'aria-valuemax': 1 + OVERSHOOT,
    }),
  )
  const box = svg('rect', { class: 'tora-easing-box', x: 0, y: 0, width: SIZE, height: SIZE })
  const side = SIZE + 2 * MARGIN
  const picture = svg('svg', { class: 'tora-easing', viewBox: `${-MARGIN} ${-MARGIN} ${side} ${side}` })
  picture.append(box, arms, curve, ...knobs)
  /** @type {Easing} */
  let now = 'linear'
  let disabled = false
  /** @type {(knob: number, x: number, y: number) => Easing} */
  const withKnob = (knob, x, y) => {
    const handles = [...(easingHandles(now) ?? START)]
    handles[2 * knob] = Math.round(clamp(x, 0, 1) * 100) / 100
    handles[2 * knob + 1] = Math.round(clamp(y, -OVERSHOOT, 1 + OVERSHOOT) * 100) / 100
    const [x1, y1, x2, y2] = handles
    return [x1, y1, x2, y2]
  }
  knobs.forEach((knob, i) => {
    /** @type {Easing | null} */
    let dragged = null
    const giveUp = () => {
      if (dragged !== null) cancelled()
      dragged = null
    }
    knob.addEventListener('pointerdown', (event) => {
      if (!(event instanceof PointerEvent) || event.button !== 0 || disabled) return
      event.preventDefault()
      if (knob instanceof SVGElement) knob.focus({ preventScroll: true })
      knob.setPointerCapture(event.pointerId)
    })
    knob.addEventListener('pointermove', (event) => {
      if (!(event instanceof PointerEvent) || !knob.hasPointerCapture(event.pointerId)) return
      const { left, top, width, height } = box.getBoundingClientRect()
      dragged = withKnob(i, (event.clientX - left) / width, 1 - (event.clientY - top) / height)
      now = dragged
      shown(dragged)
      draw()
    })
    knob.addEventListener('pointerup', () => {
      if (dragged !== null) done(dragged, '')
      dragged = null
    })
    knob.addEventListener('pointercancel', giveUp)
    knob.addEventListener('lostpointercapture', giveUp)
    knob.addEventListener('keydown', (event) => {
      if (!(event instanceof KeyboardEvent)) return
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
      const handles = easingHandles(now)
      const escapes = event.key === 'Escape' && dragged !== null
      if (!escapes && (!step || !handles || disabled)) return
      event.preventDefault()
      event.stopPropagation()
      if (escapes) return giveUp()
      if (!step || !handles) return
      now = withKnob(i, handles[2 * i] + step[0] * KEY_STEP, handles[2 * i + 1] + step[1] * KEY_STEP)
      done(now, `easing${i}`)
      draw()
    })
  })
  const draw = () => {
    const handles = easingHandles(now)
    for (const part of [arms, ...knobs]) part.classList.toggle('tora-gone', handles === null)
    if (handles === null) return curve.setAttribute('d', `M0 ${SIZE}H${SIZE}V0`)
    const [x1, y1, x2, y2] = handles.map((value, i) => (i % 2 === 0 ? value : 1 - value) * SIZE)
    curve.setAttribute('d', `M0 ${SIZE}C${x1} ${y1} ${x2} ${y2} ${SIZE} 0`)
    arms.setAttribute('d', `M0 ${SIZE}L${x1} ${y1}M${SIZE} 0L${x2} ${y2}`)
    knobs.forEach((knob, i) => {
      knob.setAttribute('cx', String(i === 0 ? x1 : x2))
      knob.setAttribute('cy', String(i === 0 ? y1 : y2))
      knob.setAttribute('aria-valuenow', String(handles[2 * i + 1]))
      knob.setAttribute('aria-valuetext', `${handles[2 * i]}, ${handles[2 * i + 1]}`)
    })
  }
  const element = el('div', 'wide easing-field', {}, labelled(label, field))
  element.append(picture)
  return {
    element,
    /**
     * @param {Easing | null} easing null: none of its own
     * @param {Readonly<{ as?: Easing, locked?: boolean }>} [options] as: what runs where it has none of its own
     */
    show: (easing, { as = 'linear', locked = false } = {}) => {
      now = easing ?? as
      disabled = locked
      field.disabled = locked
      field.value = easing === null ? 'inherited' : typeof easing === 'string' ? easing : 'custom'
      picture.classList.toggle('tora-faint', easing === null || locked)
      draw()
    },
  }
}
