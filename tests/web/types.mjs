// Mistakes that the type checker must see (tests/web/tsconfig.json); nothing here runs. An expected error that does not
// come is an error itself.

import { pinPoint } from '../../web/editor/edit/timing.mjs'
import { toImage, toScreen } from '../../web/editor/view/view.mjs'

/** @typedef {import('../../web/editor/base/types.mjs').Document} Document */
/** @typedef {import('../../web/editor/view/view.mjs').View} View */

/**
 * @param {Document} document
 * @param {View} view
 */
export function mistakes(document, view) {
  const onScreen = toScreen(view, { x: 1, y: 2 })
  toImage(view, onScreen)
  // @ts-expect-error -- screen px where image px belong
  toScreen(view, onScreen)
  // @ts-expect-error -- a document is never written to
  document.width = 5
  // @ts-expect-error -- nor are its lists
  document.tracks[0].points.push({ x: 1, y: 2 })
  // @ts-expect-error -- a time is a number or null
  pinPoint(document, 1, 0, 'now')
  // @ts-expect-error -- there is no page in these modules
  return window
}
