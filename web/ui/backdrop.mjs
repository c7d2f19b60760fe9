// The picture that is drawn on.

/** @typedef {import('./surface.mjs').Surface} Surface */

/** @param {Surface} surface */
export function makeBackdrop(surface) {
  /** @type {string | null} */
  let now = null
  return {
    /** @param {string | null} address the last one asked for wins; what can't be loaded shows nothing */
    show: async (address) => {
      if (address === now) return
      now = address
      if (address === null) return surface.setBackground(null, null)
      const picture = new Image()
      picture.src = address
      try {
        await picture.decode()
      } catch {
        if (now === address) surface.setBackground(null, null)
        return
      }
      if (now !== address) return
      surface.setBackground(picture, { width: picture.naturalWidth, height: picture.naturalHeight })
    },
  }
}
