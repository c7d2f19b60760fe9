// Drawing on grid, centre, edges, points and fixed angles.

/** @typedef {Readonly<{ x: number, y: number }>} Place */

/**
 * A line that something snapped to, for drawing it: where it runs and why.
 * @typedef {Readonly<{ axis: 'x' | 'y', at: number, kind: 'grid' | 'center' | 'edge' | 'point' }>} Guide
 */

/**
 * withinPx: how near is near, image px (screen px over the view's scale). gridPx: null for none. points: to snap to.
 * @typedef {Readonly<{
 *   width: number, height: number, withinPx: number, gridPx?: number | null, center?: boolean, edges?: boolean,
 *   points?: readonly Place[],
 * }>} SnapOptions
 */

/** What wins where several are as near: a whole point, then what there is least of. */
const ORDER = ['point', 'center', 'edge', 'grid']

/**
 * The place moved onto what is near, each axis by itself, except that a point near by is taken as a whole. Edges are
 * the outermost pixel centres, 0 and W - 1, which exist in the picture; the centre lies between them.
 * @param {Place} place image px
 * @param {SnapOptions} options
 * @returns {Readonly<{ x: number, y: number, guides: readonly Guide[] }>}
 */
export function snap(place, options) {
  const { width, height, withinPx, points = [] } = options
  const near = nearest(place, points)
  if (near && Math.hypot(near.x - place.x, near.y - place.y) <= withinPx) {
    const { x, y } = near
    return {
      x,
      y,
      guides: [
        { axis: 'x', at: x, kind: 'point' },
        { axis: 'y', at: y, kind: 'point' },
      ],
    }
  }
  const across = onAxis('x', place.x, width, options)
  const down = onAxis('y', place.y, height, options)
  return {
    x: across?.at ?? place.x,
    y: down?.at ?? place.y,
    guides: [across, down].flatMap((guide) => guide ?? []),
  }
}

/**
 * The place turned about `origin` to the nearest multiple of `degrees`, at the same distance: with shift held.
 * @param {Place} origin
 * @param {Place} place
 * @param {number} [degrees]
 * @returns {Place}
 */
export function snapAngle(origin, place, degrees = 15) {
  const dx = place.x - origin.x
  const dy = place.y - origin.y
  const step = (degrees * Math.PI) / 180
  const turns = Math.round(Math.atan2(dy, dx) / step)
  const length = Math.hypot(dx, dy)
  const quarter = (turns * degrees) / 90
  // Level and upright ways are exact.
  if (Number.isInteger(quarter)) {
    const side = ((quarter % 4) + 4) % 4
    return { x: origin.x + [length, 0, -length, 0][side], y: origin.y + [0, length, 0, -length][side] }
  }
  return { x: origin.x + length * Math.cos(turns * step), y: origin.y + length * Math.sin(turns * step) }
}

/**
 * @param {'x' | 'y'} axis
 * @param {number} value
 * @param {number} size
 * @param {SnapOptions} options
 * @returns {Guide | null}
 */
function onAxis(axis, value, size, { withinPx, gridPx = null, center = false, edges = false, points = [] }) {
  /** @type {Guide[]} */
  const lines = points.map((point) => ({ axis, at: point[axis], kind: 'point' }))
  if (center) lines.push({ axis, at: (size - 1) / 2, kind: 'center' })
  if (edges) lines.push({ axis, at: 0, kind: 'edge' }, { axis, at: size - 1, kind: 'edge' })
  if (gridPx) lines.push({ axis, at: Math.round(value / gridPx) * gridPx + 0, kind: 'grid' })
  /** @type {Guide | null} */
  let best = null
  let least = withinPx
  for (const line of lines.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))) {
    const off = Math.abs(line.at - value)
    if (off < least || (off === least && best === null)) {
      best = line
      least = off
    }
  }
  return best
}

/**
 * @param {Place} place
 * @param {readonly Place[]} points
 * @returns {Place | null}
 */
function nearest(place, points) {
  /** @type {Place | null} */
  let best = null
  let least = Infinity
  for (const point of points) {
    const off = Math.hypot(point.x - place.x, point.y - place.y)
    if (off < least) {
      best = point
      least = off
    }
  }
  return best
}
