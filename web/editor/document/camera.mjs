// The camera layer in the saved dict: its settings, and which tracks are its own. The tracks themselves are tracks like
// any others, so that every reader sees them.

import { EditorError, isMapping } from '../base/checks.mjs'
import { CAMERA_DEFAULTS, cameraTracks, readCameraSettings } from '../camera/layer.mjs'
import { trackFrames } from '../sampling/sample.mjs'
import { TRACK_KEYS } from './track.mjs'

/** @typedef {import('../base/types.mjs').CameraLayer} CameraLayer */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../base/types.mjs').Track} Track */

/** Made anew on another machine, a track may be so far off: another key may have been enough there. */
const SAME_PX = 0.05
/** Compared by themselves, or no part of what the camera makes. */
const OWN_KEYS = ['points', 'color']

/**
 * The camera layer that a saved value tells of, if its tracks still are what its settings make. Else null, and it is
 * told: then they are ordinary tracks.
 * @param {unknown} value what stands at `editor.camera`
 * @param {Pick<Document, 'width' | 'height' | 'frames' | 'tracks'>} document
 * @param {(place: number) => EditorTrack | undefined} trackAt by the place in the saved list
 * @param {(place: string, reason: string, value: unknown) => void} tell
 * @returns {CameraLayer | null}
 */
export function readCamera(value, document, trackAt, tell) {
  if (value === undefined) return null
  try {
    if (!isMapping(value)) throw new EditorError('editor.camera', 'is no object.')
    const { tracks: places, ...rest } = value
    const settings = readCameraSettings('editor.camera', rest)
    const tracks = Array.isArray(places) ? new Set(places.map(trackAt)) : new Set()
    const made = cameraTracks(settings, document)
    const own = [...tracks].filter((track) => track !== undefined)
    const same = own.length === made.length && made.every((track, i) => isAlike(own[i], track, document.frames))
    if (!same) throw new EditorError('editor.camera', 'does not make these tracks; they are ordinary ones now.')
    return { settings, ids: own.map((track) => track.id) }
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    tell(error.place, error.rest, value)
    return null
  }
}

/**
 * @param {Document} document
 * @returns {Record<string, unknown> | null} only the settings that differ from their default, and the tracks' places
 */
export function writeCamera({ camera, tracks }) {
  if (camera === null) return null
  /** @type {Record<string, unknown>} */
  const defaults = CAMERA_DEFAULTS
  const settings = Object.entries(camera.settings).filter(([key, value]) => value !== defaults[key])
  const places = new Map(tracks.map((track, i) => [track.id, i]))
  return { ...Object.fromEntries(settings), tracks: camera.ids.map((id) => places.get(id)) }
}

/**
 * @param {EditorTrack} track
 * @param {Track} made
 * @param {number} frames
 * @returns {boolean}
 */
function isAlike(track, made, frames) {
  /** @type {readonly [Record<string, unknown>, Record<string, unknown>]} */
  const [a, b] = [track, made]
  const rest = TRACK_KEYS.filter((key) => !OWN_KEYS.includes(key) && key !== 'visibility')
  if (track.visibility.length > 0 || !rest.every((key) => a[key] === b[key])) return false
  const [here, there] = [trackFrames(track, frames).points, trackFrames(made, frames).points]
  return here.every((value, i) => Math.abs(value - there[i]) <= SAME_PX)
}
