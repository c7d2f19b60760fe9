// Playing.

/** @typedef {import('./model.mjs').Model} Model */

/**
 * Moves the frame on while playing; a picture a frame, never faster than the screen.
 * @param {Model} model
 * @returns {() => void} call it after each change
 */
export function makePlayer(model) {
  let running = false
  let begun = 0
  let from = 0
  const step = (/** @type {number} */ now) => {
    const { frames, fps } = model.document
    if (!model.playing) {
      running = false
      return
    }
    const at = from + Math.floor(((now - begun) / 1000) * fps)
    if (at >= frames && !model.settings.loop) {
      running = false
      model.goTo(frames - 1)
      model.become({ playing: false })
      return
    }
    model.goTo(at % frames)
    requestAnimationFrame(step)
  }
  return () => {
    if (!model.playing || running) return
    running = true
    begun = performance.now()
    from = model.frame >= model.document.frames - 1 ? 0 : model.frame
    requestAnimationFrame(step)
  }
}
