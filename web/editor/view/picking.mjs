// What lies under the pointer. Hidden and locked tracks are not there, nor the camera's.

import { distanceToBox, boxOf } from '../base/geometry.mjs'
import { isCameraTrack } from '../camera/members.mjs'
import { nearestOnPath } from '../curves/nearest.mjs'
import { pathOf } from '../curves/path.mjs'
import { lengthToImage, toImage } from './view.mjs'

/** @typedef {import('../base/types.mjs').Box} Box */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').ImagePoint} ImagePoint */
/** @typedef {import('../base/types.mjs').ScreenPoint} ScreenPoint */
/** @typedef {import('../base/types.mjs').Selection} Selection */
/** @typedef {import('./view.mjs').View} View */

/**
 * @typedef {Readonly<{ kind: 'handle', id: number, index: number, side: 'in' | 'out' }>} HandleHit
 * @typedef {Readonly<{ kind: 'point', id: number, index: number }>} PointHit
 * @typedef {Readonly<{ kind: 'path', id: number, segment: number, u: number, x: number, y: number }>} PathHit
 * @typedef {HandleHit | PointHit | PathHit} Hit
 */

/** How far from a thing the pointer still takes it, screen px: a mouse is exact, a finger is not. */
export const REACH_PX = Object.freeze({ mouse: 7, pen: 9, touch: 20 })

/** A path is taken only from nearer than a point, so that points near by stay easy to get. */
const PATH_REACH_SHARE = 0.7

/**
 * The handle, point or path under the pointer, in this order; null where there is only canvas. Handles can be taken
 * only where they are shown, at chosen points of bezier tracks. Of several the nearest wins; of two as near the one of
 * a chosen track, then the one on top.
 * @param {Document} document
 * @param {View} view
 * @param {ScreenPoint} pointer
 * @param {{ selection?: Selection, reach?: number }} [options] reach: screen px
 * @returns {Hit | null}
 */
export function pick(document, view, pointer, { selection = new Map(), reach = REACH_PX.mouse } = {}) {
  const at = toImage(view, pointer)
  const within = lengthToImage(view, reach)
  const tracks = document.tracks
    .filter((track) => !track.hidden && !track.locked && !isCameraTrack(document, track.id))
    .reverse()
  const inOrder = [
    ...tracks.filter((track) => selection.has(track.id)),
    ...tracks.filter((track) => !selection.has(track.id)),
  ]
  return (
    pickHandle(inOrder, selection, at, within) ??
    pickPoint(inOrder, at, within) ??
    pickPath(inOrder, at, within * PATH_REACH_SHARE)
  )
}

/**
 * Whether one of the camera's arrows lies under the pointer; the camera is taken as a whole.
 * @param {Document} document
 * @param {View} view
 * @param {ScreenPoint} pointer
 * @param {number} [reach] screen px
 * @returns {boolean}
 */
export function pickCamera(document, view, pointer, reach = REACH_PX.mouse) {
  const at = toImage(view, pointer)
  const within = lengthToImage(view, reach)
  const tracks = document.tracks.filter((track) => isCameraTrack(document, track.id) && !track.hidden && !track.locked)
  return pickPath(tracks, at, within) !== null || pickPoint(tracks, at, within) !== null
}

/**
 * @param {readonly EditorTrack[]} tracks
 * @param {Selection} selection
 * @param {ImagePoint} at
 * @param {number} within
 * @returns {HandleHit | null}
 */
function pickHandle(tracks, selection, at, within) {
  /** @type {HandleHit | null} */
  let best = null
  let least = within
  for (const { id, curve, points } of tracks) {
    if (curve !== 'bezier') continue
    for (const index of selection.get(id) ?? []) {
      const point = points[index]
      for (const side of /** @type {const} */ (['in', 'out'])) {
        const offset = point?.[side]
        if (!point || !offset || (offset[0] === 0 && offset[1] === 0)) continue
        const off = Math.hypot(point.x + offset[0] - at.x, point.y + offset[1] - at.y)
        if (off < least) {
          best = { kind: 'handle', id, index, side }
          least = off
        }
      }
    }
  }
  return best
}

/**
 * @param {readonly EditorTrack[]} tracks
 * @param {ImagePoint} at
 * @param {number} within
 * @returns {PointHit | null}
 */
function pickPoint(tracks, at, within) {
  /** @type {PointHit | null} */
  let best = null
  let least = within
  for (const { id, points } of tracks) {
    for (let index = points.length - 1; index >= 0; index--) {
      const dx = points[index].x - at.x
      const dy = points[index].y - at.y
      if (Math.abs(dx) > least || Math.abs(dy) > least) continue
      const off = Math.sqrt(dx * dx + dy * dy)
      if (off < least) {
        best = { kind: 'point', id, index }
        least = off
      }
    }
  }
  return best
}

/**
 * @param {readonly EditorTrack[]} tracks
 * @param {ImagePoint} at
 * @param {number} within
 * @returns {PathHit | null}
 */
function pickPath(tracks, at, within) {
  /** @type {PathHit | null} */
  let best = null
  let least = within
  for (const track of tracks) {
    if (track.points.length < 2 || distanceToBox(boundsOf(track), at.x, at.y) >= least) continue
    const place = nearestOnPath(pathOf(track), at.x, at.y, least)
    if (place !== null) {
      best = { kind: 'path', id: track.id, segment: place.segment, u: place.u, x: place.x, y: place.y }
      least = place.distance
    }
  }
  return best
}

/** @type {WeakMap<import('../curves/path.mjs').Path, Box>} */
const bounds = new WeakMap()

/**
 * A box that the whole path lies in.
 * @param {EditorTrack} track
 * @returns {Box}
 */
function boundsOf(track) {
  const path = pathOf(track)
  let box = bounds.get(path)
  if (box === undefined) {
    const numbers = path.cubics ?? path.nodes
    const corners = Array.from({ length: numbers.length / 2 }, (_, i) => ({ x: numbers[2 * i], y: numbers[2 * i + 1] }))
    box = boxOf(corners) ?? { left: 0, top: 0, right: 0, bottom: 0 }
    bounds.set(path, box)
  }
  return box
}
