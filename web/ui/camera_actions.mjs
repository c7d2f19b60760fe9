// What is done to the camera, and to tracks with it, one step of undo each.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { holdAgainstCamera, moveWithCamera, releaseCamera, setCamera } from '../editor/edit/camera.mjs'
import { selectTracks } from '../editor/edit/selection.mjs'
import { setFields } from '../editor/edit/tracks.mjs'
import { attempt } from './refused.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {import('../editor/base/types.mjs').Document} Document */

/** Told apart from the tracks of things, on light and on dark. */
const CAMERA_COLOR = '#9fb4cf'
/** A new camera pans by this share of the width, so that there is something to see. */
const FIRST_PAN_SHARE = 1 / 8

/** @param {Model} model */
export function isCameraChosen({ document, selection }) {
  return document.camera !== null && [...selection.keys()].some((id) => isCameraTrack(document, id))
}

/**
 * Choose the camera; where there is none, make one.
 * @param {Model} model
 */
export function chooseCamera(model) {
  const { committed } = model
  if (committed.camera) {
    model.choose(selectTracks(committed.camera.ids))
    return model.become({ tool: 'select' })
  }
  const panPx = Math.max(Math.round(committed.width * FIRST_PAN_SHARE), 1)
  const made = attempt(model, () => setCamera(committed, { panPx }))
  if (!made?.camera) return
  model.edit(setFields(made, made.camera.ids, { color: CAMERA_COLOR }), selectTracks(made.camera.ids))
  model.become({ tool: 'select', opened: true })
}

/**
 * @param {Model} model
 * @param {Partial<CameraSettings>} changes
 * @param {string} [merge]
 */
export function changeCamera(model, changes, merge = '') {
  const made = attempt(model, () => setCamera(model.committed, changes))
  if (!made?.camera) return
  // A larger grid has new tracks, which are chosen as well.
  const selection = isCameraChosen(model) ? withCamera(model, made.camera.ids) : model.selection
  model.edit(made, selection, merge && `camera:${merge}`)
}

/**
 * @param {Model} model
 * @param {readonly number[]} ids
 */
function withCamera({ document, selection }, ids) {
  const others = [...selection].filter(([id]) => !isCameraTrack(document, id))
  return new Map([...selectTracks(ids), ...others])
}

/**
 * The camera as it is while a gesture changes it.
 * @param {Model} model
 * @param {Document} base
 * @param {Partial<CameraSettings>} changes
 */
export function showCamera(model, base, changes) {
  const made = attempt(model, () => setCamera(base, changes))
  if (made) model.show(made)
}

/** @param {Model} model */
export function release(model) {
  model.edit(releaseCamera(model.committed))
}

/** @param {Model} model */
export function moveWith(model) {
  const after = attempt(model, () => moveWithCamera(model.committed, model.selection.keys()))
  if (after) model.edit(after)
}

/** @param {Model} model */
export function holdAgainst(model) {
  const after = attempt(model, () => holdAgainstCamera(model.committed, model.selection.keys()))
  if (after) model.edit(after)
}
