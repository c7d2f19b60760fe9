// When: start and end of tracks, points pinned to times, easing.

import { easing as checkedEasing, EditorError } from '../base/checks.mjs'
import { clamp } from '../base/geometry.mjs'
import { sameEasing } from '../time/easing.mjs'
import { KEY_GAP, mendTimes, pinRange, withTime } from '../time/keys.mjs'
import { changeTracks } from './change.mjs'
import { replaced } from './points.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').Easing} Easing */

/**
 * Pin a point to a clip time, moved as little as needed to lie between its pinned neighbours; null takes the pin away.
 * Where there is no room, nothing changes.
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @param {number | null} t
 * @returns {Document}
 */
export function pinPoint(document, id, index, t) {
  if (Number.isNaN(t)) throw new EditorError('t', 'is not a number.')
  return changeTracks(document, [id], (track) => {
    const point = track.points[index]
    if (!point) return track
    const range = pinRange(track, index)
    if (t !== null && range === null) return track
    const time = t === null || range === null ? undefined : clamp(t, range[0], range[1])
    if (time === point.t) return track
    return mendTimes({ ...track, points: replaced(track.points, index, withTime(point, time, point.easing)) })
  })
}

/**
 * When tracks begin and end. Pins: `scale` stretches them with the track (drag of its bar), `keep` leaves them at their
 * clip times and drops those left outside (drag of one end). A span shorter than KEY_GAP is widened to it.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {number} start
 * @param {number} end
 * @param {'scale' | 'keep'} [pins]
 * @returns {Document}
 */
export function setSpan(document, ids, start, end, pins = 'scale') {
  if (Number.isNaN(start) || Number.isNaN(end)) throw new EditorError('start', 'or end is not a number.')
  const from = clamp(start, 0, 1 - KEY_GAP)
  const to = clamp(end, from + KEY_GAP, 1)
  return changeTracks(document, ids, (track) => {
    if (track.start === from && track.end === to) return track
    if (pins === 'keep') return mendTimes({ ...track, start: from, end: to })
    const factor = (to - from) / (track.end - track.start)
    const points = track.points.map((point) =>
      point.t === undefined ? point : { ...point, t: clamp(from + (point.t - track.start) * factor, from, to) },
    )
    return mendTimes({ ...track, start: from, end: to, points })
  })
}

/**
 * The easing of tracks: of every stretch between pins that has none of its own.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {Easing} easing
 * @returns {Document}
 */
export function setEasing(document, ids, easing) {
  const checked = checkedEasing('easing', easing)
  return changeTracks(document, ids, (track) =>
    sameEasing(track.easing, checked) ? track : { ...track, easing: checked },
  )
}

/**
 * The easing of the stretch from this point to the next pinned one; null takes the track's. Only a pinned point, or the
 * first, can have one; on others nothing changes.
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @param {Easing | null} easing
 * @returns {Document}
 */
export function setPointEasing(document, id, index, easing) {
  const checked = easing === null ? undefined : checkedEasing('easing', easing)
  return changeTracks(document, [id], (track) => {
    const point = track.points[index]
    if (!point || (point.t === undefined && index !== 0)) return track
    return { ...track, points: replaced(track.points, index, withTime(point, point.t, checked)) }
  })
}
