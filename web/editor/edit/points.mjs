// Single points: set, insert on the path, append, remove; and closing a path.

import { tidy } from '../base/geometry.mjs'
import { isCameraTrack, withWholeCamera } from '../camera/members.mjs'
import { bezierCubics, cubicAt, splitCubic } from '../curves/cubics.mjs'
import { pathOf } from '../curves/path.mjs'
import { mendTimes } from '../time/keys.mjs'
import { changeTracks, findTrack, withPoints, withTracks } from './change.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Offset} Offset */
/** @typedef {import('../base/types.mjs').Point} Point */
/** @typedef {import('../base/types.mjs').Selection} Selection */

/**
 * A point at typed-in coordinates, exactly.
 * @param {Document} document
 * @param {number} id
 * @param {number} index
 * @param {Readonly<{ x?: number, y?: number }>} position
 * @returns {Document}
 */
export function setPoint(document, id, index, position) {
  return changeTracks(document, [id], (track) => {
    const point = track.points[index]
    if (!point) return track
    const { x = point.x, y = point.y } = position
    return x === point.x && y === point.y ? track : withPoints(track, replaced(track.points, index, { ...point, x, y }))
  })
}

/**
 * A new point on the path, at a parameter of a segment (curves/nearest finds it). A bezier keeps its shape, and so does
 * a polyline; a Catmull-Rom curve then runs through the new point. Pins stay, the new point has none.
 * @param {Document} document
 * @param {number} id
 * @param {Readonly<{ segment: number, u: number }>} place
 * @returns {Readonly<{ document: Document, index: number }>} index of the new point, -1 where there is no such segment
 */
export function insertPoint(document, id, { segment, u }) {
  const track = findTrack(document, id)
  const segments = track ? track.points.length - (track.closed && track.points.length > 1 ? 0 : 1) : 0
  if (!track || !isEditable(document, track) || !(segment >= 0 && segment < segments)) return { document, index: -1 }
  const after = track.curve === 'bezier' ? splitBezier(track, segment, u) : withPointOnPath(track, segment, u)
  return { document: changeTracks(document, [id], () => withPoints(track, after)), index: segment + 1 }
}

/**
 * A point before the first or after the last, as a drawing tool adds it.
 * @param {Document} document
 * @param {number} id
 * @param {Point} point
 * @param {'start' | 'end'} [where]
 * @returns {Readonly<{ document: Document, index: number }>} -1 if the track is locked or not there
 */
export function appendPoint(document, id, point, where = 'end') {
  const track = findTrack(document, id)
  if (!track || !isEditable(document, track)) return { document, index: -1 }
  const points = where === 'end' ? [...track.points, point] : [point, ...track.points]
  const after = changeTracks(document, [id], () => withPoints(track, points))
  return { document: after, index: where === 'end' ? points.length - 1 : 0 }
}

/**
 * Remove the chosen points; a track without points, or chosen as a whole, goes. A camera goes as a whole.
 * @param {Document} document
 * @param {Selection} selection
 * @returns {Document}
 */
export function removePoints(document, selection) {
  const gone = withWholeCamera(document, selection.keys())
  const tracks = document.tracks.flatMap((track) => {
    if (!gone.has(track.id) || track.locked) return [track]
    if (isCameraTrack(document, track.id)) return []
    const indexes = selection.get(track.id) ?? []
    const points = track.points.filter((_, i) => !indexes.includes(i))
    return indexes.length === 0 || points.length === 0 ? [] : [withPoints(track, points)]
  })
  return withTracks(document, tracks)
}

/**
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {boolean} closed whether the path returns to its first point
 * @returns {Document}
 */
export function setClosed(document, ids, closed) {
  return changeTracks(document, ids, (track) => (track.closed === closed ? track : mendTimes({ ...track, closed })))
}

/**
 * @param {Document} document
 * @param {EditorTrack} track
 * @returns {boolean} whether its points are the user's to change
 */
function isEditable(document, track) {
  return !track.locked && !isCameraTrack(document, track.id)
}

/**
 * @param {EditorTrack} track
 * @param {number} segment
 * @param {number} u
 * @returns {Point[]}
 */
function withPointOnPath(track, segment, u) {
  const { cubics } = pathOf(track)
  const a = track.points[segment]
  const b = track.points[(segment + 1) % track.points.length]
  const x = cubics ? cubicAt(cubics, segment, u, 0) : a.x + u * (b.x - a.x)
  const y = cubics ? cubicAt(cubics, segment, u, 1) : a.y + u * (b.y - a.y)
  return [...track.points.slice(0, segment + 1), { x: tidy(x), y: tidy(y) }, ...track.points.slice(segment + 1)]
}

/**
 * Exact, so not tidied: the shape stays what it is.
 * @param {EditorTrack} track
 * @param {number} segment
 * @param {number} u
 * @returns {Point[]}
 */
function splitBezier(track, segment, u) {
  const { points, closed } = track
  const next = (segment + 1) % points.length
  const a = points[segment]
  const b = points[next]
  const straight = !a.out?.some(Boolean) && !b.in?.some(Boolean)
  if (straight) return withPointOnPath({ ...track, curve: 'polyline', points: [...points] }, segment, u)
  const [before, after] = splitCubic(bezierCubics(points, closed), segment, u)
  /** @type {(cubic: Float64Array, corner: number, from: number) => Offset} */
  const offset = (cubic, corner, from) => [
    cubic[2 * corner] - cubic[2 * from],
    cubic[2 * corner + 1] - cubic[2 * from + 1],
  ]
  const changed = [...points]
  changed[segment] = { ...changed[segment], out: offset(before, 1, 0) }
  changed[next] = { ...changed[next], in: offset(after, 2, 3) }
  const middle = { x: after[0], y: after[1], in: offset(before, 2, 3), out: offset(after, 1, 0) }
  return [...changed.slice(0, segment + 1), middle, ...changed.slice(segment + 1)]
}

/**
 * @param {readonly Point[]} points
 * @param {number} index
 * @param {Point} point
 * @returns {Point[]}
 */
export function replaced(points, index, point) {
  return points.map((old, i) => (i === index ? point : old))
}
