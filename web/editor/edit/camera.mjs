// The camera layer: one thing for the person who draws, a grid of tracks for everything else. No other operation
// changes its tracks, and who removes one of them removes the camera.

import { EditorError } from '../base/checks.mjs'
import { clamp } from '../base/geometry.mjs'
import { MAX_COORDINATE_PX } from '../base/limits.mjs'
import { cameraTracks, readCameraSettings, withCamera, withoutCamera } from '../camera/layer.mjs'
import { isCameraTrack } from '../camera/members.mjs'
import { readTrack } from '../document/track.mjs'
import { writeTrack } from '../document/write.mjs'
import { changeTracks, withTracks } from './change.mjs'

/** @typedef {import('../base/types.mjs').CameraSettings} CameraSettings */
/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */

/**
 * The camera with some settings changed, its tracks made anew; a new camera below all tracks where there is none. Its
 * colour and switches stay. Throws EditorError for settings out of bounds, and where the tracks would be too many or
 * too far out. A locked camera stays.
 * @param {Document} document
 * @param {Partial<CameraSettings>} changes
 * @returns {Document}
 */
export function setCamera(document, changes) {
  const { camera } = document
  if (firstOf(document)?.locked) return document
  const settings = readCameraSettings('camera', { ...camera?.settings, ...changes })
  if (camera && JSON.stringify(settings) === JSON.stringify(camera.settings)) return document
  return made(document, settings)
}

/**
 * @param {Document} document
 * @returns {EditorTrack | undefined}
 */
function firstOf(document) {
  return document.tracks.find((track) => isCameraTrack(document, track.id))
}

/**
 * @param {Document} document
 * @param {CameraSettings} settings
 * @returns {Document} with the tracks of these settings in the place of those of its camera
 */
function made(document, settings) {
  const { camera, tracks, nextId } = document
  const first = firstOf(document)
  const { color, hidden, locked, muted } = first ?? { color: null, hidden: false, locked: false, muted: false }
  const drafts = cameraTracks(settings, document)
  const kept = camera?.ids.slice(0, drafts.length) ?? []
  const ids = [...kept, ...drafts.slice(kept.length).map((_, i) => nextId + i)]
  const own = drafts.map((track, i) => ({ ...checked(track, i), color, id: ids[i], hidden, locked, muted }))
  const others = tracks.filter((track) => !isCameraTrack(document, track.id))
  const place = first ? tracks.indexOf(first) : 0
  const all = [...others.slice(0, place), ...own, ...others.slice(place)]
  const bare = { ...document, camera: null }
  return { ...withTracks(bare, all, nextId + drafts.length - kept.length), camera: { settings, ids } }
}

/**
 * A document on another canvas than `before`, with the tracks that its camera makes there. Where they would be too far
 * out, the tracks stay as they are, and are ordinary ones.
 * @param {Document} document
 * @param {Document} before
 * @returns {Document}
 */
export function cameraOnCanvas(document, before) {
  const { camera } = document
  if (camera === null) return document
  const { panPx, tiltPx } = camera.settings
  const scaled = {
    panPx: clamp((panPx * document.width) / before.width, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
    tiltPx: clamp((tiltPx * document.height) / before.height, -MAX_COORDINATE_PX, MAX_COORDINATE_PX),
  }
  try {
    return made(document, { ...camera.settings, ...scaled })
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    return releaseCamera(document)
  }
}

/**
 * The same tracks, as ordinary ones.
 * @param {Document} document
 * @returns {Document}
 */
export function releaseCamera(document) {
  return document.camera === null ? document : { ...document, camera: null }
}

/**
 * Tracks of the scene, such as a thing that walks through it, as the moving camera sees them.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @returns {Document} the same without a camera
 */
export function moveWithCamera(document, ids) {
  return mapTracks(document, ids, withCamera)
}

/**
 * The camera's motion taken out of tracks: what moved with it stands still, what stood still runs against it.
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @returns {Document} the same without a camera
 */
export function holdAgainstCamera(document, ids) {
  return mapTracks(document, ids, withoutCamera)
}

/**
 * @param {Document} document
 * @param {Iterable<number>} ids
 * @param {typeof withCamera} map
 * @returns {Document}
 */
function mapTracks(document, ids, map) {
  const { camera } = document
  if (camera === null) return document
  return changeTracks(document, ids, (track) => {
    const mapped = map(track, camera.settings, document)
    checked(mapped, 0)
    return mapped
  })
}

/**
 * @param {import('../base/types.mjs').Track} track
 * @param {number} place
 */
function checked(track, place) {
  try {
    return readTrack(`tracks[${place}]`, writeTrack(track))
  } catch (error) {
    if (error instanceof EditorError) throw new EditorError('the camera', `takes a track too far out: ${error.message}`)
    throw error
  }
}
