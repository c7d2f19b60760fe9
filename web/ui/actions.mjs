// What buttons and keys do to the drawing, one step of undo each.

import { mirrorLeftRight, mirrorTopBottom } from '../editor/base/geometry.mjs'
import { preset } from '../editor/draw/presets.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { insertPoint, removePoints } from '../editor/edit/points.mjs'
import { reverseTracks } from '../editor/edit/reverse.mjs'
import { NOTHING, selectAll, selectPoints, selectTracks } from '../editor/edit/selection.mjs'
import { addTracks, duplicateTracks } from '../editor/edit/tracks.mjs'
import { moveBy, selectionBox, transform } from '../editor/edit/transform.mjs'
import { nextColor, presetOptions } from './new_tracks.mjs'

/** @typedef {import('./model.mjs').Model} Model */

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
  const { document, ids } = duplicateTracks(model.document, model.selection.keys(), offset)
  model.edit(document, selectTracks(ids))
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
  const map = axis === 'x' ? mirrorLeftRight((box.left + box.right) / 2) : mirrorTopBottom((box.top + box.bottom) / 2)
  model.edit(transform(model.document, model.selection, map))
}

/**
 * @param {Model} model
 * @param {number} dx image px
 * @param {number} dy
 */
export function nudge(model, dx, dy) {
  if (model.selection.size === 0) return
  model.edit(moveBy(model.document, model.selection, dx, dy), model.selection, `nudge:${[...model.selection.keys()]}`)
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
  const tracks = model.document.tracks.filter((track) => !track.hidden)
  if (tracks.length === 0) return
  const now = tracks.findIndex((track) => model.selection.has(track.id))
  const next = now < 0 ? (step > 0 ? 0 : tracks.length - 1) : (now + step + tracks.length) % tracks.length
  model.choose(selectTracks([tracks[next].id]))
}

/**
 * The next point of the chosen track, or the one before.
 * @param {Model} model
 * @param {1 | -1} step
 */
export function choosePoint(model, step) {
  const chosen = [...model.selection][0]
  const editable = model.document.tracks.find((one) => !one.hidden && !one.locked)
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
