// The camera on the drawing area: a small arrow for each of its tracks; when it is chosen, the frame to take hold of.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { trackFrames } from '../editor/sampling/sample.mjs'
import { toScreen } from '../editor/view/view.mjs'
import { cameraKnobs, isCameraAtHand, sightFrame } from './camera_box.mjs'
import { colorOf } from './derived.mjs'

/** @typedef {import('./painter.mjs').Scene} Scene */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {Readonly<{ x: number, y: number }>} Place */

const HALO = 'rgba(0, 0, 0, .4)'
const LIGHT = '#fff'
const HEAD_PX = 6

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
export function paintCamera(g, scene) {
  const { document, selection } = scene.model
  const tracks = document.tracks.filter((track) => isCameraTrack(document, track.id) && !track.hidden)
  if (tracks.length === 0) return
  const chosen = selection.has(tracks[0].id)
  g.save()
  g.lineCap = g.lineJoin = 'round'
  g.globalAlpha = tracks[0].muted || tracks[0].locked ? 0.4 : chosen ? 0.95 : 0.7
  if (tracks[0].muted) g.setLineDash([1, 5])
  const arrows = new Path2D()
  const dots = new Path2D()
  for (const track of tracks) addArrow(arrows, dots, scene, track)
  g.strokeStyle = HALO
  g.lineWidth = 2.5
  g.stroke(arrows)
  g.strokeStyle = g.fillStyle = colorOf(tracks[0])
  g.lineWidth = 1.5
  g.stroke(arrows)
  g.setLineDash([])
  g.strokeStyle = HALO
  g.lineWidth = 2.5
  g.stroke(dots)
  g.fill(dots)
  g.restore()
  if (chosen) paintSight(g, scene)
}

/**
 * The way of one point of the scene, a head at its end, and a dot where it is now.
 * @param {Path2D} arrows
 * @param {Path2D} dots
 * @param {Scene} scene
 * @param {EditorTrack} track
 */
function addArrow(arrows, dots, { model, view }, track) {
  const { frames } = model.document
  const { points } = trackFrames(track, frames)
  const at = (/** @type {number} */ frame) => toScreen(view, { x: points[2 * frame], y: points[2 * frame + 1] })
  const line = track.points.map((point) => toScreen(view, point))
  line.forEach(({ x, y }, i) => (i === 0 ? arrows.moveTo(x, y) : arrows.lineTo(x, y)))
  const end = line[line.length - 1]
  const before = line.findLast(({ x, y }) => Math.hypot(end.x - x, end.y - y) > HEAD_PX)
  if (before) {
    const angle = Math.atan2(end.y - before.y, end.x - before.x)
    for (const side of [-0.5, 0.5]) {
      arrows.moveTo(end.x, end.y)
      arrows.lineTo(end.x - HEAD_PX * Math.cos(angle + side), end.y - HEAD_PX * Math.sin(angle + side))
    }
  }
  const now = at(Math.min(model.frame, frames - 1))
  dots.moveTo(now.x + 2.25, now.y)
  dots.arc(now.x, now.y, 2.25, 0, 7)
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
function paintSight(g, { model, view, colors, gesture }) {
  const { document, selection, tool, frame } = model
  const settings = document.camera?.settings
  if (!settings || tool !== 'select' || (gesture && gesture.kind !== 'camera')) return
  const outline = (/** @type {number} */ time) => {
    const corners = sightFrame(settings, document, time).corners.map((corner) => toScreen(view, corner))
    const path = new Path2D()
    corners.forEach(({ x, y }, i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)))
    path.closePath()
    return path
  }
  g.save()
  g.lineJoin = 'round'
  g.strokeStyle = colors.accent
  g.globalAlpha = 0.55
  g.lineWidth = 1
  g.setLineDash([2, 4])
  g.stroke(outline(Math.min(frame / Math.max(document.frames - 1, 1), 1)))
  g.setLineDash([])
  g.globalAlpha = 1
  g.strokeStyle = HALO
  g.lineWidth = 3.5
  g.stroke(outline(1))
  g.strokeStyle = colors.accent
  g.lineWidth = 1.5
  g.stroke(outline(1))
  if (isCameraAtHand(document, selection)) {
    for (const { kind, x, y } of cameraKnobs(settings, document, view)) {
      g.beginPath()
      if (kind === 'zoom') g.rect(x - 4, y - 4, 8, 8)
      else g.arc(x, y, kind === 'pan' ? 6 : 4.5, 0, 7)
      g.fillStyle = LIGHT
      g.fill()
      g.stroke()
      if (kind !== 'pan') continue
      g.beginPath()
      g.moveTo(x - 3, y)
      g.lineTo(x + 3, y)
      g.moveTo(x, y - 3)
      g.lineTo(x, y + 3)
      g.stroke()
    }
  }
  g.restore()
}
