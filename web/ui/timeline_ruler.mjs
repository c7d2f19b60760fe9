// The numbers over the timeline: frames counted from 1, or seconds.

import { placeOf, ticks } from '../editor/view/timescale.mjs'
import { el } from './dom.mjs'

/** @typedef {import('../editor/view/timescale.mjs').Stretch} Stretch */

const SVG = 'http://www.w3.org/2000/svg'
const HEIGHT_PX = 18
const TALL_PX = 6
const SHORT_PX = 3

/** @param {Record<string, string | number | boolean>} attributes */
export function makeRuler(attributes) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'tora-ticks')
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('height', String(HEIGHT_PX))
  const element = el('div', 'ruler', attributes)
  element.append(svg)
  let shown = ''
  /**
   * @param {Stretch} stretch
   * @param {Readonly<{ frames: number, fps: number, seconds: boolean, width: number }>} options width: laid-out px
   */
  const update = (stretch, { frames, fps, seconds, width }) => {
    const wanted = [stretch.from, stretch.to, frames, fps, seconds, width].join()
    if (wanted === shown || width === 0) return
    shown = wanted
    svg.setAttribute('width', String(width))
    let tall = ''
    let short = ''
    /** @type {SVGTextElement[]} */
    const labels = []
    for (const { at, label } of ticks(stretch, { fps, width, seconds })) {
      if (at > frames - 1) continue // one frame lies at the start of a timeline that is not empty
      const x = Math.round(placeOf(stretch, at) * width) + 0.5
      if (label === null) short += `M${x} ${HEIGHT_PX}v${-SHORT_PX}`
      else {
        tall += `M${x} ${HEIGHT_PX}v${-TALL_PX}`
        const text = document.createElementNS(SVG, 'text')
        text.setAttribute('x', String(x))
        text.setAttribute('y', '10')
        text.textContent = label
        labels.push(text)
      }
    }
    svg.replaceChildren(path('tora-short', short), path('tora-tall', tall), ...labels)
  }
  return { element, update }
}

/**
 * @param {string} name
 * @param {string} d
 */
function path(name, d) {
  const element = document.createElementNS(SVG, 'path')
  element.setAttribute('class', name)
  element.setAttribute('d', d)
  return element
}
