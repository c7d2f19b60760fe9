// Snapping of a pointer by the settings.

import { snap, snapAngle } from '../editor/draw/snap.mjs'
import { isSelected } from '../editor/edit/selection.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./pointer.mjs').Pointer} Pointer */
/** @typedef {import('../editor/base/types.mjs').ImagePoint} ImagePoint */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */

/** Screen px. */
const NEAR_PX = 6

/**
 * @param {Model} model
 * @param {ImagePoint} at
 * @param {Pointer} pointer Alt switches snapping off
 * @param {ImagePoint | null} [origin] with shift: in steps of 15 degrees about it
 * @param {Selection} [moving] points that are not snapped to
 */
export function snapped(model, at, pointer, origin = null, moving = new Map()) {
  if (pointer.alt) return { ...at, guides: [] }
  if (pointer.shift && origin) return { ...snapAngle(origin, at), guides: [] }
  const { document, settings } = model
  const others = settings.snapPoints
    ? document.tracks
        .filter((track) => !track.hidden)
        .flatMap((track) => track.points.filter((_, i) => !isSelected(moving, track.id, i)))
    : []
  return snap(at, {
    width: document.width,
    height: document.height,
    withinPx: (NEAR_PX * pointer.zoom) / pointer.view.scale,
    gridPx: settings.snapGrid ? settings.gridPx : null,
    center: settings.snapCenter,
    edges: settings.snapEdges,
    points: others,
  })
}
