// What one editor holds, and the only way to change it. Panels and canvas listen, and look at identities to see what
// is another than before.

import { cleaned, NOTHING } from '../editor/edit/selection.mjs'
import { adopt, canRedo, canUndo, commit, redo, select, startHistory, undo } from '../editor/edit/history.mjs'
import { setCanvas } from '../editor/edit/canvas.mjs'
import { changeSettings } from '../editor/document/settings.mjs'
import { DEFAULT_CANVAS, loadState } from '../editor/document/load.mjs'
import { handedOn } from '../editor/document/handed_on.mjs'
import { saveState } from '../editor/document/save.mjs'
import { clamp } from '../editor/base/geometry.mjs'

/** @typedef {import('../editor/base/types.mjs').Canvas} Canvas */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').Selection} Selection */
/** @typedef {import('../editor/document/load.mjs').Loaded} Loaded */
/** @typedef {import('../editor/document/settings.mjs').Settings} Settings */
/** @typedef {import('../editor/edit/history.mjs').History} History */
/** @typedef {import('../editor/draw/presets.mjs').PresetName} PresetName */
/** @typedef {'select' | 'draw' | 'pen' | 'preset' | 'hand'} Tool */

/** @typedef {'tool' | 'preset' | 'presetCount' | 'penTrack' | 'playing' | 'opened'} Shown */
/** @typedef {Shown | 'message' | 'wired' | 'notes'} Passing */

/**
 * What outlives the editor's elements: a host undo builds the node anew, and its editor goes on from here.
 * @typedef {{ history: History, settings: Settings, frame: number, tool: Tool, opened: boolean }} Session
 */

export class Model {
  /** @type {Loaded} */
  #loaded
  /** @type {unknown} the value as it came, given back until the first edit where nothing of it could be read */
  #given = null
  /** @type {History} */
  #history
  /** @type {Canvas | null} size and length as the host has them: they win over the document's own */
  #canvas = null
  /** @type {Set<() => void>} */
  #listeners = new Set()
  #scheduled = false
  /** @type {{ document: Document, selection: Selection } | null} */
  #preview = null
  /** @type {{ from: Document, canvas: Canvas, document: Document } | null} */
  #resized = null
  /** @type {{ document: Document, settings: Settings, value: unknown } | null} */
  #saved = null

  /** @type {Settings} */
  settings
  /** @type {Tool} */
  tool = 'draw'
  /** @type {PresetName} */
  preset = 'line'
  presetCount = 3
  /** @type {number | null} the track that the pen goes on with */
  penTrack = null
  frame = 0
  playing = false
  /** @type {boolean} */
  opened = false
  /** @type {readonly import('../editor/base/types.mjs').Track[]} what is wired into the node, as the last run had it */
  wired = []
  /** @type {readonly string[]} what the last run had to say of the drawing */
  notes = []
  /** whether there is a picture to draw on */
  hasPicture = false
  /** @type {string} a short message, shown for some seconds */
  message = ''
  /** @type {() => void} called after each step, undo included: the host may take note */
  onEdit = () => {}

  /** @param {unknown} [value] */
  constructor(value = null) {
    this.#loaded = loadState(value)
    this.#given = value
    this.#history = startHistory(this.#loaded.document, NOTHING)
    this.settings = this.#loaded.settings
    this.frame = this.settings.frame
    this.#startTool()
  }

  /** The drawing as it is now, a gesture under way included. @returns {Document} */
  get document() {
    return this.#preview?.document ?? this.committed
  }

  /** The drawing without the gesture under way. @returns {Document} */
  get committed() {
    const from = this.#history.present.document
    const canvas = this.#canvas
    if (canvas === null) return from
    if (this.#resized?.from !== from || this.#resized.canvas !== canvas) {
      this.#resized = { from, canvas, document: setCanvas(from, canvas) }
    }
    return this.#resized.document
  }

  /** @returns {Selection} */
  get selection() {
    return this.#preview?.selection ?? this.#history.present.selection
  }

  get problems() {
    return this.#loaded.problems
  }

  get untouched() {
    return this.#loaded.untouched && this.#history.present.document === this.#loaded.document
  }

  get canUndo() {
    return canUndo(this.#history)
  }

  get canRedo() {
    return canRedo(this.#history)
  }

  get inGesture() {
    return this.#preview !== null
  }

  /** The value to be saved; the same object as long as nothing changes. @returns {unknown} */
  get value() {
    if (this.untouched) return this.#given
    const document = this.committed
    if (this.#saved?.document !== document || this.#saved.settings !== this.settings) {
      const value = saveState(document, this.settings, this.#loaded.other)
      this.#saved = { document, settings: this.settings, value }
    }
    return this.#saved.value
  }

  /** What the model is told: no muted tracks, and no settings, so that none of them makes a graph run again. */
  get promptValue() {
    if (this.untouched) return this.#given
    const { version, trajectory } = saveState(handedOn(this.committed))
    return { version, trajectory }
  }

  /** @returns {Session} */
  get session() {
    const { settings, frame, tool, opened } = this
    return { history: this.#history, settings, frame, tool, opened }
  }

  /**
   * A value from the host: a loaded workflow, or an undo of the host's. Steps that led to it are kept.
   * @param {unknown} value
   * @param {Session | null} [before] of an editor that may have had this drawing; if it never had, it was another's
   */
  load(value, before = null) {
    this.#preview = null
    this.#given = value
    this.#loaded = loadState(value, this.#canvas ?? DEFAULT_CANVAS)
    const { document } = this.#loaded
    const found = before && adopt(before.history, document, NOTHING)
    const session = found && found.present.document !== document ? before : null
    const edited = this.#history.past !== null || this.#history.future !== null
    if (session && found) this.#history = found
    else this.#history = edited ? adopt(this.#history, document, NOTHING) : startHistory(document, NOTHING)
    // A step may have been made in another size, and stays in it.
    const { width, height, frames, fps } = document
    if (!sameSize(this.#history.present.document, document)) this.#canvas = { width, height, frames, fps }
    this.settings = this.#loaded.settings
    this.penTrack = null
    if (session) {
      this.frame = session.frame
      this.tool = session.tool
      this.opened = session.opened
    } else {
      this.frame = this.settings.frame
      this.#startTool()
    }
    this.frame = clamp(this.frame, 0, this.committed.frames - 1)
    this.changed()
  }

  /** @param {Canvas} canvas as the host has it now */
  setCanvas(canvas) {
    if (sameSize(this.committed, canvas)) return
    this.cancel()
    this.#canvas = canvas
    this.frame = clamp(this.frame, 0, canvas.frames - 1)
    this.changed()
  }

  /**
   * One step of undo.
   * @param {Document} document
   * @param {Selection} [selection]
   * @param {string | null} [merge] steps with the same key in quick succession are one; none by itself if empty
   */
  edit(document, selection = this.selection, merge = null) {
    this.#preview = null
    const now = this.committed
    const wanted = cleaned(selection, document)
    if (document === now) this.#history = select(this.#history, wanted)
    else {
      this.#history = commit(this.#history, document, wanted, { merge: merge || null, time: performance.now() })
      this.onEdit()
    }
    this.changed()
  }

  /** @param {Selection} selection */
  choose(selection) {
    this.#history = select(this.#history, selection)
    this.changed()
  }

  /**
   * What a gesture under way comes to; `edit` or `cancel` ends it.
   * @param {Document} document
   * @param {Selection} [selection]
   */
  show(document, selection = this.selection) {
    this.#preview = { document, selection }
    this.changed()
  }

  cancel() {
    if (this.#preview === null) return
    this.#preview = null
    this.changed()
  }

  undo() {
    this.#go(undo)
  }

  redo() {
    this.#go(redo)
  }

  /** @param {(history: History) => History} way */
  #go(way) {
    this.#preview = null
    const before = this.#history.present
    this.#history = way(this.#history)
    if (this.#history.present !== before) this.onEdit()
    this.changed()
  }

  /** @param {Partial<Settings>} changes */
  set(changes) {
    this.settings = changeSettings(this.settings, changes)
    this.changed()
  }

  /**
   * What is no part of the drawing nor saved with it.
   * @param {Partial<Pick<Model, Passing>>} state
   */
  become(state) {
    Object.assign(this, state)
    if (state.tool) this.penTrack = null
    this.changed()
  }

  /** @param {number} frame */
  goTo(frame) {
    const to = clamp(Math.round(frame), 0, this.committed.frames - 1)
    if (to === this.frame) return
    this.frame = to
    this.changed()
  }

  /**
   * @param {() => void} listener called once before the next picture, however much has changed
   * @returns {() => void} ends it
   */
  listen(listener) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed() {
    if (this.#scheduled) return
    this.#scheduled = true
    requestAnimationFrame(() => {
      this.#scheduled = false
      for (const listener of this.#listeners) listener()
    })
  }

  /** An empty picture is drawn on, a drawn one is edited. */
  #startTool() {
    this.tool = this.#loaded.document.tracks.length > 0 ? 'select' : 'draw'
  }
}

/** @type {(a: Canvas, b: Canvas) => boolean} */
const sameSize = (a, b) => a.width === b.width && a.height === b.height && a.frames === b.frames && a.fps === b.fps
