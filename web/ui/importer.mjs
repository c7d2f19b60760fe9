// Takes in what is pasted, dropped and opened: drawings of any format as tracks, pictures and videos to draw on. One
// import is one step of undo, and where something can't be read the drawing stays as it is.

import { addTracks } from '../editor/edit/tracks.mjs'
import { selectTracks } from '../editor/edit/selection.mjs'
import { EditorError } from '../editor/base/checks.mjs'
import { MAX_BYTES } from '../editor/base/limits.mjs'
import { ReadError, ownValue, readOwn, withoutSwitches } from './reading.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./reading.mjs').Formats} Formats */
/** @typedef {import('./reading.mjs').FormatName} FormatName */
/** @typedef {import('../editor/base/types.mjs').Document} Document */
/** @typedef {import('../editor/base/types.mjs').TrackDraft} TrackDraft */

/** A text that was pasted, or files; those of one source are read together, as a track or a part each. */
/** @typedef {readonly (File | string)[]} Source */

/**
 * What one source held. `again` reads it as another format.
 * @typedef {Readonly<{
 *   name: string, count: number, title: string, reason: string, notes: readonly string[], format: string,
 *   again: ((format: string) => void) | null,
 * }>} Found
 */

/** @typedef {Readonly<{ name: string, reason: string }>} Failed */
/** @typedef {Readonly<{ drafts: readonly TrackDraft[], found: Found }>} Read */

/**
 * What the panel shows: work under way, a question, or what came of it.
 * @typedef {Readonly<{ kind: 'busy' }>
 *   | Readonly<{ kind: 'question', name: string, formats: readonly FormatName[], reason: string,
 *       answer: (format: string | null) => void }>
 *   | Readonly<{ kind: 'report', found: readonly Found[], failed: readonly Failed[] }>} Shown
 */

/** Larger files than these are not even sent: arrays are at most 64 MiB unpacked, and never much smaller packed. */
const MOST_BYTES = 96 * 1024 * 1024

export class Importer {
  /** @type {Shown | null} */
  shown = null
  /** Counts imports: a later one, or closing, ends the one before. */
  #turn = 0
  /** @type {Document | null} what the last import came to */
  #made = null

  /**
   * @param {Model} model
   * @param {Formats | null} formats null where there is nobody to ask, on a page without ComfyUI
   * @param {(file: File) => Promise<void>} onMedia a picture or video to draw on
   */
  constructor(model, formats, onMedia) {
    this.model = model
    this.formats = formats
    this.onMedia = onMedia
  }

  /** @param {string} text */
  async addText(text) {
    if (text.trim()) await this.#take([[text]])
  }

  /**
   * What a clipboard holds. Spreadsheets add a picture of the cells to their text.
   * @param {string} text
   * @param {readonly File[]} files
   */
  async addPasted(text, files) {
    if (text.trim() && files.every(isMedia)) await this.addText(text)
    else await this.addFiles(files)
  }

  /** @param {readonly File[]} files */
  async addFiles(files) {
    const media = files.filter(isMedia)
    const others = inOrder(files.filter((file) => !isMedia(file)))
    const last = media.at(-1)
    if (last) await this.onMedia(last)
    if (others.length === 1) await this.#take([others])
    else if (others.length > 1) await this.#take(await this.#sources(others))
  }

  /** Copies what is wired into the node into the drawing, where it can be changed. */
  takeWired() {
    const { wired } = this.model
    if (wired.length === 0) return
    const notes = [t('removeWire')]
    const found = { name: t('theWires'), count: wired.length, title: '', reason: '', notes, format: '', again: null }
    this.close()
    this.#add(wired.map(withoutSwitches), [found], [])
  }

  /** Ends what is under way and takes the panel away. @returns {boolean} whether there was something */
  close() {
    const shown = this.shown
    if (shown === null) return false
    this.#turn++
    this.shown = null
    if (shown.kind === 'question') shown.answer(null)
    this.model.changed()
    return true
  }

  /** @param {Shown | null} shown */
  #show(shown) {
    this.shown = shown
    this.model.changed()
  }

  /**
   * Own JSON holds all its tracks, so each such file is read by itself; the others together, as they may be parts.
   * @param {readonly File[]} files
   * @returns {Promise<Source[]>}
   */
  async #sources(files) {
    const isOwn = async (/** @type {File} */ file) => isText(file) && ownValue(await textOf(file)) !== undefined
    const own = await Promise.all(files.map((file) => isOwn(file).catch(() => false))) // reading it says why
    const parts = files.filter((_, i) => !own[i])
    return [...files.filter((_, i) => own[i]).map((file) => [file]), ...(parts.length > 0 ? [parts] : [])]
  }

  /**
   * @param {readonly Source[]} sources
   * @param {string | null} [format]
   * @param {Document | null} [before] what an earlier import came to, which this one replaces
   */
  async #take(sources, format = null, before = null) {
    this.close()
    const turn = ++this.#turn
    this.#show({ kind: 'busy' })
    /** @type {TrackDraft[]} */
    const drafts = []
    /** @type {Found[]} */
    const found = []
    /** @type {Failed[]} */
    const failed = []
    try {
      for (const source of sources) {
        for (const { read, name, reason } of await this.#readOrSplit(source, format, turn)) {
          if (read) found.push({ ...read.found, again: this.#again(sources, read.found.format) })
          if (read) drafts.push(...read.drafts)
          else failed.push({ name, reason })
        }
        if (turn !== this.#turn) return // closed by the user, or another import came
      }
    } catch (error) {
      if (turn === this.#turn) this.close()
      throw error
    }
    if (drafts.length > 0 && before !== null && this.model.document === before) this.model.undo()
    this.#add(drafts, found, failed)
  }

  /**
   * @param {readonly TrackDraft[]} drafts
   * @param {readonly Found[]} found
   * @param {readonly Failed[]} failed
   */
  #add(drafts, found, failed) {
    try {
      if (drafts.length > 0) {
        const { document, ids } = addTracks(this.model.document, drafts)
        this.model.edit(document, selectTracks(ids))
        this.model.become({ tool: 'select' })
        this.#made = this.model.document
      }
      this.#show({ kind: 'report', found, failed })
    } catch (error) {
      if (!(error instanceof EditorError)) throw error
      this.#show({ kind: 'report', found: [], failed: [{ name: '', reason: error.message }] })
    }
  }

  /**
   * Files that make no sense together are read one by one.
   * @param {Source} source
   * @param {string | null} format
   * @param {number} turn
   * @returns {Promise<(Failed & { read: Read | null })[]>}
   */
  async #readOrSplit(source, format, turn) {
    const name = nameOf(source)
    try {
      return [{ name, reason: '', read: await this.#read(source, format, turn) }]
    } catch (error) {
      if (!(error instanceof ReadError)) throw error
      if (source.length === 1 || turn !== this.#turn) return [{ name, reason: error.message, read: null }]
      const each = []
      for (const part of source) each.push(...(await this.#readOrSplit([part], format, turn)))
      // Not one of them by itself either: then what they are together says more.
      return each.some(({ read }) => read) ? each : [{ name, reason: error.message, read: null }]
    }
  }

  /**
   * @param {Source} source
   * @param {string | null} format
   * @param {number} turn
   * @returns {Promise<Read>} throws ReadError
   */
  async #read(source, format, turn) {
    const name = nameOf(source)
    const [only] = source
    const text = source.length > 1 || (typeof only !== 'string' && !isText(only)) ? '' : await textOf(only)
    const own = format === null || format === OWN ? ownValue(text) : undefined
    if (own !== undefined) {
      const { drafts, notes } = readOwn(own, this.model.document)
      return made(name, drafts, { title: t('ownFormat'), reason: '', notes, format: OWN })
    }
    if (this.formats === null) throw new ReadError(t('needsComfy'))
    const bytes = source.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part.size), 0)
    if (bytes > MOST_BYTES) throw new ReadError(t('tooLarge', { mib: Math.round(bytes / 1024 / 1024) }))
    try {
      const answer = await this.formats.read(source, this.model.document, format)
      const { drafts, notes } = readOwn(answer.trajectory, this.model.document)
      return made(name, drafts, { ...answer, notes: [...answer.notes, ...notes] })
    } catch (error) {
      if (!(error instanceof ReadError) || error.formats.length === 0 || turn !== this.#turn) throw error
      const chosen = await this.#ask(name, error)
      if (chosen === null || turn !== this.#turn) throw new ReadError(t('notChosen'))
      this.#show({ kind: 'busy' })
      return this.#read(source, chosen, turn)
    }
  }

  /**
   * @param {string} name
   * @param {ReadError} error
   * @returns {Promise<string | null>} the format that the user names
   */
  #ask(name, { formats, message }) {
    return new Promise((answer) => this.#show({ kind: 'question', name, formats, reason: message, answer }))
  }

  /**
   * @param {readonly Source[]} sources
   * @param {string} was
   * @returns {Found['again']} reads it as another format, in place of what was made of it
   */
  #again(sources, was) {
    if (this.formats === null || was === OWN || sources.length > 1) return null
    return (format) => void this.#take(sources, format, this.#made)
  }
}

const OWN = 'tora-json'
const ARRAYS = /\.(npz|npy|pt|pth|zip)$/i
const BY_NUMBER = new Intl.Collator('en', { numeric: true })

/**
 * @param {string} name
 * @param {readonly TrackDraft[]} drafts
 * @param {Pick<Found, 'title' | 'reason' | 'notes' | 'format'>} told
 * @returns {Read}
 */
function made(name, drafts, { title, reason, notes, format }) {
  return { drafts, found: { name, count: drafts.length, title, reason, notes, format, again: null } }
}

/** @param {File} file */
function isMedia({ type, name }) {
  return /^(video|image)\//.test(type) && !/svg/.test(type) && !/\.svg$/i.test(name)
}

/** @param {File} file */
function isText({ name, size }) {
  return size <= MAX_BYTES && !ARRAYS.test(name)
}

/**
 * @param {readonly File[]} files
 * @returns {File[]} 2.txt before 10.txt, whatever the order in which they were dropped
 */
function inOrder(files) {
  return [...files].sort((a, b) => BY_NUMBER.compare(a.name, b.name))
}

/** @param {Source} source */
function nameOf([first, ...others]) {
  const name = typeof first === 'string' ? t('pastedText') : first.name
  return others.length > 0 ? t('andOthers', { name, count: others.length }) : name
}

/**
 * @param {File | string} part
 * @returns {Promise<string>} throws ReadError
 */
async function textOf(part) {
  if (typeof part === 'string') return part
  try {
    return await part.text()
  } catch {
    throw new ReadError(t('unreadableFile'))
  }
}
