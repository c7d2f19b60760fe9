// Which tracks are the camera layer's.

/** @typedef {Pick<import('../base/types.mjs').Document, 'camera'>} WithCamera */

/** @type {WeakMap<import('../base/types.mjs').CameraLayer, ReadonlySet<number>>} */
const cameraIds = new WeakMap()

/**
 * @param {WithCamera} document
 * @param {number} id
 * @returns {boolean} whether the track is one of the camera layer's
 */
export function isCameraTrack({ camera }, id) {
  if (camera === null) return false
  let ids = cameraIds.get(camera)
  if (ids === undefined) {
    ids = new Set(camera.ids)
    cameraIds.set(camera, ids)
  }
  return ids.has(id)
}

/**
 * @param {WithCamera} document
 * @param {Iterable<number>} ids
 * @returns {Set<number>} these, and all of the camera's if one of them is among them
 */
export function withWholeCamera(document, ids) {
  const all = new Set(ids)
  if ([...all].some((id) => isCameraTrack(document, id))) for (const id of document.camera?.ids ?? []) all.add(id)
  return all
}
