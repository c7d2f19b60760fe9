// What the timeline shows of a track, and what happens to each thing of it that is moved or taken away.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { findTrack } from '../editor/edit/change.mjs'
import { moveEnds, shiftTracks, spanOf } from '../editor/edit/shift.mjs'
import { pinPoint } from '../editor/edit/timing.mjs'
import { moveVisibilityKey, removeVisibilityKey } from '../editor/edit/visibility.mjs'
import { KEY_GAP, pinRange } from '../editor/time/keys.mjs'
import { frameWithin } from '../editor/view/timescale.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */

/**
 * bar: the track as a whole, at its start; shown and hidden: a visibility key. frame: from 0, between frames where a
 * time lies there. index: of the point or the visibility key.
 * @typedef {'bar' | 'start' | 'end' | 'pin' | 'shown' | 'hidden'} MarkKind
 * @typedef {Readonly<{ kind: MarkKind, index: number, frame: number }>} Mark
 */

/**
 * ids: the chosen tracks, which go along with start, end and bar.
 * @typedef {Readonly<{
 *   track: EditorTrack, ids: readonly number[], isCamera: boolean, from: number, to: number, isLocked: boolean,
 *   bar: Mark, ends: readonly [Mark, Mark], pins: readonly Mark[], keys: readonly Mark[],
 * }>} Lane
 */

/**
 * @param {Document} document
 * @param {Iterable<number>} chosen track ids; the first is shown
 * @returns {Lane | null}
 */
export function laneOf(document, chosen) {
  const ids = [...chosen]
  const track = ids.length > 0 ? findTrack(document, ids[0]) : undefined
  if (!track) return null
  const last = Math.max(document.frames - 1, 1)
  const isCamera = isCameraTrack(document, track.id)
  const span = spanOf(document, track)
  const [from, to] = [span.start * last, span.end * last]
  /** @type {(kind: MarkKind, frame: number, index?: number) => Mark} */
  const mark = (kind, frame, index = 0) => ({ kind, index, frame })
  const pins = track.points.flatMap(({ t }, i) => (t === undefined ? [] : [mark('pin', t * last, i)]))
  const keys = track.visibility.map(({ t, visible }, i) => mark(visible ? 'shown' : 'hidden', t * last, i))
  return {
    ...{ track, ids, isCamera, from, to, isLocked: track.locked },
    bar: mark('bar', from),
    ends: [mark('start', from), mark('end', to)],
    pins: isCamera ? [] : pins,
    keys: isCamera ? [] : keys,
  }
}

/** @param {Mark} mark */
export const nameOfMark = ({ kind, index }) => `${kind}:${index}`

/**
 * @param {Lane} lane
 * @returns {boolean} whether the bar can be moved; one that fills the clip can't
 */
export function canShift({ from, to, isLocked }, /** @type {number} */ frames) {
  return !isLocked && to - from < Math.max(frames - 1, 1) - KEY_GAP
}

/**
 * The document with a mark moved.
 * @param {Document} document
 * @param {Lane} lane of that document
 * @param {Mark} mark
 * @param {number} frame where to
 * @param {boolean} free between frames, too
 * @returns {Document}
 */
export function moveMark(document, lane, mark, frame, free) {
  const last = Math.max(document.frames - 1, 1)
  const { track, ids } = lane
  /** @type {(low: number, high: number) => number | null} */
  const within = (low, high) => (free ? frame : frameWithin(frame, low * last, high * last))
  switch (mark.kind) {
    case 'bar':
      return shiftTracks(document, ids, ((free ? frame : Math.round(frame)) - lane.from) / last)
    case 'start':
    case 'end': {
      const by = (free ? frame : Math.round(frame)) - (mark.kind === 'start' ? lane.from : lane.to)
      return moveEnds(document, ids, mark.kind, by / last)
    }
    case 'pin': {
      const range = pinRange(track, mark.index)
      const to = range && within(range[0], range[1])
      return to === null ? document : pinPoint(document, track.id, mark.index, to / last)
    }
    case 'shown':
    case 'hidden': {
      const keys = track.visibility
      const low = mark.index > 0 ? keys[mark.index - 1].t + KEY_GAP : 0
      const high = mark.index < keys.length - 1 ? keys[mark.index + 1].t - KEY_GAP : 1
      const to = within(low, high)
      return to === null ? document : moveVisibilityKey(document, track.id, mark.index, to / last)
    }
  }
}

/**
 * @param {Document} document
 * @param {Lane} lane
 * @param {Mark} mark
 * @returns {Document} without the pin or key; start, end and bar stay
 */
export function removeMark(document, { track }, { kind, index }) {
  if (kind === 'pin') return pinPoint(document, track.id, index, null)
  if (kind === 'shown' || kind === 'hidden') return removeVisibilityKey(document, track.id, index)
  return document
}
