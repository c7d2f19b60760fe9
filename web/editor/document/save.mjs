// The one saved dict: { version, trajectory, editor }.

import { writeCamera } from './camera.mjs'
import { SETTING_DEFAULTS, writeSettings } from './settings.mjs'
import { writeTrajectory } from './write.mjs'

/** @typedef {import('../base/types.mjs').Document} Document */
/** @typedef {import('./settings.mjs').Settings} Settings */

export const STATE_VERSION = 1

/**
 * The dict to be saved, made of fresh plain values; compact, and the same for the same drawing.
 * @param {Document} document
 * @param {Settings} [settings]
 * @param {Readonly<Record<string, unknown>>} [other] what loadState gave back of `editor`
 */
export function saveState(document, settings = SETTING_DEFAULTS, other = {}) {
  /** @type {(chosen: (track: Document['tracks'][number]) => boolean) => number[]} */
  const places = (chosen) => document.tracks.flatMap((track, i) => (chosen(track) ? [i] : []))
  const hidden = places((track) => track.hidden)
  const locked = places((track) => track.locked)
  const camera = writeCamera(document)
  const muted = places((track) => track.muted)
  return {
    version: STATE_VERSION,
    trajectory: writeTrajectory(document),
    editor: {
      ...other,
      ...(hidden.length > 0 && { hidden }),
      ...(locked.length > 0 && { locked }),
      ...(muted.length > 0 && { muted }),
      ...(camera !== null && { camera }),
      ...writeSettings(settings),
      ...(document.kept.length > 0 && { kept: document.kept }),
    },
  }
}
