// What is drawn on: which of the sources that there are, and its picture for the frame that is shown.

import { openBacking } from './backings.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./backings.mjs').Backing} Backing */
/** @typedef {import('./backings.mjs').Shown} Shown */
/** @typedef {import('../editor/document/settings.mjs').FileReference} FileReference */

/**
 * What the host has: at the node's input, and of the last run.
 * @typedef {Readonly<{ input?: Backing | null, result?: Backing | null }>} Offer
 */

const VIDEO = /\.(mp4|m4v|webm|mov|mkv|ogv|avi)$/i

/**
 * @param {string} filename
 * @returns {'picture' | 'video'} by its ending
 */
export function kindOf(filename) {
  return VIDEO.test(filename) ? 'video' : 'picture'
}

/**
 * @param {Readonly<{ filename: string }>} file
 * @param {string} address
 * @returns {Backing}
 */
export function backingOf({ filename }, address) {
  return { kind: kindOf(filename), name: filename, addresses: [address] }
}

export class Backdrop {
  /** @type {Offer} */
  #offer = {}
  /** @type {Readonly<{ reference: FileReference, backing: Backing | null }> | null} the chosen file */
  #chosen = null
  /** What can't be shown. @type {WeakSet<Backing>} */
  #failed = new WeakSet()
  /** @type {Backing | null} what is open */
  #backing = null
  /** @type {import('./backings.mjs').Open | null} */
  #open = null

  /**
   * @param {Model} model
   * @param {(file: FileReference) => string | null} addressOf null: not known in this page
   */
  constructor(model, addressOf) {
    this.model = model
    this.addressOf = addressOf
  }

  /** @param {Offer} offer what is not in it stays as it was */
  offer(offer) {
    const offered = { ...this.#offer, ...offer }
    if (JSON.stringify(this.#offer) === JSON.stringify(offered)) return
    this.#offer = offered
    this.model.changed()
  }

  /** @returns {Offer} */
  get offered() {
    return this.#offer
  }

  /**
   * A file of the user's is drawn on from now on.
   * @param {FileReference} reference
   * @param {string} address
   */
  choose(reference, address) {
    this.#chosen = { reference, backing: backingOf(reference, address) }
    this.model.set({ backgroundSource: 'file', background: reference })
  }

  /** The picture for the frame that is shown, as far as it is there yet. @returns {Shown | null} */
  shown() {
    let backing = this.#wanted()
    while (backing && this.#failed.has(backing)) backing = backing.otherwise ?? null
    if (backing !== this.#backing) {
      this.#backing = backing
      this.#open?.end()
      this.#begin(backing)
    }
    return this.#open?.at(this.model.frame, this.model.document.frames) ?? null
  }

  /** @param {Backing | null} backing */
  #begin(backing) {
    const isStill = () => this.#backing === backing
    const onReady = () => void (isStill() && this.model.changed())
    const onFail = () => {
      if (!isStill() || backing === null) return
      this.#failed.add(backing)
      this.model.changed()
      if (!backing.otherwise) this.model.become({ message: t('backgroundFailed', { name: backing.name }) })
    }
    this.#open = backing && openBacking(backing, onReady, onFail)
  }

  /** @returns {Backing | null} */
  #wanted() {
    const { backgroundSource: source, background } = this.model.settings
    if (source === 'none') return null
    if (source !== 'file') return this.#offer[source] ?? null
    if (background === null) return null
    if (this.#chosen === null || !isSame(this.#chosen.reference, background)) {
      const address = this.addressOf(background)
      this.#chosen = { reference: background, backing: address === null ? null : backingOf(background, address) }
    }
    return this.#chosen.backing
  }

  end() {
    this.#open?.end()
    this.#open = null
    this.#backing = null
    this.#offer = {}
  }
}

/** @type {(a: FileReference, b: FileReference) => boolean} */
const isSame = (a, b) => a.filename === b.filename && a.subfolder === b.subfolder && a.type === b.type
