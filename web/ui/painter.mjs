// The drawing area: background, motion picture, frame and grid, then the tracks. Everything is drawn anew, and only
// when something changed.

import { placed } from '../editor/view/placing.mjs'
import { toScreen } from '../editor/view/view.mjs'
import { paintTracks } from './paint_tracks.mjs'
import { paintGesture } from './paint_gesture.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./gestures.mjs').Gesture} Gesture */
/** @typedef {import('../editor/view/view.mjs').View} View */
/** @typedef {import('../editor/view/view.mjs').Size} Size */
/** @typedef {import('../editor/view/picking.mjs').Hit} Hit */
/** @typedef {import('./backings.mjs').Shown} Shown */

/**
 * @typedef {Readonly<{
 *   model: Model, view: View, size: Size, density: number, colors: Colors, background: Shown | null,
 *   flow: ImageBitmap | null, gesture: Gesture | null, hover: Hit | null,
 *   pointer: Readonly<{ x: number, y: number }> | null,
 * }>} Scene
 */

/** @typedef {Readonly<{ around: string, paper: string, line: string, text: string, accent: string, wired: string }>}
 *   Colors */

/**
 * The host's theme as it is now.
 * @param {Element} element
 * @returns {Colors}
 */
export function readColors(element) {
  const style = getComputedStyle(element)
  /** @type {(name: string) => string} */
  const value = (name) => style.getPropertyValue(`--tora-${name}`).trim()
  return {
    around: value('around'),
    paper: value('paper'),
    line: value('line'),
    text: value('text'),
    accent: value('accent'),
    wired: value('wired'),
  }
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
export function paint(g, scene) {
  const { size, density, colors } = scene
  g.setTransform(density, 0, 0, density, 0, 0)
  g.fillStyle = colors.around
  g.fillRect(0, 0, size.width, size.height)
  paintFrame(g, scene)
  paintTracks(g, scene)
  paintGesture(g, scene)
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
function paintFrame(g, scene) {
  const { model, view, colors, flow } = scene
  const { settings, document } = model
  const { x, y } = toScreen(view, { x: -0.5, y: -0.5 })
  const width = document.width * view.scale
  const height = document.height * view.scale
  g.save()
  g.shadowColor = 'rgba(0, 0, 0, .35)'
  g.shadowBlur = 8
  g.fillStyle = colors.paper
  g.fillRect(x, y, width, height)
  g.restore()
  g.save()
  g.beginPath()
  g.rect(x, y, width, height)
  g.clip()
  g.imageSmoothingQuality = 'high'
  paintBackground(g, scene)
  if (flow && settings.flowOpacity > 0) {
    g.globalAlpha = settings.flowOpacity
    g.drawImage(flow, x, y, width, height)
  }
  g.globalAlpha = 1
  if (settings.gridShown) paintGrid(g, scene, x, y, width, height)
  g.restore()
  g.strokeStyle = colors.line
  g.lineWidth = 1
  g.strokeRect(Math.round(x) - 0.5, Math.round(y) - 0.5, Math.round(width) + 1, Math.round(height) + 1)
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 */
function paintBackground(g, { model, view, background }) {
  if (background === null) return
  const { document, settings } = model
  const { image, size } = background
  const { from, to } = placed(size, document, settings.backgroundFit)
  const { width, height } = sizeOf(image)
  const [across, down] = [width / size.width, height / size.height] // the image may be a smaller copy
  const corner = toScreen(view, { x: to.x - 0.5, y: to.y - 0.5 })
  g.globalAlpha = settings.backgroundOpacity
  g.drawImage(
    image,
    from.x * across,
    from.y * down,
    from.width * across,
    from.height * down,
    corner.x,
    corner.y,
    to.width * view.scale,
    to.height * view.scale,
  )
}

/**
 * @param {Shown['image']} image
 * @returns {Size}
 */
function sizeOf(image) {
  if (image instanceof HTMLImageElement) return { width: image.naturalWidth, height: image.naturalHeight }
  if (image instanceof HTMLVideoElement) return { width: image.videoWidth, height: image.videoHeight }
  return { width: image.width, height: image.height }
}

/** Lines nearer together than this are not drawn, screen px. */
const NARROWEST_GRID_PX = 5

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function paintGrid(g, { model, view, colors }, x, y, width, height) {
  const step = model.settings.gridPx
  if (step * view.scale < NARROWEST_GRID_PX) return
  g.strokeStyle = colors.line
  g.globalAlpha = 0.45
  g.lineWidth = 1
  g.beginPath()
  for (let at = 0; at < model.document.width; at += step) {
    const line = Math.round(toScreen(view, { x: at, y: 0 }).x) + 0.5
    g.moveTo(line, y)
    g.lineTo(line, y + height)
  }
  for (let at = 0; at < model.document.height; at += step) {
    const line = Math.round(toScreen(view, { x: 0, y: at }).y) + 0.5
    g.moveTo(x, line)
    g.lineTo(x + width, line)
  }
  g.stroke()
  g.globalAlpha = 1
}
