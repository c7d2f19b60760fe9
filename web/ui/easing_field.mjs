// The easing of a track: a name, or a curve with two handles to drag.

import { easingHandles } from '../editor/time/easing.mjs'
import { EASING_NAMES } from '../editor/base/limits.mjs'
import { clamp } from '../editor/base/geometry.mjs'
import { choiceField, el, labelled } from './dom.mjs'
import { t } from './strings.mjs'

/** @typedef {import('../editor/base/types.mjs').Easing} Easing */
/** @typedef {import('../editor/base/types.mjs').EasingHandles} EasingHandles */

const SVG = 'http://www.w3.org/2000/svg'
/** The box of the unit square in the picture; handles may overshoot into the margin. */
const SIZE = 100
const MARGIN = 20
const OVERSHOOT = MARGIN / SIZE
const KEY_STEP = 0.05

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
 * @param {(easing: Easing, merge: string) => void} onChange
 */
export function makeEasing(onChange) {
  /** @type {(readonly [string, string])[]} */
  const choices = EASING_NAMES.map((name) => [name, t(`easing.${name}`)])
  const field = choiceField(t('easing'), [...choices, ['custom', t('easing.custom')]], (name) =>
    onChange(name === 'custom' ? (easingHandles(now) ?? [0.42, 0, 0.58, 1]) : /** @type {Easing} */ (name), ''),
  )
  const curve = svg('path', { class: 'tora-easing-curve' })
  const arms = svg('path', { class: 'tora-easing-arms' })
  const knobs = [0, 1].map((i) =>
    svg('circle', {
      class: 'tora-easing-knob',
      r: 5,
      tabindex: 0,
      role: 'slider',
      'aria-label': t(i === 0 ? 'easing.first' : 'easing.second'),
    }),
  )
  const box = svg('rect', { class: 'tora-easing-box', x: 0, y: 0, width: SIZE, height: SIZE })
  const side = SIZE + 2 * MARGIN
  const picture = svg('svg', { class: 'tora-easing', viewBox: `${-MARGIN} ${-MARGIN} ${side} ${side}` })
  picture.append(box, arms, curve, ...knobs)
  /** @type {Easing} */
  let now = 'linear'
  const set = (
    /** @type {number} */ knob,
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {string} */ merge,
  ) => {
    const handles = [...(easingHandles(now) ?? [0.42, 0, 0.58, 1])]
    handles[2 * knob] = Math.round(clamp(x, 0, 1) * 100) / 100
    handles[2 * knob + 1] = Math.round(clamp(y, -OVERSHOOT, 1 + OVERSHOOT) * 100) / 100
    const [x1, y1, x2, y2] = handles
    now = [x1, y1, x2, y2]
    onChange(now, merge)
    draw()
  }
  knobs.forEach((knob, i) => {
    let drags = 0
    knob.addEventListener('pointerdown', (event) => {
      if (!(event instanceof PointerEvent) || event.button !== 0) return
      event.preventDefault()
      knob.setPointerCapture(event.pointerId)
      drags++
    })
    knob.addEventListener('pointermove', (event) => {
      if (!(event instanceof PointerEvent) || !knob.hasPointerCapture(event.pointerId)) return
      const { left, top, width, height } = box.getBoundingClientRect()
      set(i, (event.clientX - left) / width, 1 - (event.clientY - top) / height, `easing${i}.${drags}`)
    })
    knob.addEventListener('keydown', (event) => {
      if (!(event instanceof KeyboardEvent)) return
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
      const handles = easingHandles(now)
      if (!step || !handles) return
      event.preventDefault()
      event.stopPropagation()
      set(i, handles[2 * i] + step[0] * KEY_STEP, handles[2 * i + 1] + step[1] * KEY_STEP, `easing${i}`)
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
  const show = (/** @type {Easing} */ easing) => {
    now = easing
    field.value = typeof easing === 'string' ? easing : 'custom'
    draw()
  }
  const element = el('div', 'wide easing-field', {}, labelled(t('easing'), field))
  element.append(picture)
  return { element, show }
}
