// What a pressed pointer does: one tagged union. A gesture starts from the document as it was and finds each preview
// from that one; its end makes one step, and Escape or a lost pointer leaves nothing.

import { translation } from '../editor/base/geometry.mjs'
import { fitStroke } from '../editor/draw/freehand.mjs'
import { preset } from '../editor/draw/presets.mjs'
import { snapAngle } from '../editor/draw/snap.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { setHandle } from '../editor/edit/handles.mjs'
import { appendPoint, setClosed } from '../editor/edit/points.mjs'
import { NOTHING, selectBox, selectPoints, selectTracks, union } from '../editor/edit/selection.mjs'
import { addTracks } from '../editor/edit/tracks.mjs'
import { moveBy, selectionBox, transform } from '../editor/edit/transform.mjs'
import { pick, pickCamera } from '../editor/view/picking.mjs'
import { toImage } from '../editor/view/view.mjs'
import { showCamera } from './camera_actions.mjs'
import { cameraKnobAt, draggedCamera, isCameraAtHand } from './camera_box.mjs'
import { nextColor, presetOptions } from './new_tracks.mjs'
import { onPath, onPoint, wholeWhereAll } from './choosing.mjs'
import { isDragged, reachOf } from './pointer.mjs'
import { snapped } from './snapping.mjs'
import { isTransformable, knobAt, knobMatrix, knobs } from './transform_box.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./pointer.mjs').Pointer} Pointer */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').ImagePoint} ImagePoint */
/** @typedef {import('../editor/base/types.mjs').ScreenPoint} ScreenPoint */
/** @typedef {import('../editor/base/types.mjs').Box} Box */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */
/** @typedef {import('../editor/draw/snap.mjs').Guide} Guide */
/** @typedef {import('../editor/view/view.mjs').View} View */
/** @typedef {import('./transform_box.mjs').Knob} Knob */
/** @typedef {import('./camera_box.mjs').CameraKnob} CameraKnob */

/**
 * @typedef {Readonly<{
 *   kind: 'move', base: Document, selection: Selection, from: ImagePoint, anchor: ImagePoint, moved: boolean,
 *   click: Selection, start: ScreenPoint, guides: readonly Guide[],
 * }>} MoveGesture
 * @typedef {Readonly<{
 *   kind: 'handle', base: Document, id: number, index: number, side: 'in' | 'out', moved: boolean,
 * }>} HandleGesture
 * @typedef {Readonly<{ kind: 'box', from: ImagePoint, to: ImagePoint, base: Selection }>} BoxGesture
 * @typedef {Readonly<{ kind: 'stroke', samples: readonly ImagePoint[] }>} StrokeGesture
 * @typedef {Readonly<{ kind: 'preset', base: Document, from: ImagePoint, start: ScreenPoint, guides: readonly Guide[] }
 *   >} PresetGesture
 * @typedef {Readonly<{
 *   kind: 'place', base: Document, id: number, index: number, start: ScreenPoint, guides: readonly Guide[],
 * }>} PlaceGesture
 * @typedef {Readonly<{
 *   kind: 'transform', base: Document, selection: Selection, box: Box, knob: Knob, from: ImagePoint,
 * }>} TransformGesture
 * @typedef {Readonly<{ kind: 'camera', base: Document, knob: CameraKnob, from: ImagePoint }>} CameraGesture
 * @typedef {Readonly<{ kind: 'pan', view: View, start: ScreenPoint }>} PanGesture
 * @typedef {CameraGesture | MoveGesture | HandleGesture | BoxGesture | StrokeGesture | PresetGesture | PlaceGesture
 *   | TransformGesture | PanGesture} Gesture
 */

/** How far a stroke's curve may be off the stroke, screen px. */
const STROKE_ERROR_PX = 2.5

/**
 * @param {Model} model
 * @param {Pointer} pointer
 * @returns {Gesture | null}
 */
export function begin(model, pointer) {
  const at = toImage(pointer.view, pointer.at)
  switch (model.tool) {
    case 'hand':
      return { kind: 'pan', view: pointer.view, start: pointer.at }
    case 'draw':
      return { kind: 'stroke', samples: [at] }
    case 'preset': {
      const { x, y, guides } = snapped(model, at, pointer)
      return { kind: 'preset', base: model.document, from: { x, y }, start: pointer.at, guides }
    }
    case 'pen':
      return beginPlace(model, pointer, at)
    case 'select':
      return beginSelect(model, pointer, at)
  }
}

/**
 * @param {Model} model
 * @param {Pointer} pointer
 * @param {ImagePoint} at
 * @returns {Gesture | null}
 */
function beginPlace(model, pointer, at) {
  const track = model.penTrack === null ? undefined : findTrack(model.document, model.penTrack)
  const { x, y, guides } = snapped(model, at, pointer)
  if (track) {
    const first = track.points[0]
    const reach = reachOf(pointer) / pointer.view.scale
    if (track.points.length > 2 && Math.hypot(first.x - at.x, first.y - at.y) <= reach) {
      model.edit(setClosed(model.document, [track.id], true), selectTracks([track.id]))
      model.become({ penTrack: null })
      return null
    }
    const { document, index } = appendPoint(model.document, track.id, { x, y })
    if (index < 0) return null
    model.show(document, selectPoints(track.id, [index]))
    return { kind: 'place', base: document, id: track.id, index, start: pointer.at, guides }
  }
  const { document, ids } = addTracks(model.document, [{ points: [{ x, y }], color: nextColor(model.document) }])
  model.show(document, selectPoints(ids[0], [0]))
  model.penTrack = ids[0]
  return { kind: 'place', base: document, id: ids[0], index: 0, start: pointer.at, guides }
}

/**
 * @param {Model} model
 * @param {Pointer} pointer
 * @param {ImagePoint} at
 * @returns {Gesture | null}
 */
function beginSelect(model, pointer, at) {
  const { document, selection } = model
  const reach = reachOf(pointer)
  const settings = isCameraAtHand(document, selection) ? document.camera?.settings : undefined
  const taken = settings && cameraKnobAt(settings, document, pointer.view, pointer.at, Math.max(reach, 7))
  if (taken) return { kind: 'camera', base: document, knob: taken, from: at }
  const box = isTransformable(document, selection) ? selectionBox(document, selection) : null
  const knob = box && knobAt(knobs(box, pointer.view), pointer.at, Math.max(reach, 7))
  const hit = pick(document, pointer.view, pointer.at, { selection, reach })
  if (box && knob && hit?.kind !== 'point' && hit?.kind !== 'handle') {
    return { kind: 'transform', base: document, selection, box, knob, from: at }
  }
  if (hit === null && document.camera && pickCamera(document, pointer.view, pointer.at, reach)) {
    model.choose(selectTracks(document.camera.ids))
    return null
  }
  if (hit === null) return { kind: 'box', from: at, to: at, base: pointer.shift ? selection : NOTHING }
  if (hit.kind === 'handle') {
    return { kind: 'handle', base: document, id: hit.id, index: hit.index, side: hit.side, moved: false }
  }
  const { chosen, click } = hit.kind === 'point' ? onPoint(selection, hit, pointer) : onPath(selection, hit, pointer)
  model.choose(chosen)
  const grabbed = hit.kind === 'point' ? findTrack(document, hit.id)?.points[hit.index] : undefined
  const anchor = grabbed ? { x: grabbed.x, y: grabbed.y } : at
  return {
    kind: 'move',
    base: document,
    selection: chosen,
    from: at,
    anchor,
    moved: false,
    click,
    start: pointer.at,
    guides: [],
  }
}

/**
 * The pointer moved.
 * @param {Model} model
 * @param {Gesture} gesture
 * @param {Pointer} pointer
 * @returns {Gesture}
 */
export function drag(model, gesture, pointer) {
  const at = toImage(pointer.view, pointer.at)
  switch (gesture.kind) {
    case 'stroke':
      return { ...gesture, samples: [...gesture.samples, ...pointer.samples.map((p) => toImage(pointer.view, p))] }
    case 'box': {
      const to = at
      const found = selectBox(model.document, {
        left: Math.min(gesture.from.x, to.x),
        top: Math.min(gesture.from.y, to.y),
        right: Math.max(gesture.from.x, to.x),
        bottom: Math.max(gesture.from.y, to.y),
      })
      model.show(model.document, union(gesture.base, wholeWhereAll(model.document, found)))
      return { ...gesture, to }
    }
    case 'move':
      return dragMove(model, gesture, pointer, at)
    case 'handle': {
      const point = findTrack(gesture.base, gesture.id)?.points[gesture.index]
      if (!point) return gesture
      /** @type {[number, number]} */
      const offset = [at.x - point.x, at.y - point.y]
      const other = pointer.alt ? 'free' : pointer.shift ? 'mirrored' : 'aligned'
      model.show(setHandle(gesture.base, gesture.id, gesture.index, gesture.side, offset, other))
      return { ...gesture, moved: true }
    }
    case 'preset': {
      const { x, y, guides } = snapped(model, at, pointer, gesture.from)
      const to = pointer.shift ? snapAngle(gesture.from, at, model.preset === 'line' ? 15 : 45) : { x, y }
      const draft = preset(model.preset, gesture.from, to, presetOptions(model))
      const { document, ids } = addTracks(gesture.base, [{ ...draft, color: nextColor(gesture.base) }])
      model.show(document, selectTracks(ids))
      return { ...gesture, guides: pointer.shift ? [] : guides }
    }
    case 'place':
      return dragPlace(model, gesture, pointer, at)
    case 'transform': {
      const options = { even: pointer.shift, center: pointer.alt }
      const matrix = knobMatrix(gesture.box, gesture.knob, gesture.from, at, options)
      model.show(transform(gesture.base, gesture.selection, matrix), gesture.selection)
      return gesture
    }
    case 'camera': {
      const { settings } = gesture.base.camera ?? {}
      const options = { free: pointer.alt, straight: pointer.shift }
      if (!settings) return gesture
      showCamera(model, gesture.base, draggedCamera(settings, gesture.base, gesture.knob, gesture.from, at, options))
      return gesture
    }
    case 'pan':
      return gesture
  }
}

/**
 * @param {Model} model
 * @param {MoveGesture} gesture
 * @param {Pointer} pointer
 * @param {ImagePoint} at
 * @returns {Gesture}
 */
function dragMove(model, gesture, pointer, at) {
  if (!gesture.moved && !isDragged(gesture.start, pointer)) return gesture
  const free = { x: gesture.anchor.x + at.x - gesture.from.x, y: gesture.anchor.y + at.y - gesture.from.y }
  const { x, y, guides } = pointer.shift
    ? { ...snapAngle(gesture.anchor, free, 45), guides: [] }
    : snapped(model, free, pointer, null, gesture.selection)
  const moved = moveBy(gesture.base, gesture.selection, x - gesture.anchor.x, y - gesture.anchor.y)
  model.show(moved, gesture.selection)
  return { ...gesture, moved: true, guides }
}

/**
 * A point being placed follows the pointer.
 * @param {Model} model
 * @param {PlaceGesture} gesture
 * @param {Pointer} pointer
 * @param {ImagePoint} at
 * @returns {Gesture}
 */
function dragPlace(model, gesture, pointer, at) {
  const point = findTrack(gesture.base, gesture.id)?.points[gesture.index]
  if (!point || !isDragged(gesture.start, pointer)) return gesture
  const { x, y, guides } = snapped(model, at, pointer, null, selectPoints(gesture.id, [gesture.index]))
  const only = selectPoints(gesture.id, [gesture.index])
  model.show(transform(gesture.base, only, translation(x - point.x, y - point.y)))
  return { ...gesture, guides }
}

/**
 * The pointer was released.
 * @param {Model} model
 * @param {Gesture} gesture
 * @param {Pointer} pointer
 */
export function finish(model, gesture, pointer) {
  switch (gesture.kind) {
    case 'stroke':
      return finishStroke(model, gesture, pointer)
    case 'box':
      if (!model.inGesture) model.choose(gesture.base)
      else model.edit(model.committed, model.selection)
      return
    case 'move':
      if (!gesture.moved) return model.choose(gesture.click)
      return model.edit(model.document, model.selection)
    case 'preset':
      if (!isDragged(gesture.start, pointer)) return model.cancel()
      return model.edit(model.document, model.selection)
    case 'handle':
    case 'place':
    case 'transform':
    case 'camera':
      return model.edit(model.document, model.selection)
    case 'pan':
      return
  }
}

/**
 * @param {Model} model
 * @param {StrokeGesture} gesture
 * @param {Pointer} pointer
 */
function finishStroke(model, { samples }, { view, zoom }) {
  const stroke = fitStroke(samples, { errorPx: (STROKE_ERROR_PX * zoom) / view.scale, close: 'if near' })
  if (stroke === null || stroke.points.length < 2) return
  const { points, curve, closed } = stroke
  const draft = { points, curve, closed, color: nextColor(model.document) }
  const { document, ids } = addTracks(model.document, [draft])
  model.edit(document, selectTracks(ids))
}
