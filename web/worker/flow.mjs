// A module worker: the motion picture of one frame, exactly as the model gets it, off the page's thread.
//
// To it: tracks set what is drawn, frame asks for a picture, clear for one whose white is transparent, to lie over a
// background.

import { flowNorm, framePicture } from '../editor/flow/picture.mjs'

/** @typedef {import('../editor/sampling/tracks.mjs').Tracks} Tracks */
/** @typedef {Readonly<{ tracks?: Tracks, frame: number, clear: boolean, job: number }>} FlowRequest */
/** @typedef {Readonly<{ job: number, frame: number, width: number, height: number, rgba: ArrayBuffer }>} FlowAnswer */

/** @type {Tracks | null} */
let current = null

addEventListener('message', (/** @type {MessageEvent<FlowRequest>} */ { data }) => {
  if (data.tracks) current = data.tracks
  if (current === null) return
  const { width, height } = current
  const picture = framePicture(current, data.frame, undefined, flowNorm(current))
  if (data.clear) clearWhite(picture)
  /** @type {FlowAnswer} */
  const answer = { job: data.job, frame: data.frame, width, height, rgba: /** @type {ArrayBuffer} */ (picture.buffer) }
  postMessage(answer, { transfer: [answer.rgba] })
})

/**
 * Over white it is the same picture as before.
 * @param {Uint8ClampedArray} rgba changed in place
 */
function clearWhite(rgba) {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = 255 - Math.min(rgba[i], rgba[i + 1], rgba[i + 2])
    rgba[i + 3] = alpha
    if (alpha === 0) continue
    for (let channel = i; channel < i + 3; channel++) rgba[channel] = ((rgba[channel] - 255 + alpha) * 255) / alpha
  }
}
