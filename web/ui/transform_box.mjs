// The box round chosen tracks, with knobs to scale and to turn them.

import { rotation, scaling } from '../editor/base/geometry.mjs'
import { isCameraTrack } from '../editor/camera/members.mjs'
import { toScreen } from '../editor/view/view.mjs'

/** @typedef {import('../editor/base/geometry.mjs').Matrix} Matrix */
/** @typedef {import('../editor/base/types.mjs').Box} Box */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */
/** @typedef {import('../editor/view/view.mjs').View} View */
/**
 * x, y: screen px.
 * @typedef {Readonly<{ kind: 'scale' | 'rotate', right: boolean, bottom: boolean, x: number, y: number }>} Knob
 */

/** So far outside the points the box is drawn: its corners must not cover them. */
export const BOX_GAP_PX = 12
const ROTATE_REACH_PX = 18

/**
 * @param {Document} document
 * @param {Selection} selection
 * @returns {boolean} whether there is something to scale: a whole track of more than one point, or several points
 */
export function isTransformable(document, selection) {
  let count = 0
  for (const [id, indexes] of selection) {
    const track = document.tracks.find((other) => other.id === id)
    if (!track || track.locked || track.hidden || isCameraTrack(document, id)) continue
    count += indexes.length || track.points.length
  }
  return count > 1
}

/**
 * @param {Box} box image px
 * @param {View} view
 * @returns {Knob[]}
 */
export function knobs(box, view) {
  const a = toScreen(view, { x: box.left, y: box.top })
  const b = toScreen(view, { x: box.right, y: box.bottom })
  /** @type {Knob[]} */
  const corners = [false, true].flatMap((bottom) =>
    [false, true].map((right) => ({
      kind: 'scale',
      right,
      bottom,
      x: right ? b.x + BOX_GAP_PX : a.x - BOX_GAP_PX,
      y: bottom ? b.y + BOX_GAP_PX : a.y - BOX_GAP_PX,
    })),
  )
  const top = a.y - BOX_GAP_PX - ROTATE_REACH_PX
  return [...corners, { kind: 'rotate', right: false, bottom: false, x: (a.x + b.x) / 2, y: top }]
}

/**
 * @param {readonly Knob[]} all
 * @param {Readonly<{ x: number, y: number }>} at screen px
 * @param {number} reach
 * @returns {Knob | null}
 */
export function knobAt(all, at, reach) {
  return all.find((knob) => Math.hypot(knob.x - at.x, knob.y - at.y) <= reach) ?? null
}

/**
 * The map that a dragged knob asks for. Scaling is about the opposite corner, turning about the middle.
 * @param {Box} box
 * @param {Knob} knob
 * @param {Readonly<{ x: number, y: number }>} from image px
 * @param {Readonly<{ x: number, y: number }>} to
 * @param {{ even: boolean, center: boolean }} options even: same factor both ways, or steps of 15 degrees;
 *   center: about the middle
 * @returns {Matrix}
 */
export function knobMatrix(box, knob, from, to, { even, center }) {
  const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
  if (knob.kind === 'rotate') {
    const angle = Math.atan2(to.y - middle.y, to.x - middle.x) - Math.atan2(from.y - middle.y, from.x - middle.x)
    const degrees = (angle * 180) / Math.PI
    return rotation(even ? Math.round(degrees / 15) * 15 : degrees, middle.x, middle.y)
  }
  const about = center ? middle : { x: knob.right ? box.left : box.right, y: knob.bottom ? box.top : box.bottom }
  /** @type {(a: number, b: number, pivot: number, length: number) => number} */
  const factor = (a, b, pivot, length) => (length > 0 && Math.abs(a - pivot) > 1e-6 ? (b - pivot) / (a - pivot) : 1)
  let sx = factor(from.x, to.x, about.x, box.right - box.left)
  let sy = factor(from.y, to.y, about.y, box.bottom - box.top)
  if (even) sx = sy = Math.abs(sx - 1) > Math.abs(sy - 1) ? sx : sy
  return scaling(sx, sy, about.x, about.y)
}
