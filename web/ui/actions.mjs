// What buttons and keys do to the drawing, one step of undo each.

import * as geometry from '../editor/base/geometry.mjs'
import { isCameraTrack } from '../editor/camera/members.mjs'
import { preset } from '../editor/draw/presets.mjs'
import { setCamera } from '../editor/edit/camera.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { moveInList, rowsOf } from '../editor/edit/order.mjs'
import { insertPoint, removePoints } from '../editor/edit/points.mjs'
import { reverseTracks } from '../editor/edit/reverse.mjs'
import { NOTHING, selectAll, selectPoints, selectTracks } from '../editor/edit/selection.mjs'
import { addTracks, duplicateTracks } from '../editor/edit/tracks.mjs'
import { selectionBox, transform } from '../editor/edit/transform.mjs'
import { isCameraChosen } from './camera_actions.mjs'
import { nextColor, presetOptions } from './new_tracks.mjs'
import { attempt } from './refused.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').CameraSettings} CameraSettings */

/** How far a copy lies beside its original, image px. */
const COPY_OFFSET_PX = 16

/** @param {Model} model */
export function remove(model) {
  if (model.selection.size === 0) return
  model.edit(removePoints(model.document, model.selection))
}

/** @param {Model} model */
export function duplicate(model) {
  if (model.selection.size === 0) return
  const offset = { dx: COPY_OFFSET_PX, dy: COPY_OFFSET_PX }
  const made = attempt(model, () => duplicateTracks(model.document, model.selection.keys(), offset))
  if (made) model.edit(made.document, selectTracks(made.ids))
}

/** @param {Model} model */
export function reverse(model) {
  model.edit(reverseTracks(model.document, model.selection.keys()))
}

/**
 * @param {Model} model
 * @param {'x' | 'y'} axis
 */
export function mirror(model, axis) {
  const box = selectionBox(model.document, model.selection)
  if (!box) return
  const { left, top, right, bottom } = box
  const map = axis === 'x' ? geometry.mirrorLeftRight((left + right) / 2) : geometry.mirrorTopBottom((top + bottom) / 2)
  model.edit(transform(model.document, model.selection, map))
}

/**
 * Move what is chosen; the camera pans and tilts.
 * @param {Model} model
 * @param {number} dx image px
 * @param {number} dy
 */
export function nudge(model, dx, dy) {
  step(model, 'nudge', geometry.translation(dx, dy), ({ panPx, tiltPx }) => ({
    panPx: panPx + dx,
    tiltPx: tiltPx - dy,
  }))
}

/**
 * Turn about the mean of the points; the camera rolls.
 * @param {Model} model
 * @param {number} degrees clockwise
 */
export function turn(model, degrees) {
  const map = aboutMean(model, (x, y) => geometry.rotation(degrees, x, y))
  step(model, 'turn', map, ({ rollDegrees }) => ({ rollDegrees: geometry.tidy(rollDegrees + degrees) }))
}

/**
 * Scale about the mean of the points; the camera sees so much more.
 * @param {Model} model
 * @param {number} factor
 */
export function scale(model, factor) {
  const map = aboutMean(model, (x, y) => geometry.scaling(factor, factor, x, y))
  step(model, 'scale', map, ({ zoom }) => ({ zoom: geometry.tidy(zoom / factor) }))
}

/**
 * A map about the mean of the chosen points: unlike the middle of their box it stays where it is, however often.
 * @param {Model} model
 * @param {(x: number, y: number) => import('../editor/base/geometry.mjs').Matrix} map about a point
 */
function aboutMean({ committed, selection }, map) {
  const points = [...selection].flatMap(([id, indexes]) => {
    const all = isCameraTrack(committed, id) ? [] : (findTrack(committed, id)?.points ?? [])
    return indexes.length === 0 ? all : all.filter((_, i) => indexes.includes(i))
  })
  if (points.length === 0) return geometry.IDENTITY
  const sum = points.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 })
  return map(sum.x / points.length, sum.y / points.length)
}

/**
 * One step for the chosen tracks and the camera, if it is chosen; the same again within a second is the same step.
 * @param {Model} model
 * @param {string} name
 * @param {import('../editor/base/geometry.mjs').Matrix} map of tracks
 * @param {(settings: CameraSettings) => Partial<CameraSettings>} change of the camera
 */
function step(model, name, map, change) {
  const { committed, selection } = model
  if (selection.size === 0) return
  const mapped = transform(committed, selection, map)
  const settings = isCameraChosen(model) && committed.camera?.settings
  const after = settings ? attempt(model, () => setCamera(mapped, change(settings))) : mapped
  if (after) model.edit(after, selection, `${name}:${[...selection.keys()]}`)
}

/**
 * The chosen track, or the camera, so many rows up in the list.
 * @param {Model} model
 * @param {number} up
 */
export function reorder(model, up) {
  const [id] = model.selection.keys()
  if (id !== undefined) model.edit(moveInList(model.committed, id, up))
}

/** @param {Model} model */
export function chooseAll(model) {
  model.choose(selectAll(model.document))
}

/** @param {Model} model */
export function chooseNothing(model) {
  model.choose(NOTHING)
}

/**
 * The next track of the list, or the one before.
 * @param {Model} model
 * @param {1 | -1} step
 */
export function chooseTrack(model, step) {
  const rows = rowsOf(model.document).filter(([track]) => !track.hidden)
  if (rows.length === 0) return
  const now = rows.findIndex(([track]) => model.selection.has(track.id))
  const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : (now + step + rows.length) % rows.length
  model.choose(selectTracks(rows[next].map((track) => track.id)))
}

/**
 * The next point of the chosen track, or the one before.
 * @param {Model} model
 * @param {1 | -1} step
 */
export function choosePoint(model, step) {
  const { document } = model
  const chosen = [...model.selection].find(([id]) => !isCameraTrack(document, id))
  const editable = document.tracks.find((one) => !one.hidden && !one.locked && !isCameraTrack(document, one.id))
  const track = (chosen && findTrack(model.document, chosen[0])) ?? editable
  if (!track) return
  const count = track.points.length
  const now = chosen?.[1].at(-1)
  const next = now === undefined ? (step > 0 ? 0 : count - 1) : (now + step + count) % count
  model.choose(selectPoints(track.id, [next]))
}

/**
 * A new point halfway to the next one.
 * @param {Model} model
 */
export function insertAfter(model) {
  const chosen = [...model.selection][0]
  const track = chosen && findTrack(model.document, chosen[0])
  if (!track) return
  const last = track.points.length - (track.closed ? 1 : 2)
  const segment = Math.min(chosen[1].at(-1) ?? 0, last)
  const { document, index } = insertPoint(model.document, track.id, { segment, u: 0.5 })
  if (index >= 0) model.edit(document, selectPoints(track.id, [index]))
}

/**
 * The chosen ready-made motion in the middle of the frame: drawing without a pointer.
 * @param {Model} model
 */
export function addPreset(model) {
  const { width, height } = model.document
  const [from, to] = [
    { x: Math.round(width / 4), y: Math.round(height / 4) },
    { x: Math.round((3 * width) / 4), y: Math.round((3 * height) / 4) },
  ]
  const draft = preset(model.preset, from, to, presetOptions(model))
  const { document, ids } = addTracks(model.document, [{ ...draft, color: nextColor(model.document) }])
  model.edit(document, selectTracks(ids))
}

/** Over a picture, so that both are seen. */
const FLOW_OPACITY = 0.9

/**
 * The motion picture on or off: bare where there is nothing below it.
 * @param {Model} model
 */
export function toggleFlow(model) {
  model.set({ flowOpacity: model.settings.flowOpacity > 0 ? 0 : model.hasPicture ? FLOW_OPACITY : 1 })
}
