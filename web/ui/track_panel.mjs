// The chosen tracks in numbers: curve, time, look, visibility. The first one is shown, all are set.

import { setClosed } from '../editor/edit/points.mjs'
import { setCurve } from '../editor/edit/convert.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { setEasing, setSpan } from '../editor/edit/timing.mjs'
import { setFields } from '../editor/edit/tracks.mjs'
import { removeVisibilityKey, setVisibleFrom } from '../editor/edit/visibility.mjs'
import { CURVES, MAX_RADIUS_PX, MAX_STRENGTH, MIN_RADIUS_PX, OUTSIDE } from '../editor/base/limits.mjs'
import { holdAgainst, moveWith } from './camera_actions.mjs'
import { choiceField, el, iconButton, labelled, numberField, textButton, toggleClass } from './dom.mjs'
import { makeEasing } from './easing_field.mjs'
import { t } from './strings.mjs'
import { timeOf } from './time_actions.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */

/**
 * @param {Model} model
 * @param {(document: Document, ids: number[]) => Document} change
 * @param {string} [merge]
 */
function edit(model, change, merge = '') {
  const ids = [...model.selection.keys()]
  model.edit(change(model.committed, ids), model.selection, merge && `${merge}:${ids}`)
}

/** @param {Model} model */
export function makeTrackPanel(model) {
  const set = (/** @type {Parameters<typeof setFields>[2]} */ fields, merge = '') =>
    edit(model, (document, ids) => setFields(document, ids, fields), merge)
  const curves = CURVES.map((name) => /** @type {const} */ ([name, t(`curve.${name}`)]))
  const curve = choiceField(t('curve'), curves, (name) => edit(model, (d, ids) => setCurve(d, ids, name)))
  const closed = el('input', 'check', { type: 'checkbox' })
  closed.addEventListener('change', () => edit(model, (d, ids) => setClosed(d, ids, closed.checked)))
  const span = (/** @type {'start' | 'end'} */ side) => (/** @type {number} */ frame) => {
    const last = Math.max(model.document.frames - 1, 1)
    const first = findTrack(model.document, [...model.selection.keys()][0])
    if (!first) return
    const [start, end] = side === 'start' ? [(frame - 1) / last, first.end] : [first.start, (frame - 1) / last]
    if (end > start) edit(model, (d, ids) => setSpan(d, ids, start, end, 'keep'), 'span')
  }
  const frames = { min: 1, max: 10_000, digits: 2, whole: false }
  const start = numberField({ label: t('start'), ...frames }, span('start'))
  const end = numberField({ label: t('end'), ...frames }, span('end'))
  const waits = OUTSIDE.map((name) => /** @type {const} */ ([name, t(`outside.${name}`)]))
  const before = choiceField(t('before'), waits, (name) => set({ before: name }))
  const after = choiceField(t('after'), waits, (name) => set({ after: name }))
  const easing = makeEasing({
    shown: (value) => model.show(setEasing(model.committed, model.selection.keys(), value)),
    done: (value, merge) => value !== null && edit(model, (d, ids) => setEasing(d, ids, value), merge),
    cancelled: () => model.cancel(),
  })
  const strength = numberField({ label: t('strength'), min: 0, max: MAX_STRENGTH, step: 0.1, digits: 3 }, (value) =>
    set({ strength: value }, 'strength'),
  )
  const radiusRange = { min: MIN_RADIUS_PX, max: MAX_RADIUS_PX, step: 0.5, digits: 2 }
  const radius = numberField({ label: t('radius'), ...radiusRange }, (value) => set({ radius: value }, 'radius'))
  const keys = el('div', 'keys')
  const setKey = (/** @type {boolean} */ visible) =>
    edit(model, (d, ids) => setVisibleFrom(d, ids, timeOf(model), visible))
  const keyButtons = el(
    'div',
    'group wrap',
    {},
    textButton(t('hiddenFrom'), () => setKey(false)),
    textButton(t('visibleFrom'), () => setKey(true)),
  )
  const camera = el(
    'div',
    'wide group wrap',
    {},
    textButton(t('withCamera'), () => moveWith(model), t('withCameraHelp')),
    textButton(t('againstCamera'), () => holdAgainst(model), t('againstCameraHelp')),
  )
  const element = el(
    'div',
    'grid',
    {},
    labelled(t('curve'), curve),
    labelled(t('closed'), closed),
    labelled(t('start'), start),
    labelled(t('end'), end),
    labelled(t('before'), before),
    labelled(t('after'), after),
    labelled(t('strength'), strength),
    labelled(t('radius'), radius),
    camera,
    easing.element,
    el('div', 'wide', {}, el('span', 'label', {}, t('visibility')), keys, keyButtons),
  )
  /** @type {unknown} */
  let shownKeys = null
  let shownLast = 0
  let wasLocked = false
  const show = (/** @type {readonly EditorTrack[]} */ chosen, /** @type {Document} */ shown) => {
    const [first] = chosen
    const last = Math.max(shown.frames - 1, 1)
    curve.value = first.curve
    closed.checked = first.closed
    start.show(first.start * last + 1)
    end.show(first.end * last + 1)
    before.value = first.before
    after.value = first.after
    strength.show(first.strength)
    radius.show(first.radius)
    toggleClass(camera, 'gone', shown.camera === null)
    const locked = chosen.every((track) => track.locked)
    easing.show(first.easing, { locked })
    const keysAreNew = shownKeys !== first.visibility || shownLast !== last
    if (!keysAreNew && locked === wasLocked) return
    shownKeys = first.visibility
    shownLast = last
    wasLocked = locked
    const focused = document.activeElement
    const place = [...keys.querySelectorAll('button')].findIndex((button) => button === focused)
    keys.replaceChildren(
      ...first.visibility.map((key, index) => {
        const text = t(key.visible ? 'keyShows' : 'keyHides', { frame: Math.round(key.t * last) + 1 })
        const gone = () => edit(model, (d, [id]) => removeVisibilityKey(d, id, index))
        return el('span', 'chip', {}, text, iconButton('close', `${t('delete')}: ${text}`, gone, 'small'))
      }),
    )
    if (place >= 0) {
      // The focused button is gone: on to the one of the same name, the one in its place, the last, or what adds one.
      const buttons = [...keys.querySelectorAll('button')]
      const same = buttons.find((button) => button.title === /** @type {HTMLElement} */ (focused).title)
      ;(same ?? buttons[place] ?? buttons.at(-1) ?? keyButtons.querySelector('button'))?.focus()
    }
    for (const field of element.querySelectorAll('input, select, button')) field.toggleAttribute('disabled', locked)
  }
  return { element, show }
}
