// What is chosen, in numbers: the track's curve, time and look, and the point's place and time.

import { setClosed, setPoint } from '../editor/edit/points.mjs'
import { setCurve } from '../editor/edit/convert.mjs'
import { clearHandles, smoothHandles } from '../editor/edit/handles.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { pinPoint, setEasing, setSpan } from '../editor/edit/timing.mjs'
import { setFields } from '../editor/edit/tracks.mjs'
import { removeVisibilityKey, setVisibleFrom } from '../editor/edit/visibility.mjs'
import {
  CURVES,
  MAX_COORDINATE_PX,
  MAX_RADIUS_PX,
  MAX_STRENGTH,
  MIN_RADIUS_PX,
  OUTSIDE,
} from '../editor/base/limits.mjs'
import * as actions from './actions.mjs'
import { choiceField, el, iconButton, labelled, numberField, textButton, toggleClass } from './dom.mjs'
import { makeEasing } from './easing_field.mjs'
import { withKey } from './keys.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */

/** @param {Model} model */
export function makeProperties(model) {
  const none = el('p', 'dim', {}, t('nothingSelected'))
  const count = el('p', 'dim')
  const point = makePoint(model)
  const track = makeTrack(model)
  const buttons = el(
    'div',
    'group wrap',
    {},
    iconButton('copy', withKey('duplicate'), () => actions.duplicate(model)),
    iconButton('reverse', withKey('reverse'), () => actions.reverse(model)),
    iconButton('mirrorX', withKey('mirrorX'), () => actions.mirror(model, 'x')),
    iconButton('mirrorY', withKey('mirrorY'), () => actions.mirror(model, 'y')),
    iconButton('trash', withKey('help.delete'), () => actions.remove(model)),
  )
  const some = el('div', 'some', {}, count, buttons, point.element, track.element)
  const update = () => {
    const { document, selection } = model
    const chosen = document.tracks.filter((one) => selection.has(one.id))
    toggleClass(none, 'gone', chosen.length > 0 || document.tracks.length === 0)
    toggleClass(some, 'gone', chosen.length === 0)
    if (chosen.length === 0) return
    const points = chosen.reduce((sum, one) => sum + (selection.get(one.id)?.length || one.points.length), 0)
    count.textContent = t('selectedMany', { tracks: chosen.length, points })
    toggleClass(count, 'gone', chosen.length === 1)
    track.show(chosen, document)
    point.show(chosen, document)
  }
  return { element: el('div', 'properties', {}, none, some), update }
}

/**
 * @param {Model} model
 * @param {(document: Document, ids: number[]) => Document} change
 * @param {string} [merge]
 */
function edit(model, change, merge = '') {
  const ids = [...model.selection.keys()]
  model.edit(change(model.document, ids), model.selection, merge && `${merge}:${ids}`)
}

/** @param {Model} model */
function makeTrack(model) {
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
  const easing = makeEasing((value, merge) => edit(model, (d, ids) => setEasing(d, ids, value), merge))
  const strength = numberField({ label: t('strength'), min: 0, max: MAX_STRENGTH, step: 0.1, digits: 3 }, (value) =>
    set({ strength: value }, 'strength'),
  )
  const radiusRange = { min: MIN_RADIUS_PX, max: MAX_RADIUS_PX, step: 0.5, digits: 2 }
  const radius = numberField({ label: t('radius'), ...radiusRange }, (value) => set({ radius: value }, 'radius'))
  const keys = el('div', 'keys')
  const keyButtons = el(
    'div',
    'group wrap',
    {},
    textButton(t('hiddenFrom'), () => setKey(false)),
    textButton(t('visibleFrom'), () => setKey(true)),
  )
  const setKey = (/** @type {boolean} */ visible) => {
    const time = model.frame / Math.max(model.document.frames - 1, 1)
    edit(model, (d, ids) => setVisibleFrom(d, ids, time, visible))
  }
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
    easing.element,
    el('div', 'wide', {}, el('span', 'label', {}, t('visibility')), keys, keyButtons),
  )
  /** @type {unknown} */
  let shownKeys = null
  let shownLast = 0
  let wasLocked = false
  const show = (/** @type {readonly EditorTrack[]} */ chosen, /** @type {Document} */ document) => {
    const [first] = chosen
    const last = Math.max(document.frames - 1, 1)
    curve.value = first.curve
    closed.checked = first.closed
    start.show(first.start * last + 1)
    end.show(first.end * last + 1)
    before.value = first.before
    after.value = first.after
    easing.show(first.easing)
    strength.show(first.strength)
    radius.show(first.radius)
    const locked = chosen.every((track) => track.locked)
    const keysAreNew = shownKeys !== first.visibility || shownLast !== last
    if (!keysAreNew && locked === wasLocked) return
    shownKeys = first.visibility
    shownLast = last
    wasLocked = locked
    keys.replaceChildren(
      ...first.visibility.map((key, index) => {
        const text = t(key.visible ? 'keyShows' : 'keyHides', { frame: Math.round(key.t * last) + 1 })
        const gone = () => edit(model, (d, [id]) => removeVisibilityKey(d, id, index))
        return el('span', 'chip', {}, text, iconButton('close', `${t('delete')}: ${text}`, gone, 'small'))
      }),
    )
    for (const field of element.querySelectorAll('input, select, button')) field.toggleAttribute('disabled', locked)
  }
  return { element, show }
}

/** @param {Model} model */
function makePoint(model) {
  /** @type {{ id: number, index: number } | null} */
  let now = null
  const place = (/** @type {'x' | 'y'} */ axis) => (/** @type {number} */ value) => {
    if (!now) return
    model.edit(setPoint(model.document, now.id, now.index, { [axis]: value }), model.selection, `place:${now.id}`)
  }
  const range = { min: -MAX_COORDINATE_PX, max: MAX_COORDINATE_PX, step: 1, digits: 3, whole: false }
  const x = numberField({ label: t('x'), ...range }, place('x'))
  const y = numberField({ label: t('y'), ...range }, place('y'))
  const pin = numberField({ label: t('pin'), min: 1, max: 10_000, digits: 2, whole: false }, (frame) => {
    if (!now) return
    const time = (frame - 1) / Math.max(model.document.frames - 1, 1)
    model.edit(pinPoint(model.document, now.id, now.index, Math.min(time, 1)), model.selection, `pin:${now.id}`)
  })
  const free = iconButton(
    'close',
    t('unpin'),
    () => {
      if (now) model.edit(pinPoint(model.document, now.id, now.index, null))
    },
    'small',
  )
  const title = el('span', 'label wide')
  const corner = textButton(t('corner'), () => model.edit(clearHandles(model.document, model.selection)))
  const smooth = textButton(t('smooth'), () => model.edit(smoothHandles(model.document, model.selection)))
  const shapes = el('div', 'group wide', {}, corner, smooth)
  const pinField = labelled(t('pin'), el('span', 'group', {}, pin, free), t('pinHelp'))
  const element = el('div', 'grid point', {}, title, labelled('x', x), labelled('y', y), pinField, shapes)
  const show = (/** @type {readonly EditorTrack[]} */ chosen, /** @type {Document} */ document) => {
    const [track] = chosen
    const indexes = model.selection.get(track.id) ?? []
    const index = track.points.length === 1 ? 0 : indexes[0]
    const single = chosen.length === 1 && (indexes.length === 1 || track.points.length === 1)
    toggleClass(element, 'gone', !single)
    now = single ? { id: track.id, index } : null
    if (!single) return
    const point = track.points[index]
    title.textContent = t('point', { number: index + 1, count: track.points.length })
    x.show(point.x)
    y.show(point.y)
    pin.show(point.t === undefined ? null : point.t * Math.max(document.frames - 1, 1) + 1)
    free.disabled = point.t === undefined
    toggleClass(shapes, 'gone', track.curve !== 'bezier')
    for (const field of [x, y, pin, corner, smooth]) field.disabled = track.locked
  }
  return { element, show }
}
