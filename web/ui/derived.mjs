// What follows from a document, found once for each.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { handedOn } from '../editor/document/handed_on.mjs'
import { sampleTracks } from '../editor/sampling/tracks.mjs'
import { findWarnings } from '../editor/readout/warnings.mjs'
import { flowNorm } from '../editor/flow/picture.mjs'
import { t } from './strings.mjs'

/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../editor/base/types.mjs').Track} Track */
/** @typedef {import('../editor/sampling/tracks.mjs').Tracks} Tracks */

/** @type {WeakMap<Document, Tracks>} */
const sampled = new WeakMap()

/**
 * @param {Document} document
 * @returns {Tracks} on its own canvas
 */
export function tracksOf(document) {
  let tracks = sampled.get(document)
  if (tracks === undefined) {
    tracks = sampleTracks(document)
    sampled.set(document, tracks)
  }
  return tracks
}

/** @type {WeakMap<Document, Readonly<{ wired: readonly Track[], tracks: Tracks }>>} */
const together = new WeakMap()

/**
 * All that the model gets: what is wired into the node comes first, muted tracks don't come at all.
 * @param {Document} document
 * @param {readonly Track[]} wired on the same canvas
 * @returns {Tracks}
 */
export function modelTracksOf(document, wired) {
  const handed = handedOn(document)
  if (wired.length === 0 && handed === document) return tracksOf(document)
  let found = together.get(document)
  if (found?.wired !== wired) {
    found = { wired, tracks: sampleTracks({ ...document, tracks: [...wired, ...handed.tracks] }) }
    together.set(document, found)
  }
  return found.tracks
}

/** @type {WeakMap<Tracks, number>} */
const norms = new WeakMap()

/** Of so many places, tracks times frames, the norm is found in a few ms; of more it comes from the worker. */
const PLACES_AT_ONCE = 400

/**
 * The norm of the clip: how long the longest flow of all its frames is.
 * @param {Tracks} tracks
 * @returns {number | null} null: not known yet
 */
export function normOf(tracks) {
  if (!norms.has(tracks) && tracks.count * tracks.frames <= PLACES_AT_ONCE) keepNorm(tracks, flowNorm(tracks))
  return norms.get(tracks) ?? null
}

/**
 * @param {Tracks} tracks
 * @param {number} norm
 */
export function keepNorm(tracks, norm) {
  norms.set(tracks, norm)
}

/** @type {WeakMap<Document, Readonly<{ wired: readonly Track[], warnings: ReturnType<typeof findWarnings> }>>} */
const warned = new WeakMap()

/**
 * Where the model would not see a drawn track as it was meant; nothing is said of muted ones.
 * @param {Document} document
 * @param {readonly Track[]} wired on the same canvas: the fastest of all tracks sets the scale
 * @returns {ReturnType<typeof findWarnings> | null} null: not known yet
 */
export function warningsOf(document, wired) {
  let found = warned.get(document)
  if (found?.wired !== wired) {
    const norm = normOf(modelTracksOf(document, wired))
    if (norm === null) return null
    const all = findWarnings(tracksOf(document), norm)
    found = {
      wired,
      warnings: ofCamera(
        document,
        all.filter(({ track }) => !document.tracks[track].muted),
      ),
    }
    warned.set(document, found)
  }
  return found.warnings
}

/**
 * Of the camera only what holds for all of its tracks, and once: some of its points leave the picture, or hardly move,
 * whatever it does.
 * @param {Document} document
 * @param {ReturnType<typeof findWarnings>} warnings
 * @returns {ReturnType<typeof findWarnings>}
 */
function ofCamera(document, warnings) {
  const count = document.camera?.ids.length ?? 0
  if (count === 0) return warnings
  /** @type {(warning: typeof warnings[number]) => boolean} */
  const isCameras = ({ track }) => isCameraTrack(document, document.tracks[track].id)
  /** @type {Map<string, { first: typeof warnings[number], tracks: Set<number> }>} */
  const kinds = new Map()
  for (const warning of warnings.filter(isCameras)) {
    const kind = kinds.get(warning.kind) ?? { first: warning, tracks: new Set() }
    kinds.set(warning.kind, kind)
    kind.tracks.add(warning.track)
  }
  return warnings.filter((warning) => {
    const kind = kinds.get(warning.kind)
    return !isCameras(warning) || (kind?.first === warning && kind.tracks.size === count)
  })
}

/** Colours that are told apart by people who see colours in other ways too, on light and on dark. */
export const PALETTE = Object.freeze([
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#cc79a7',
  '#d55e00',
  '#7b9cff',
  '#b8de6f',
])

/**
 * @param {EditorTrack} track
 * @returns {string}
 */
export function colorOf(track) {
  return track.color ?? PALETTE[(track.id - 1) % PALETTE.length]
}

/**
 * @param {Document} document
 * @param {EditorTrack} track
 * @returns {string}
 */
export function nameOf(document, track) {
  if (isCameraTrack(document, track.id)) return t('camera')
  if (track.name) return track.name
  const drawn =
    document.camera === null ? document.tracks : document.tracks.filter((one) => !isCameraTrack(document, one.id))
  return t('track', { number: drawn.indexOf(track) + 1 })
}
