// Tracks on the drawing area: path, frame dots, points, handles, and where the track is now.

import { isCameraTrack } from '../editor/camera/members.mjs'
import { pathOf } from '../editor/curves/path.mjs'
import { trackFrames } from '../editor/sampling/sample.mjs'
import { selectionBox } from '../editor/edit/transform.mjs'
import { isSelected } from '../editor/edit/selection.mjs'
import { toScreen } from '../editor/view/view.mjs'
import { colorOf } from './derived.mjs'
import { paintCamera } from './paint_camera.mjs'
import { BOX_GAP_PX, isTransformable, knobs } from './transform_box.mjs'

/** @typedef {import('./painter.mjs').Scene} Scene */
/** @typedef {import('../editor/base/types.mjs').EditorTrack} EditorTrack */
/** @typedef {import('../editor/curves/path.mjs').Path} Path */

const HALO = 'rgba(0, 0, 0, .62)'
const LIGHT = '#fff'

/** Screen px. */
const LOCKED_DASHES = [5, 4]
const MUTED_DASHES = [1, 5]
const WIRED_DASHES = [4, 4]

/** @type {WeakMap<Path, Path2D>} in image px */
const outlines = new WeakMap()

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
export function paintTracks(g, scene) {
  const { document, selection } = scene.model
  const shown = document.tracks.filter((track) => !track.hidden && !isCameraTrack(document, track.id))
  const order = [
    ...shown.filter((track) => !selection.has(track.id)),
    ...shown.filter((track) => selection.has(track.id)),
  ]
  for (const track of scene.model.wired) paintWired(g, scene, track)
  paintCamera(g, scene)
  for (const track of order) paintPath(g, scene, track)
  for (const track of order) {
    const chosen = selection.has(track.id)
    if (chosen && !track.muted) paintFrameDots(g, scene, track)
    paintPoints(g, scene, track, chosen)
    paintNow(g, scene, track)
  }
  paintBox(g, scene)
}

/**
 * @param {Path} path
 * @returns {Path2D}
 */
function outlineOf(path) {
  const known = outlines.get(path)
  if (known) return known
  const { nodes, cubics } = path
  const line = new Path2D()
  line.moveTo(nodes[0], nodes[1])
  for (let i = 1; i < nodes.length / 2; i++) {
    const c = 8 * (i - 1)
    if (cubics === null) line.lineTo(nodes[2 * i], nodes[2 * i + 1])
    else line.bezierCurveTo(cubics[c + 2], cubics[c + 3], cubics[c + 4], cubics[c + 5], cubics[c + 6], cubics[c + 7])
  }
  outlines.set(path, line)
  return line
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {EditorTrack} track
 */
function paintPath(g, { model, view, hover }, track) {
  if (track.points.length < 2) return
  const chosen = model.selection.has(track.id)
  const near = hover?.id === track.id
  const line = outlineOf(pathOf(track))
  g.save()
  g.transform(view.scale, 0, 0, view.scale, view.x, view.y)
  g.lineJoin = 'round'
  g.lineCap = 'round'
  const dashes = track.muted ? MUTED_DASHES : track.locked ? LOCKED_DASHES : []
  g.globalAlpha = dashes.length > 0 ? 0.45 : 1
  g.setLineDash(dashes.map((length) => length / view.scale))
  g.strokeStyle = HALO
  g.lineWidth = (chosen || near ? 5 : 3.5) / view.scale
  g.stroke(line)
  g.strokeStyle = colorOf(track)
  g.lineWidth = (chosen || near ? 2.5 : 1.75) / view.scale
  g.stroke(line)
  g.restore()
}

/**
 * A track that comes by a wire: seen, but not to be edited.
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {import('../editor/base/types.mjs').Track} track
 */
function paintWired(g, { model, view, colors }, track) {
  g.save()
  g.transform(view.scale, 0, 0, view.scale, view.x, view.y)
  g.lineWidth = 3 / view.scale
  g.strokeStyle = HALO
  g.stroke(outlineOf(pathOf(track)))
  g.setLineDash(WIRED_DASHES.map((length) => length / view.scale))
  g.lineWidth = 1.5 / view.scale
  g.strokeStyle = colors.wired
  g.stroke(outlineOf(pathOf(track)))
  g.restore()
  paintRing(g, model, view, track, colors.wired, 5)
}

/** Dots nearer together than this would be a smear, screen px. */
const DOT_GAP_PX = 3

/**
 * A dot for each frame: near together where the track is slow.
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {EditorTrack} track
 */
function paintFrameDots(g, { model, view }, track) {
  const { points, visible } = trackFrames(track, model.document.frames)
  g.fillStyle = LIGHT
  g.strokeStyle = HALO
  g.lineWidth = 1
  g.beginPath()
  let [lastX, lastY] = [NaN, NaN]
  for (let frame = 0; frame < visible.length; frame++) {
    if (!visible[frame]) continue
    const { x, y } = toScreen(view, { x: points[2 * frame], y: points[2 * frame + 1] })
    if (Math.hypot(x - lastX, y - lastY) < DOT_GAP_PX) continue
    g.moveTo(x + 1.6, y)
    g.arc(x, y, 1.6, 0, 7)
    ;[lastX, lastY] = [x, y]
  }
  g.stroke()
  g.fill()
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {EditorTrack} track
 * @param {boolean} chosen
 */
function paintPoints(g, { model, view, hover, colors }, track, chosen) {
  if (track.locked) return
  const color = colorOf(track)
  const shape = track.curve === 'bezier'
  if (chosen && shape) paintHandles(g, model, view, track)
  const last = track.points.length - 1
  track.points.forEach((point, index) => {
    const { x, y } = toScreen(view, point)
    const picked = chosen && isSelected(model.selection, track.id, index)
    const near = hover?.kind === 'point' && hover.id === track.id && hover.index === index
    const end = index === 0 || index === last
    if (!chosen && !near && !end) return
    const r = (chosen ? 4 : 3) + (near ? 1.5 : 0)
    g.beginPath()
    if (point.t !== undefined) diamond(g, x, y, r + 1.5)
    else if (index === 0 && last > 0) g.rect(x - r, y - r, 2 * r, 2 * r)
    else g.arc(x, y, r, 0, 7)
    g.lineWidth = 3.5
    g.strokeStyle = HALO
    g.stroke()
    g.fillStyle = picked ? colors.accent : color
    g.fill()
    g.lineWidth = 1.5
    g.strokeStyle = LIGHT
    if (chosen || near) g.stroke()
  })
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
function diamond(g, x, y, r) {
  g.moveTo(x, y - r)
  g.lineTo(x + r, y)
  g.lineTo(x, y + r)
  g.lineTo(x - r, y)
  g.closePath()
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene['model']} model
 * @param {Scene['view']} view
 * @param {EditorTrack} track
 */
function paintHandles(g, model, view, track) {
  for (const index of model.selection.get(track.id) ?? []) {
    const point = track.points[index]
    if (!point) continue
    const from = toScreen(view, point)
    for (const offset of [point.in, point.out]) {
      if (!offset || (offset[0] === 0 && offset[1] === 0)) continue
      const to = toScreen(view, { x: point.x + offset[0], y: point.y + offset[1] })
      g.beginPath()
      g.moveTo(from.x, from.y)
      g.lineTo(to.x, to.y)
      g.strokeStyle = HALO
      g.lineWidth = 3
      g.stroke()
      g.strokeStyle = LIGHT
      g.lineWidth = 1
      g.stroke()
      g.beginPath()
      g.arc(to.x, to.y, 3.5, 0, 7)
      g.strokeStyle = HALO
      g.lineWidth = 3
      g.stroke()
      g.fillStyle = LIGHT
      g.fill()
    }
  }
}

/**
 * Where the track is in the current frame: a ring; faint where it is invisible.
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {EditorTrack} track
 */
function paintNow(g, { model, view }, track) {
  paintRing(g, model, view, track, colorOf(track), 7.5)
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene['model']} model
 * @param {Scene['view']} view
 * @param {import('../editor/base/types.mjs').Track} track
 * @param {string} color
 * @param {number} radius screen px
 */
function paintRing(g, model, view, track, color, radius) {
  const { frames } = model.document
  const { points, visible } = trackFrames(track, frames)
  const frame = Math.min(model.frame, frames - 1)
  const { x, y } = toScreen(view, { x: points[2 * frame], y: points[2 * frame + 1] })
  g.globalAlpha = visible[frame] ? 1 : 0.35
  g.beginPath()
  g.arc(x, y, radius, 0, 7)
  g.strokeStyle = HALO
  g.lineWidth = 4
  g.stroke()
  g.strokeStyle = color
  g.lineWidth = 2
  g.stroke()
  g.globalAlpha = 1
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
function paintBox(g, { model, view, colors, gesture }) {
  if (model.tool !== 'select' || (gesture && gesture.kind !== 'transform')) return
  const box = isTransformable(model.document, model.selection) && selectionBox(model.document, model.selection)
  if (!box) return
  const a = toScreen(view, { x: box.left, y: box.top })
  const b = toScreen(view, { x: box.right, y: box.bottom })
  g.setLineDash([4, 3])
  g.strokeStyle = colors.accent
  g.lineWidth = 1
  const gap = BOX_GAP_PX
  g.strokeRect(a.x - gap, a.y - gap, b.x - a.x + 2 * gap, b.y - a.y + 2 * gap)
  g.setLineDash([])
  for (const knob of knobs(box, view)) {
    g.beginPath()
    if (knob.kind === 'rotate') g.arc(knob.x, knob.y, 4.5, 0, 7)
    else g.rect(knob.x - 3.5, knob.y - 3.5, 7, 7)
    g.fillStyle = LIGHT
    g.fill()
    g.strokeStyle = colors.accent
    g.lineWidth = 1.5
    g.stroke()
  }
}
