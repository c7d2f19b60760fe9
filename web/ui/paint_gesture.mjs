// What a gesture under way shows beside the drawing: the raw stroke, the selection box, snap lines, the pen's next
// line.

import { findTrack } from '../editor/edit/change.mjs'
import { toScreen } from '../editor/view/view.mjs'

/** @typedef {import('./painter.mjs').Scene} Scene */

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
export function paintGesture(g, scene) {
  const { gesture, view, colors, size, model, pointer } = scene
  if (gesture?.kind === 'stroke') {
    g.beginPath()
    for (const sample of gesture.samples) {
      const { x, y } = toScreen(view, sample)
      g.lineTo(x, y)
    }
    g.lineJoin = g.lineCap = 'round'
    g.strokeStyle = 'rgba(0, 0, 0, .62)'
    g.lineWidth = 4.5
    g.stroke()
    g.strokeStyle = colors.accent
    g.lineWidth = 2.5
    g.stroke()
  }
  if (gesture?.kind === 'box') {
    const a = toScreen(view, gesture.from)
    const b = toScreen(view, gesture.to)
    g.globalAlpha = 0.15
    g.fillStyle = colors.accent
    g.fillRect(a.x, a.y, b.x - a.x, b.y - a.y)
    g.globalAlpha = 1
    g.strokeStyle = colors.accent
    g.lineWidth = 1
    g.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y)
  }
  if (gesture && 'guides' in gesture) {
    g.strokeStyle = colors.accent
    g.lineWidth = 1
    g.setLineDash([3, 3])
    g.beginPath()
    for (const { axis, at } of gesture.guides) {
      const line = toScreen(view, { x: at, y: at })[axis]
      if (axis === 'x') g.rect(line, 0, 0, size.height)
      else g.rect(0, line, size.width, 0)
    }
    g.stroke()
    g.setLineDash([])
  }
  if (!gesture && model.tool === 'pen' && model.penTrack !== null && pointer) {
    const last = findTrack(model.document, model.penTrack)?.points.at(-1)
    if (!last) return
    const from = toScreen(view, last)
    g.beginPath()
    g.moveTo(from.x, from.y)
    g.lineTo(pointer.x, pointer.y)
    g.setLineDash([5, 4])
    g.strokeStyle = colors.accent
    g.lineWidth = 1.5
    g.stroke()
    g.setLineDash([])
  }
}
