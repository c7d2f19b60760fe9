// Visibility keys: from a time on visible or not, until the next key; visible before the first.

import { EditorError } from '../base/checks.mjs'
import { clamp } from '../base/geometry.mjs'
import { MAX_POINTS } from '../base/limits.mjs'
import { KEY_GAP } from '../time/keys.mjs'
import { changeTracks } from './change.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').VisibilityKey} VisibilityKey */

/**
 * Visible or not from `t` on. A key closer than KEY_GAP is replaced.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {number} t
 * @param {boolean} visible
 * @returns {Document}
 */
export function setVisibleFrom(document, ids, t, visible) {
  if (Number.isNaN(t)) throw new EditorError('t', 'is not a number.')
  const time = clamp(t, 0, 1)
  return changeKeys(document, ids, (keys) => {
    if (keys.some((key) => key.t === time && key.visible === visible)) return keys
    const others = keys.filter((key) => Math.abs(key.t - time) > KEY_GAP)
    return [...others, { t: time, visible }].sort((a, b) => a.t - b.t)
  })
}

/**
 * The other way round from `t` on: a key that stands there goes, else there is a new one.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {number} t
 * @returns {Document}
 */
export function toggleVisibleFrom(document, ids, t) {
  if (Number.isNaN(t)) throw new EditorError('t', 'is not a number.')
  const time = clamp(t, 0, 1)
  return changeKeys(document, ids, (keys) => {
    const others = keys.filter((key) => Math.abs(key.t - time) > KEY_GAP)
    if (others.length < keys.length) return others
    const now = keys.findLast((key) => key.t < time)?.visible ?? true
    return [...keys, { t: time, visible: !now }].sort((a, b) => a.t - b.t)
  })
}

/**
 * Invisible from `from` until before `to`, whatever was in between; after it as before.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {number} from
 * @param {number} to
 * @returns {Document}
 */
export function hideBetween(document, ids, from, to) {
  const first = clamp(Math.min(from, to), 0, 1)
  const last = clamp(Math.max(from, to), 0, 1)
  if (!(last - first > KEY_GAP)) return document
  return changeKeys(document, ids, (keys) => {
    const before = keys.filter((key) => key.t < first - KEY_GAP)
    const after = keys.filter((key) => key.t > last + KEY_GAP)
    const then = keys.findLast((key) => key.t <= last + KEY_GAP)?.visible ?? true
    return [...before, { t: first, visible: false }, ...(last < 1 ? [{ t: last, visible: then }] : []), ...after]
  })
}

/**
 * Move a key in time, kept between its neighbours.
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @param {number} t
 * @returns {Document}
 */
export function moveVisibilityKey(document, id, index, t) {
  if (Number.isNaN(t)) throw new EditorError('t', 'is not a number.')
  return changeKeys(document, [id], (keys) => {
    const key = keys[index]
    if (!key) return keys
    const low = index > 0 ? keys[index - 1].t + KEY_GAP : 0
    const high = index < keys.length - 1 ? keys[index + 1].t - KEY_GAP : 1
    if (low > high) return keys
    const time = clamp(t, low, high)
    return time === key.t ? keys : keys.map((old, i) => (i === index ? { ...key, t: time } : old))
  })
}

/**
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @returns {Document}
 */
export function removeVisibilityKey(document, id, index) {
  return changeKeys(document, [id], (keys) => (keys[index] ? keys.filter((_, i) => i !== index) : keys))
}

/**
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @returns {Document}
 */
export function clearVisibility(document, ids) {
  return changeKeys(document, ids, (keys) => (keys.length === 0 ? keys : []))
}

/**
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {(keys: readonly VisibilityKey[]) => readonly VisibilityKey[]} change
 * @returns {Document}
 */
function changeKeys(document, ids, change) {
  return changeTracks(document, ids, (track) => {
    const visibility = change(track.visibility)
    if (visibility.length > MAX_POINTS) throw new EditorError('visibility', `can have ${MAX_POINTS} keys at most.`)
    return visibility === track.visibility ? track : { ...track, visibility }
  })
}
