// The motion picture of the current frame, as far as it is shown, and the norm of the clip, which warnings want.

import { flowNorm } from '../editor/flow/picture.mjs'
import { keepNorm, modelTracksOf, normOf } from './derived.mjs'
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
    this.client = new FlowClient((answer, asked) => this.#take(answer, asked))
  }

  /** The newest picture there is; asks for the one that is due. @returns {ImageBitmap | null} */
  picture() {
    const { document, wired, settings, hasPicture, inGesture } = this.model
    const isShown = settings.flowOpacity > 0
    if (!isShown && inGesture) return null
    const tracks = modelTracksOf(document, wired)
    if (!isShown && normOf(tracks) !== null) return null
    const frame = isShown ? this.model.frame : null
    // Over a background its white would hide what is drawn on; only at full opacity it is as the model gets it.
    const clear = hasPicture && settings.flowOpacity < 1
    if (this.#asked?.tracks !== tracks || this.#asked.frame !== frame || this.#asked.clear !== clear) {
      this.#asked = { tracks, frame, clear }
      this.client.ask(this.#asked)
    }
    return isShown ? this.#last : null
  }

  end() {
    this.client.end()
  }

  /**
   * @param {import('./flow_client.mjs').Answer | null} answer
   * @param {import('./flow_client.mjs').Asked} asked
   */
  #take(answer, { tracks, frame }) {
    keepNorm(tracks, answer?.norm ?? flowNorm(tracks))
    if (frame !== null) {
      this.#last?.close()
      this.#last = answer?.picture ?? null
    }
    if (answer === null && frame !== null) {
      this.model.set({ flowOpacity: 0 })
      this.model.become({ message: t('flowFailed') })
    }
    this.model.changed()
  }
}
