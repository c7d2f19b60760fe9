// Two clicks in quick succession.

import { findTrack } from '../editor/edit/change.mjs'
import { clearHandles, smoothHandles } from '../editor/edit/handles.mjs'
import { insertPoint } from '../editor/edit/points.mjs'
import { selectPoints } from '../editor/edit/selection.mjs'
import { pick } from '../editor/view/picking.mjs'
import { reachOf } from './pointer.mjs'

/** @typedef {import('./pointer.mjs').Pointer} Pointer */
/** @typedef {import('./model.mjs').Model} Model */

/**
 * Twice on a path: a new point; on a bezier's point: corner or smooth. With the pen: done.
 * @param {Model} model
 * @param {Pointer} pointer
 * @returns {boolean} whether it meant something
 */
export function onDouble(model, pointer) {
  if (model.tool === 'pen' && model.penTrack !== null) {
    model.become({ penTrack: null })
    return true
  }
  if (model.tool !== 'select') return false
  const options = { selection: model.selection, reach: reachOf(pointer) }
  const hit = pick(model.document, pointer.view, pointer.at, options)
  if (hit?.kind === 'path') {
    const { document, index } = insertPoint(model.document, hit.id, hit)
    if (index >= 0) model.edit(document, selectPoints(hit.id, [index]))
    return index >= 0
  }
  const track = hit?.kind === 'point' ? findTrack(model.document, hit.id) : undefined
  if (hit?.kind !== 'point' || track?.curve !== 'bezier') return false
  const chosen = selectPoints(hit.id, [hit.index])
  const point = track.points[hit.index]
  const corner = point.in === undefined && point.out === undefined
  model.edit((corner ? smoothHandles : clearHandles)(model.document, chosen), chosen)
  return true
}
