// What follows from a document, found once for each.

import { sampleTracks } from '../editor/sampling/tracks.mjs'
import { findWarnings } from '../editor/readout/warnings.mjs'
import { flowNorm } from '../editor/flow/picture.mjs'
import { t } from './strings.mjs'

/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
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

/** @type {WeakMap<Document, ReturnType<typeof findWarnings>>} */
const warned = new WeakMap()

/**
 * @param {Document} document
 * @returns {ReturnType<typeof findWarnings>}
 */
export function warningsOf(document) {
  let warnings = warned.get(document)
  if (warnings === undefined) {
    const tracks = tracksOf(document)
    warnings = findWarnings(tracks, flowNorm(tracks))
    warned.set(document, warnings)
  }
  return warnings
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
  return track.name || t('track', { number: document.tracks.indexOf(track) + 1 })
}
