// Asks the worker for motion pictures: one job under way at most, and of those waiting only the newest.

/** @typedef {import('../editor/sampling/tracks.mjs').Tracks} Tracks */
/** @typedef {import('../worker/flow.mjs').FlowAnswer} FlowAnswer */

/**
 * frame: null where only the norm is wanted. clear: white is transparent.
 * @typedef {{ tracks: Tracks, frame: number | null, clear: boolean }} Asked
 */
/** @typedef {Readonly<{ norm: number, picture: ImageBitmap | null }>} Answer */

/** A worker that nobody asked for so long is ended; it starts again in a moment. */
const IDLE_MS = 20_000

export class FlowClient {
  /** @type {Worker | null} */
  #worker = null
  /** @type {Tracks | null} what the worker holds */
  #sent = null
  /** @type {Asked | null} */
  #wanted = null
  #job = 0
  #busy = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle

  /**
   * @param {(answer: Answer | null, asked: Asked) => void} onAnswer null: the worker could not be started or broke
   */
  constructor(onAnswer) {
    this.onAnswer = onAnswer
  }

  /** @param {Asked} wanted */
  ask(wanted) {
    this.#wanted = wanted
    this.#next()
  }

  end() {
    clearTimeout(this.#idle)
    this.#worker?.terminate()
    this.#worker = null
    this.#sent = null
    this.#wanted = null
    this.#busy = false
    this.#job++
  }

  #next() {
    if (this.#busy || this.#wanted === null) return
    const asked = this.#wanted
    this.#wanted = null
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    this.#busy = true
    const job = ++this.#job
    const { tracks, frame, clear } = asked
    this.#worker.onmessage = async (/** @type {MessageEvent<FlowAnswer>} */ { data }) => {
      if (data.job !== this.#job) return
      const picture = data.pixels && (await pictureOf(data.pixels))
      if (job !== this.#job) return
      this.#busy = false
      this.onAnswer({ norm: data.norm, picture }, asked)
      this.#idle = setTimeout(() => this.end(), IDLE_MS)
      this.#next()
    }
    this.#worker.onerror = () => {
      this.end()
      this.onAnswer(null, asked)
    }
    this.#worker.postMessage(this.#sent === tracks ? { frame, clear, job } : { tracks, frame, clear, job })
    this.#sent = tracks
  }

  #start() {
    return new Worker(new URL('../worker/flow.mjs', import.meta.url), { type: 'module', name: 'tora-flow' })
  }
}

/** @param {import('../worker/flow.mjs').Pixels} pixels */
function pictureOf({ width, height, rgba }) {
  return createImageBitmap(new ImageData(new Uint8ClampedArray(rgba), width, height))
}
