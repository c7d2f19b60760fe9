// What can be drawn on, whatever form it comes in: a picture, a video, pictures by themselves or together on a sheet.
// Each gives what is to be shown at a share of the clip, 0 its first frame and 1 its last: a video of any length is
// stretched over the whole clip, as the motion is.

/** @typedef {import('../editor/view/view.mjs').Size} Size */

/**
 * name is for messages. width and height are the pictures' own, where what is at the address is a smaller copy. A sheet
 * has `count` pictures row by row, each tileWidth x tileHeight on a raster of these rounded up to multiples of 16.
 * otherwise: what is shown where a browser can't show this one, such as a video that it has no codec for.
 * @typedef {Readonly<{
 *   kind: 'picture' | 'video' | 'pictures' | 'sheet', name: string, addresses: readonly string[], width?: number,
 *   height?: number, count?: number, columns?: number, tileWidth?: number, tileHeight?: number,
 *   otherwise?: Backing | null,
 * }>} Backing
 */

/**
 * An image, perhaps smaller than the picture of which it is a copy, and the size of the picture.
 * @typedef {Readonly<{ image: HTMLImageElement | HTMLVideoElement | HTMLCanvasElement, size: Size }>} Shown
 */

/**
 * @typedef {Readonly<{ at: (frame: number, frames: number) => Shown | null, end: () => void }>} Open
 */

/** Pictures of a sheet begin at multiples of this, px. */
const BLOCK_PX = 16

/** So many of several pictures are kept at once. */
const MOST_KEPT = 125

/** How far into a frame of a video is sought, s: enough for a start that is not quite 0, and within any frame. */
const INTO_FRAME_S = 0.008

/**
 * @param {Backing} backing
 * @param {() => void} onReady there is something new to be shown
 * @param {() => void} onFail it can't be shown at all
 * @returns {Open}
 */
export function openBacking(backing, onReady, onFail) {
  const opens = { picture: openPicture, video: openVideo, pictures: openPictures, sheet: openSheet }
  return opens[backing.kind](backing, onReady, onFail)
}

/**
 * @param {string} address
 * @param {() => void} onReady
 * @param {() => void} onFail
 */
function load(address, onReady, onFail) {
  const image = new Image()
  image.src = address
  image.decode().then(onReady, onFail)
  return image
}

/** @type {typeof openBacking} */
function openPicture(backing, onReady, onFail) {
  let ready = false
  const image = load(backing.addresses[0], () => void ((ready = true), onReady()), onFail)
  return {
    at: () => (ready ? whole(image, backing.width ?? image.naturalWidth, backing.height ?? image.naturalHeight) : null),
    end: () => void (image.src = ''),
  }
}

/** @type {typeof openBacking} */
function openSheet(sheet, onReady, onFail) {
  const { count = 1, columns = 1, tileWidth = 1, tileHeight = 1, width = tileWidth, height = tileHeight } = sheet
  const [across, down] = [tileWidth, tileHeight].map((px) => Math.ceil(px / BLOCK_PX) * BLOCK_PX)
  // The picture is taken out of the sheet first: scaled from there its border would mix with that of the next one.
  const tile = document.createElement('canvas')
  Object.assign(tile, { width: tileWidth, height: tileHeight })
  const g = tile.getContext('2d')
  let [ready, taken] = [false, -1]
  const image = load(sheet.addresses[0], () => void ((ready = true), onReady()), onFail)
  return {
    at: (frame, frames) => {
      if (!ready) return null
      const index = indexAt(frame, frames, count)
      if (index !== taken) g?.drawImage(image, -(index % columns) * across, -Math.floor(index / columns) * down)
      taken = index
      return whole(tile, width, height)
    },
    end: () => void (image.src = ''),
  }
}

/**
 * @param {Shown['image']} image
 * @param {number} width of the picture by itself
 * @param {number} height
 * @returns {Shown}
 */
function whole(image, width, height) {
  return { image, size: { width, height } }
}

/**
 * Which of `count` pictures belongs to a frame.
 * @param {number} frame
 * @param {number} frames
 * @param {number} count
 * @returns {number}
 */
export function indexAt(frame, frames, count) {
  const share = frames > 1 ? Math.min(frame / (frames - 1), 1) : 0
  return Math.round(share * (count - 1))
}

/** @type {typeof openBacking} */
function openPictures({ addresses }, onReady, onFail) {
  /** @type {Map<number, { image: HTMLImageElement, ready: boolean }>} by place, the one used last at the end */
  const kept = new Map()
  /** @type {HTMLImageElement | null} */
  let last = null
  let failed = false
  const picture = (/** @type {number} */ index) => {
    let found = kept.get(index)
    if (found) kept.delete(index)
    else {
      const made = { image: new Image(), ready: false }
      made.image = load(
        addresses[index],
        () => {
          made.ready = true
          onReady()
        },
        () => {
          if (!failed) onFail()
          failed = true
        },
      )
      found = made
    }
    kept.set(index, found)
    const [oldest] = kept.keys()
    if (kept.size > MOST_KEPT) kept.delete(oldest)
    return found
  }
  return {
    at: (frame, frames) => {
      const index = indexAt(frame, frames, addresses.length)
      const { image, ready } = picture(index)
      if (index + 1 < addresses.length) picture(index + 1)
      if (ready) last = image
      if (last === null) return null
      return whole(last, last.naturalWidth, last.naturalHeight)
    },
    end: () => kept.clear(),
  }
}

/** @type {typeof openBacking} */
function openVideo({ addresses }, onReady, onFail) {
  const video = document.createElement('video')
  let [ready, seeking, wanted] = [false, false, 0]
  const seek = () => {
    if (seeking || Math.abs(video.currentTime - wanted) < 1e-4) return
    seeking = true
    video.currentTime = wanted
  }
  video.muted = true
  video.playsInline = true
  video.preload = 'auto'
  video.addEventListener('loadeddata', () => {
    ready = true
    onReady()
  })
  video.addEventListener('seeked', () => {
    seeking = false
    onReady()
    seek() // the timeline may have gone on meanwhile
  })
  video.addEventListener('error', () => onFail())
  video.src = addresses[0]
  return {
    at: (frame, frames) => {
      if (!ready) return null
      wanted = timeAt(frame, frames, video.duration)
      seek()
      return whole(video, video.videoWidth, video.videoHeight)
    },
    end: () => {
      video.removeAttribute('src')
      video.load()
    },
  }
}

/**
 * The time of a video that belongs to a frame of the clip, s. A video of as many frames as the clip is met frame by
 * frame; of any other its first frame is met exactly, and its last nearly.
 * @param {number} frame
 * @param {number} frames
 * @param {number} duration s
 * @returns {number}
 */
export function timeAt(frame, frames, duration) {
  if (!Number.isFinite(duration)) return 0
  return (duration * Math.min(frame, frames - 1)) / Math.max(frames, 1) + Math.min(INTO_FRAME_S, duration / 2)
}
