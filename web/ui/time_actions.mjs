// What keys and buttons do to the times of the chosen track, one step of undo each.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { keyAt, pinAt } from '../editor/edit/keying.mjs'
import { selectPoints } from '../editor/edit/selection.mjs'
import { pinPoint } from '../editor/edit/timing.mjs'
import { toggleVisibleFrom } from '../editor/edit/visibility.mjs'
import { KEY_GAP, pinRange } from '../editor/time/keys.mjs'
import { frameWithin } from '../editor/view/timescale.mjs'
import { t } from './strings.mjs'
import { removeMark } from './timeline_marks.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./timeline_marks.mjs').Lane} Lane */
/** @typedef {import('./timeline_marks.mjs').Mark} Mark */

/**
 * @param {Model} model
 * @param {number} [frame]
 */
export function timeOf({ document, frame: now }, frame = now) {
  return Math.min(Math.max(frame / Math.max(document.frames - 1, 1), 0), 1)
}

/**
 * The first chosen track, unless it is the camera.
 * @param {Model} model
 */
function chosenTrack({ document, selection }) {
  const [id] = selection.keys()
  const track = id === undefined ? undefined : findTrack(document, id)
  return track && !isCameraTrack(document, track.id) ? track : undefined
}

/**
 * Whether the chosen track has a pin, and a visibility key, at the current frame.
 * @param {Model} model
 */
export function keysHere(model) {
  const track = chosenTrack(model)
  const time = timeOf(model)
  return {
    track,
    pinned: track !== undefined && pinAt(track, time) >= 0,
    turned: track?.visibility.some(({ t: at }) => Math.abs(at - time) <= KEY_GAP) ?? false,
  }
}

/**
 * The chosen track pinned to where it is at a frame, or freed where it is pinned there.
 * @param {Model} model
 * @param {number} [frame]
 */
export function toggleKey(model, frame = model.frame) {
  const track = chosenTrack(model)
  if (!track || track.locked) return
  const time = timeOf(model, frame)
  const there = pinAt(track, time)
  if (there >= 0) return model.edit(pinPoint(model.document, track.id, there, null))
  const { document, index } = keyAt(model.document, track.id, time)
  if (index < 0) return model.become({ message: t('noKeyHere') })
  model.edit(document, selectPoints(track.id, [index]))
}

/**
 * The chosen point at the current frame, or at the nearest that its neighbours leave.
 * @param {Model} model
 */
export function pinChosenPoint(model) {
  const track = chosenTrack(model)
  const [index] = (track && model.selection.get(track.id)) ?? []
  const range = track && index !== undefined ? pinRange(track, index) : null
  if (!track || !range) return
  const last = Math.max(model.document.frames - 1, 1)
  const frame = frameWithin(model.frame, range[0] * last, range[1] * last)
  if (frame === null) return model.become({ message: t('noKeyHere') })
  model.edit(pinPoint(model.document, track.id, index, frame / last))
}

/**
 * The chosen tracks hidden, or shown, from a frame on; where that turns already, no more.
 * @param {Model} model
 * @param {number} [frame]
 */
export function toggleVisible(model, frame = model.frame) {
  model.edit(toggleVisibleFrom(model.document, model.selection.keys(), timeOf(model, frame)))
}

/**
 * @param {Model} model
 * @param {Lane} lane
 * @param {Mark} mark
 */
export function removeMarkHere(model, lane, mark) {
  model.edit(removeMark(model.document, lane, mark))
}
