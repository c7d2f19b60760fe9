// A camera as tracks, and tracks as a moving camera sees them: the twin of tora_core/trajectory/shaping/camera.py.

import { easing, integer, mapping, number } from '../base/checks.mjs'
import {
  DEFAULT_SIGMA_PX,
  MAX_COORDINATE_PX,
  MAX_RADIUS_PX,
  MAX_STRENGTH,
  MIN_RADIUS_PX,
  SAME_TIME,
} from '../base/limits.mjs'
import { frameTimes, trackFrames } from '../sampling/sample.mjs'
import { heldAt } from './keyed.mjs'
import { seen, sightAt, unseen } from './move.mjs'

/** @typedef {import('../base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {import('../base/types.mjs').Canvas} Canvas */
/** @typedef {import('../base/types.mjs').Track} Track */

export const MAX_ZOOM = 1000
export const MAX_ROLL_DEGREES = 36_000
/** Rows, and columns, of the grid. */
export const MAX_GRID = 30

/** A camera that does nothing. @type {CameraSettings} */
export const CAMERA_DEFAULTS = Object.freeze({
  panPx: 0,
  tiltPx: 0,
  zoom: 1,
  rollDegrees: 0,
  start: 0,
  end: 1,
  easing: 'linear',
  columns: 4,
  rows: 3,
  strength: 1,
  radius: DEFAULT_SIGMA_PX,
})

/**
 * Settings from a saved object, where those are left out that have their default. Throws EditorError that names the
 * place.
 * @param {string} place
 * @param {unknown} value
 * @returns {CameraSettings}
 */
export function readCameraSettings(place, value) {
  const given = { ...CAMERA_DEFAULTS, ...mapping(place, value, Object.keys(CAMERA_DEFAULTS), []) }
  const start = number(`${place}.start`, given.start, 0, 1)
  return {
    panPx: number(`${place}.panPx`, given.panPx, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    tiltPx: number(`${place}.tiltPx`, given.tiltPx, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    zoom: number(`${place}.zoom`, given.zoom, 1 / MAX_ZOOM, MAX_ZOOM),
    rollDegrees: number(`${place}.rollDegrees`, given.rollDegrees, -MAX_ROLL_DEGREES, MAX_ROLL_DEGREES),
    start,
    end: number(`${place}.end`, given.end, start + 2 * SAME_TIME, 1),
    easing: easing(`${place}.easing`, given.easing),
    columns: integer(`${place}.columns`, given.columns, 1, MAX_GRID),
    rows: integer(`${place}.rows`, given.rows, 1, MAX_GRID),
    strength: number(`${place}.strength`, given.strength, 0, MAX_STRENGTH),
    radius: number(`${place}.radius`, given.radius, MIN_RADIUS_PX, MAX_RADIUS_PX),
  }
}

/**
 * The camera as tracks: a grid of points of the scene that stand still, as the camera sees them, row by row. The points
 * lie in the middles of so many fields of the canvas. Not checked: a large zoom may take a point farther out than
 * Python lets it be.
 * @param {CameraSettings} settings
 * @param {Pick<Canvas, 'width' | 'height' | 'frames'>} canvas
 * @returns {Track[]}
 */
export function cameraTracks(settings, canvas) {
  const { columns, rows, strength, radius } = settings
  const { width, height, frames } = canvas
  const sights = Array.from(frameTimes(frames), (time) => sightAt(settings, canvas, time))
  const visible = new Uint8Array(frames).fill(1)
  return Array.from({ length: columns * rows }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns]
    const x = ((column + 0.5) * width) / columns - 0.5
    const y = ((row + 0.5) * height) / rows - 0.5
    const positions = new Float64Array(2 * frames)
    sights.forEach((sight, frame) => positions.set(seen(sight, x, y), 2 * frame))
    const bare = { ...POINT_TRACK, name: `camera ${row + 1}.${column + 1}`, strength, radius }
    return heldAt(bare, positions, visible)
  })
}

/** @type {Track} */
const POINT_TRACK = Object.freeze({
  name: '',
  color: null,
  curve: 'polyline',
  closed: false,
  start: 0,
  end: 1,
  before: 'invisible',
  after: 'invisible',
  easing: 'linear',
  strength: 1,
  radius: DEFAULT_SIGMA_PX,
  visibility: Object.freeze([]),
  points: Object.freeze([]),
})

/**
 * A track of the scene as the moving camera sees it: a position a frame, at as few key times as hold it.
 * @template {Track} T
 * @param {T} track
 * @param {CameraSettings} settings
 * @param {Pick<Canvas, 'width' | 'height' | 'frames'>} canvas
 * @returns {T}
 */
export function withCamera(track, settings, canvas) {
  return mappedByFrame(track, settings, canvas, seen)
}

/**
 * The track of the scene that the moving camera sees as this one: what withCamera did is undone.
 * @template {Track} T
 * @param {T} track
 * @param {CameraSettings} settings
 * @param {Pick<Canvas, 'width' | 'height' | 'frames'>} canvas
 * @returns {T}
 */
export function withoutCamera(track, settings, canvas) {
  return mappedByFrame(track, settings, canvas, unseen)
}

/**
 * @template {Track} T
 * @param {T} track
 * @param {CameraSettings} settings
 * @param {Pick<Canvas, 'width' | 'height' | 'frames'>} canvas
 * @param {typeof seen} map
 * @returns {T}
 */
function mappedByFrame(track, settings, canvas, map) {
  const { points, visible } = trackFrames(track, canvas.frames)
  const positions = new Float64Array(points.length)
  frameTimes(canvas.frames).forEach((time, frame) => {
    const sight = sightAt(settings, canvas, time)
    positions.set(map(sight, points[2 * frame], points[2 * frame + 1]), 2 * frame)
  })
  return heldAt(track, positions, visible)
}
