// The motion picture of the current frame, as far as it is shown.

import { modelTracksOf } from './derived.mjs'
import { FlowClient } from './flow_client.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */

export class FlowPreview {
  /** @type {ImageBitmap | null} */
  #last = null
  /** @type {import('./flow_client.mjs').Asked | null} */
  #asked = null

  /** @param {Model} model */
  constructor(model) {
    this.model = model
    this.client = new FlowClient((picture) => this.#take(picture))
  }

  /** The newest picture there is; asks for the one that is due. @returns {ImageBitmap | null} */
  picture() {
    const { document, wired, settings, frame, hasPicture } = this.model
    if (settings.flowOpacity <= 0) return null
    const tracks = modelTracksOf(document, wired)
    // Over a background its white would hide what is drawn on; only at full opacity it is as the model gets it.
    const clear = hasPicture && settings.flowOpacity < 1
    if (this.#asked?.tracks !== tracks || this.#asked.frame !== frame || this.#asked.clear !== clear) {
      this.#asked = { tracks, frame, clear }
      this.client.ask(this.#asked)
    }
    return this.#last
  }

  end() {
    this.client.end()
  }

  /** @param {ImageBitmap | null} picture */
  #take(picture) {
    this.#last?.close()
    this.#last = picture
    if (picture === null) {
      this.model.set({ flowOpacity: 0 })
      this.model.become({ message: t('flowFailed') })
    }
    this.model.changed()
  }
}
