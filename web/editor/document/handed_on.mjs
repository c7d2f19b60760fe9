// What leaves the editor of a drawing: the tracks that are not muted.

/** @typedef {import('../base/types.mjs').EditorTrack} EditorTrack */

/**
 * The drawing as the model gets it, and as it goes into files.
 * @template {Readonly<{ tracks: readonly EditorTrack[] }>} T
 * @param {T} document
 * @returns {T} the same object where nothing is muted
 */
export function handedOn(document) {
  if (document.tracks.every((track) => !track.muted)) return document
  return /** @type {T} */ ({ ...document, tracks: document.tracks.filter((track) => !track.muted) })
}
