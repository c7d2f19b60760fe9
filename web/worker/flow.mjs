// A module worker: the motion picture of one frame, exactly as the model gets it, off the page's thread.
//
// To it: tracks set what is drawn, frame asks for a picture, clear for one whose white is transparent, to lie over a
// background. Each answer has the norm of the whole clip, and where no frame was asked for nothing else.

import { flowNorm, framePicture } from '../editor/flow/picture.mjs'

/** @typedef {import('../editor/sampling/tracks.mjs').Tracks} Tracks */
/** @typedef {Readonly<{ tracks?: Tracks, frame: number | null, clear: boolean, job: number }>} FlowRequest */
/** @typedef {Readonly<{ width: number, height: number, rgba: ArrayBuffer }>} Pixels */
/** @typedef {Readonly<{ job: number, norm: number, pixels: Pixels | null }>} FlowAnswer */

/** @type {Tracks | null} */
let current = null

addEventListener('message', (/** @type {MessageEvent<FlowRequest>} */ { data }) => {
  if (data.tracks) current = data.tracks
  if (current === null) return
  const { width, height } = current
  const norm = flowNorm(current)
  if (data.frame === null) return postMessage(/** @type {FlowAnswer} */ ({ job: data.job, norm, pixels: null }))
  const picture = framePicture(current, data.frame, undefined, norm)
  if (data.clear) clearWhite(picture)
  const rgba = /** @type {ArrayBuffer} */ (picture.buffer)
  /** @type {FlowAnswer} */
  const answer = { job: data.job, norm, pixels: { width, height, rgba } }
  postMessage(answer, { transfer: [rgba] })
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
