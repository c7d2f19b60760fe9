// The chosen point in numbers: place, time, easing, and the handles of a bezier's.

import { MAX_COORDINATE_PX } from '../editor/base/limits.mjs'
import { clearHandles, setHandle, smoothHandles } from '../editor/edit/handles.mjs'
import { setPoint } from '../editor/edit/points.mjs'
import { pinPoint, setPointEasing } from '../editor/edit/timing.mjs'
import { keyTimes } from '../editor/time/keys.mjs'
import { el, iconButton, labelled, numberField, textButton, toggleClass } from './dom.mjs'
import { makeEasing } from './easing_field.mjs'
import { t } from './strings.mjs'
import { pinChosenPoint } from './time_actions.mjs'
import { withKey } from './keys.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */

/** @param {Model} model */
export function makePointPanel(model) {
  /** @type {{ id: number, index: number } | null} */
  let now = null
  const edit = (
    /** @type {(document: Document, id: number, index: number) => Document} */ change,
    /** @type {string} */ merge = '',
  ) => {
    if (!now) return
    const { id, index } = now
    model.edit(change(model.committed, id, index), model.selection, merge && `${merge}:${id}:${index}`)
  }
  const range = { min: -MAX_COORDINATE_PX, max: MAX_COORDINATE_PX, step: 1, digits: 3, whole: false }
  const place = (/** @type {'x' | 'y'} */ axis) => (/** @type {number} */ value) =>
    edit((d, id, index) => setPoint(d, id, index, { [axis]: value }), `place${axis}`)
  const x = numberField({ label: t('x'), ...range }, place('x'))
  const y = numberField({ label: t('y'), ...range }, place('y'))
  const pin = numberField({ label: t('pin'), min: 1, max: 10_000, digits: 2, whole: false }, (frame) => {
    const time = Math.min((frame - 1) / Math.max(model.document.frames - 1, 1), 1)
    edit((d, id, index) => pinPoint(d, id, index, time), 'pin')
  })
  const here = iconButton('key', withKey('pinHere'), () => pinChosenPoint(model), 'small')
  const free = iconButton('close', t('unpin'), () => edit((d, id, index) => pinPoint(d, id, index, null)), 'small')
  const title = el('span', 'label wide')
  const corner = textButton(t('corner'), () => model.edit(clearHandles(model.committed, model.selection)))
  const smooth = textButton(t('smooth'), () => model.edit(smoothHandles(model.committed, model.selection)))
  const handles = /** @type {const} */ (['in', 'out']).map((side) => {
    const set = (/** @type {0 | 1} */ axis) => (/** @type {number} */ value) =>
      edit((d, id, index) => {
        const point = d.tracks.find((track) => track.id === id)?.points[index]
        const [dx, dy] = point?.[side] ?? [0, 0]
        return setHandle(d, id, index, side, axis === 0 ? [value, dy] : [dx, value], 'free')
      }, `${side}${axis}`)
    const label = t(side === 'in' ? 'handleIn' : 'handleOut')
    const fields = /** @type {const} */ ([0, 1]).map((axis) =>
      numberField({ label: `${label}, ${axis === 0 ? 'x' : 'y'}`, ...range }, set(axis)),
    )
    return { side, fields, element: el('div', 'field', {}, el('span', 'label', {}, label), ...fields) }
  })
  const shapes = el('div', 'group wide', {}, corner, smooth)
  const easing = makeEasing(
    {
      shown: (value) => now && model.show(setPointEasing(model.committed, now.id, now.index, value)),
      done: (value, merge) => edit((d, id, index) => setPointEasing(d, id, index, value), merge),
      cancelled: () => model.cancel(),
    },
    { label: t('pointEasing'), inherited: t('easingAsTrack') },
  )
  const pinField = labelled(t('pin'), el('span', 'group', {}, pin, here, free), t('pinHelp'))
  const element = el(
    'div',
    'grid point',
    {},
    title,
    labelled('x', x),
    labelled('y', y),
    ...handles.map((handle) => handle.element),
    shapes,
    el('div', 'wide', {}, pinField),
    easing.element,
  )
  const show = (/** @type {readonly EditorTrack[]} */ chosen, /** @type {Document} */ document) => {
    const [track] = chosen
    const indexes = model.selection.get(track.id) ?? []
    const index = track.points.length === 1 ? 0 : indexes[0]
    const single = chosen.length === 1 && (indexes.length === 1 || track.points.length === 1)
    toggleClass(element, 'gone', !single)
    now = single ? { id: track.id, index } : null
    if (!single) return
    const point = track.points[index]
    const { locked } = track
    title.textContent = t('point', { number: index + 1, count: track.points.length })
    x.show(point.x)
    y.show(point.y)
    pin.show(point.t === undefined ? null : point.t * Math.max(document.frames - 1, 1) + 1)
    free.disabled = locked || point.t === undefined
    const isBezier = track.curve === 'bezier' && track.points.length > 1
    for (const part of [shapes, ...handles.map((handle) => handle.element)]) toggleClass(part, 'gone', !isBezier)
    for (const { side, fields } of handles) fields.forEach((field, axis) => field.show(point[side]?.[axis] ?? 0))
    for (const field of [x, y, pin, here, corner, smooth]) field.disabled = locked
    for (const { fields } of handles) for (const field of fields) field.disabled = locked
    const starts = track.points.length > 1 && keyTimes(track).nodes.slice(0, -1).includes(index)
    toggleClass(easing.element, 'gone', !starts)
    if (starts) easing.show(point.easing ?? null, { as: track.easing, locked })
  }
  return { element, show }
}
