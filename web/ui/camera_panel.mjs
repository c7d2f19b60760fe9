// The camera in numbers.

import { MAX_COORDINATE_PX, MAX_RADIUS_PX, MAX_STRENGTH, MIN_RADIUS_PX } from '../editor/base/limits.mjs'
import { MAX_GRID, MAX_ROLL_DEGREES, MAX_ZOOM } from '../editor/camera/layer.mjs'
import { changeCamera, release, showCamera } from './camera_actions.mjs'
import { el, labelled, numberField, textButton } from './dom.mjs'
import { makeEasing } from './easing_field.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./strings.mjs').TextKey} TextKey */
/** @typedef {import('../editor/base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */

const PX = { min: -MAX_COORDINATE_PX, max: MAX_COORDINATE_PX, step: 1, digits: 2, whole: false }
const GRID = { min: 1, max: MAX_GRID }

/** @typedef {Omit<Parameters<typeof numberField>[0], 'label'>} Range */
/** @type {readonly (readonly [key: keyof CameraSettings, text: TextKey, help: TextKey, range: Range])[]} */
const FIELDS = [
  ['panPx', 'pan', 'panHelp', PX],
  ['tiltPx', 'tilt', 'tiltHelp', PX],
  ['zoom', 'zoom', 'zoomHelp', { min: 1 / MAX_ZOOM, max: MAX_ZOOM, step: 0.05, digits: 3 }],
  ['rollDegrees', 'roll', 'rollHelp', { ...PX, min: -MAX_ROLL_DEGREES, max: MAX_ROLL_DEGREES }],
]
/** @type {typeof FIELDS} */
const GRID_FIELDS = [
  ['columns', 'columns', 'grid', GRID],
  ['rows', 'rows', 'grid', GRID],
  ['strength', 'strength', 'strength', { min: 0, max: MAX_STRENGTH, step: 0.1, digits: 3 }],
  ['radius', 'radius', 'radius', { min: MIN_RADIUS_PX, max: MAX_RADIUS_PX, step: 0.5, digits: 2 }],
]

/** @param {Model} model */
export function makeCameraPanel(model) {
  const numbers = (/** @type {typeof FIELDS} */ fields) =>
    fields.map(([key, text, help, options]) => {
      const field = numberField({ label: t(text), ...options }, (value) => changeCamera(model, { [key]: value }, key))
      return { key, field, element: labelled(t(text), field, t(help)) }
    })
  const motion = numbers(FIELDS)
  const grid = numbers(GRID_FIELDS)
  const times = /** @type {const} */ (['start', 'end']).map((key) => ({
    key,
    field: numberField({ label: t(key), min: 1, max: 10_000, digits: 2, whole: false }, (frame) => {
      const time = Math.min((frame - 1) / Math.max(model.document.frames - 1, 1), 1)
      const { start = 0, end = 1 } = model.committed.camera?.settings ?? {}
      if (key === 'start' ? time < end : time > start) changeCamera(model, { [key]: time }, key)
    }),
  }))
  const easing = makeEasing({
    shown: (value) => showCamera(model, model.committed, { easing: value }),
    done: (value, merge) => value !== null && changeCamera(model, { easing: value }, merge),
    cancelled: () => model.cancel(),
  })
  const loose = textButton(t('releaseCamera'), () => release(model))
  const element = el(
    'div',
    'grid camera',
    { role: 'group', 'aria-label': t('camera') },
    ...motion.map((one) => one.element),
    ...times.map(({ key, field }) => labelled(t(key), field)),
    easing.element,
    ...grid.map((one) => one.element),
    el('div', 'wide group', {}, loose),
  )
  const show = (/** @type {EditorTrack} */ { locked }, /** @type {Document} */ document) => {
    if (!document.camera) return
    const { settings } = document.camera
    const last = Math.max(document.frames - 1, 1)
    for (const { key, field } of [...motion, ...grid]) field.show(Number(settings[key]))
    for (const { key, field } of times) field.show(settings[key] * last + 1)
    easing.show(settings.easing, { locked })
    for (const { field } of [...motion, ...grid, ...times]) field.disabled = locked
  }
  return { element, show }
}
