// Where a picture of any size comes to lie in the frame.

/** @typedef {import('./view.mjs').Size} Size */
/** @typedef {Readonly<{ x: number, y: number, width: number, height: number }>} Area */

/**
 * The part of a picture that Image to Video keeps, px of the picture: the twin of the crop in ComfyUI's
 * `common_upscale(..., "center")`, which takes whole pixels from both sides alike.
 * @param {Size} picture
 * @param {Size} frame
 * @returns {Area}
 */
export function croppedArea({ width, height }, frame) {
  const aspect = width / height
  const wanted = frame.width / frame.height
  const x = aspect > wanted ? halfToEven((width - width * (wanted / aspect)) / 2) : 0
  const y = aspect < wanted ? halfToEven((height - height * (aspect / wanted)) / 2) : 0
  return { x, y, width: width - 2 * x, height: height - 2 * y }
}

/**
 * What of the picture is shown, and where in the frame: `crop` as Image to Video does it, `fit` all of it with its own
 * proportions, `fill` all of it with the frame's.
 * @param {Size} picture
 * @param {Size} frame
 * @param {'crop' | 'fill' | 'fit'} how
 * @returns {Readonly<{ from: Area, to: Area }>} px of the picture, px of the frame
 */
export function placed(picture, frame, how) {
  const all = { x: 0, y: 0, width: picture.width, height: picture.height }
  const frameArea = { x: 0, y: 0, width: frame.width, height: frame.height }
  if (how === 'crop') return { from: croppedArea(picture, frame), to: frameArea }
  if (how === 'fill') return { from: all, to: frameArea }
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height)
  const [width, height] = [picture.width * scale, picture.height * scale]
  return { from: all, to: { x: (frame.width - width) / 2, y: (frame.height - height) / 2, width, height } }
}

/**
 * Python's round.
 * @param {number} value
 * @returns {number}
 */
function halfToEven(value) {
  const low = Math.floor(value)
  if (value - low !== 0.5) return Math.round(value)
  return low % 2 === 0 ? low : low + 1
}
