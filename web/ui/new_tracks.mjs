// What new tracks get.

import { PALETTE } from './derived.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('../editor/base/types.mjs').Document} Document */

/**
 * @param {Model} model
 * @returns {import('../editor/draw/presets.mjs').PresetOptions}
 */
export function presetOptions(model) {
  return PRESETS_WITH_COUNT.includes(model.preset) ? { count: model.presetCount } : {}
}

/** @type {readonly string[]} */
export const PRESETS_WITH_COUNT = ['spiral', 'wave', 'zigzag', 'shake', 'bounce']

/**
 * @param {Document} document
 * @returns {string} a colour that the fewest tracks have
 */
export function nextColor(document) {
  const uses = PALETTE.map((color) => document.tracks.filter((track) => track.color === color).length)
  return PALETTE[uses.indexOf(Math.min(...uses))]
}
