// When the chosen track is there: its bar with both ends, its pinned points, and below them where it is visible.

import { KEY_GAP } from '../editor/time/keys.mjs'
import { placeOf, spread } from '../editor/view/timescale.mjs'
import { colorOf, nameOf, warningsOf } from './derived.mjs'
import { el, toggleClass } from './dom.mjs'
import { t } from './strings.mjs'
import { canShift, laneOf, nameOfMark } from './timeline_marks.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./timeline_marks.mjs').Lane} Lane */
/** @typedef {import('./timeline_marks.mjs').Mark} Mark */
/** @typedef {import('../editor/view/timescale.mjs').Stretch} Stretch */

/** Marks nearer together than this are not told apart, laid-out px. */
const MARK_GAP_PX = 9

/**
 * @param {Model} model
 * @param {() => void} onLost called when the mark that has the focus goes
 */
export function makeLane(model, onLost) {
  const bar = el('div', 'bar', { tabindex: -1, role: 'slider' })
  const ends = /** @type {const} */ (['start', 'end']).map((side) =>
    el('div', `grip ${side}`, { tabindex: -1, role: 'slider' }),
  )
  const seen = el('div', 'seen')
  const marks = el('div', 'marks')
  const warnings = el('div', 'marks')
  const empty = el('span', 'dim', {}, t('laneEmpty'))
  const clipped = el('div', 'clipped', {}, seen, bar, ...ends, marks, warnings)
  const element = el('div', 'lane', { role: 'group', 'aria-label': t('lane') }, clipped, empty)
  /** @type {Map<string, HTMLElement>} elements of pins and keys, which keep the focus while they are moved */
  const known = new Map()
  /** @type {Lane | null} */
  let lane = null
  /** @type {readonly Mark[]} those shown, in the order of the arrow keys */
  let shown = []
  /** what has the focus, or would get it by Tab */
  let active = 'bar:0'
  let near = ''

  const elementOf = (/** @type {Mark} */ { kind, index }) => {
    if (kind === 'bar') return bar
    if (kind === 'start' || kind === 'end') return ends[kind === 'start' ? 0 : 1]
    return known.get(nameOfMark({ kind, index, frame: 0 }))
  }

  /** @param {Stretch} stretch @param {number} width laid-out px */
  const place = (stretch, width) => {
    const { selection } = model
    const chosen = selection.get(lane?.track.id ?? 0) ?? []
    /** @type {(list: readonly Mark[], wanted: (mark: Mark) => boolean) => Mark[]} */
    const apart = (list, wanted) => {
      const inside = list.filter(({ frame }) => frame >= stretch.from - 0.5 && frame <= stretch.to + 0.5)
      const places = inside.map(({ frame }) => placeOf(stretch, frame) * width)
      return spread(places, MARK_GAP_PX, (i) => wanted(inside[i])).map((i) => inside[i])
    }
    const isActive = (/** @type {Mark} */ mark) => nameOfMark(mark) === active
    const pins = apart(lane?.pins ?? [], (mark) => isActive(mark) || (chosen.length === 1 && chosen[0] === mark.index))
    const keys = apart(lane?.keys ?? [], isActive)
    shown = lane ? [lane.bar, lane.ends[0], ...pins, ...keys, lane.ends[1]] : []
    const names = new Set([...pins, ...keys].map(nameOfMark))
    for (const [name, old] of known) {
      if (names.has(name)) continue
      if (old === document.activeElement) onLost()
      old.remove()
      known.delete(name)
    }
    for (const mark of [...pins, ...keys]) {
      const name = nameOfMark(mark)
      const one = known.get(name) ?? el('div', `mark ${mark.kind}`, { tabindex: -1, role: 'slider' })
      if (!known.has(name)) {
        known.set(name, one)
        marks.append(one)
      }
      toggleClass(one, 'picked', mark.kind === 'pin' && chosen.includes(mark.index))
    }
    if (!lane) return
    const { from, to } = lane
    for (const mark of shown) {
      const one = elementOf(mark)
      if (!one) continue
      one.style.left = percent(placeOf(stretch, mark.frame))
      describe(one, lane, mark, model.document)
      one.tabIndex = nameOfMark(mark) === active ? 0 : -1
      toggleClass(one, 'near', nameOfMark(mark) === near)
    }
    bar.style.width = percent((to - from) / (stretch.to - stretch.from))
    element.style.setProperty('--tora-track', colorOf(lane.track))
    seen.style.background = shades(lane, stretch)
  }

  let before = /** @type {readonly unknown[]} */ ([])
  /** @type {number | null} the track whose warnings are shown */
  let warnedOf = null
  return {
    element,
    get lane() {
      return lane
    },
    get shown() {
      return shown
    },
    elementOf,
    /** @param {Element | null} target @returns {Mark | undefined} */
    markOf: (target) => shown.find((mark) => elementOf(mark) === target),
    /** @param {Mark} mark @param {boolean} [focus] */
    activate: (mark, focus = true) => {
      active = nameOfMark(mark)
      before = []
      if (focus) elementOf(mark)?.focus({ preventScroll: true })
    },
    /** @param {Mark | null} mark under the pointer */
    hover: (mark) => {
      const name = mark ? nameOfMark(mark) : ''
      if (name === near) return
      near = name
      before = []
    },
    /** @param {Stretch} stretch @param {number} width */
    update: (stretch, width) => {
      const { document, selection, inGesture, wired } = model
      const warned = inGesture ? null : warningsOf(document, wired)
      const now = [document, selection, inGesture, warned, stretch, width, active, near]
      if (now.every((value, i) => value === before[i])) return
      before = now
      lane = laneOf(document, selection.keys())
      toggleClass(empty, 'gone', lane !== null)
      toggleClass(clipped, 'gone', lane === null)
      toggleClass(element, 'locked', lane?.isLocked ?? false)
      toggleClass(bar, 'free', lane !== null && canShift(lane, document.frames))
      place(stretch, width)
      if (!shown.some((mark) => nameOfMark(mark) === active) && lane) {
        active = 'bar:0'
        bar.tabIndex = 0
      }
      if (warned === null && lane?.track.id === warnedOf) return // those of before, for the moment
      warnedOf = lane?.track.id ?? null
      const index = lane ? document.tracks.indexOf(lane.track) : -1
      const found = lane?.isCamera || !warned ? [] : warned.filter(({ track }) => track === index)
      warnings.replaceChildren(
        ...found.map(({ from, to }) => {
          const one = el('div', 'mark bad')
          one.style.left = percent(placeOf(stretch, from - 1))
          one.style.width = percent((to - from + 1) / (stretch.to - stretch.from))
          return one
        }),
      )
    },
  }
}

/**
 * @param {HTMLElement} element
 * @param {Lane} lane
 * @param {Mark} mark
 * @param {Model['document']} document
 */
function describe(element, lane, { kind, index, frame }, document) {
  const name = nameOf(document, lane.track)
  const labels = {
    bar: `${t('trackBar')}: ${name}`,
    start: t('trackStart'),
    end: t('trackEnd'),
    pin: t('pinMark', { number: index + 1, count: lane.track.points.length }),
    shown: t('shownMark'),
    hidden: t('hiddenMark'),
  }
  element.setAttribute('aria-label', labels[kind])
  element.setAttribute('aria-valuemin', '1')
  element.setAttribute('aria-valuemax', String(document.frames))
  element.setAttribute('aria-valuenow', String(Number((frame + 1).toFixed(2))))
  element.setAttribute('aria-valuetext', frameText(frame, document.fps))
}

/**
 * @param {number} frame from 0
 * @param {number} fps
 */
export function frameText(frame, fps) {
  return t('frameAt', { frame: Number((frame + 1).toFixed(2)), seconds: (frame / fps).toFixed(2) })
}

/**
 * Full where the track is visible, bare where it is not.
 * @param {Lane} lane
 * @param {Stretch} stretch
 */
function shades({ track, isCamera, from, to, keys }, stretch) {
  const last = stretch.to - stretch.from
  const first = isCamera || track.before === 'hold' ? -Infinity : from
  const end = isCamera || track.after === 'hold' ? Infinity : to
  const stops = [{ frame: -Infinity, kind: 'shown' }, ...keys].map(({ frame, kind }, i, all) => {
    const [a, b] = [Math.max(frame, first), Math.min(all[i + 1]?.frame ?? Infinity, end)]
    if (kind === 'hidden' || b - a < KEY_GAP) return ''
    const [left, right] = [a, b].map((at) => Math.min(Math.max((at - stretch.from) / last, 0), 1))
    const color = 'var(--tora-track)'
    const place = [left, right].map(percent)
    return `transparent ${place[0]}, ${color} ${place[0]}, ${color} ${place[1]}, transparent ${place[1]}`
  })
  const shown = stops.filter(Boolean).join(', ')
  return shown ? `linear-gradient(to right, ${shown})` : 'none'
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(3)}%`
}
