// How large a trajectory may be: the twin of tora_core/trajectory/limits.py.

export const MAX_BYTES = 16 * 1024 * 1024
export const MAX_TRACKS = 1_000
/** Control points, or visibility keys, of one track. */
export const MAX_POINTS = 10_000
export const MAX_TOTAL_POINTS = 500_000
export const MAX_FRAMES = 10_000
export const MAX_CANVAS_PX = 16_384
/** Points may lie outside the canvas, this far. */
export const MAX_COORDINATE_PX = 1_000_000
export const MAX_FPS = 1_000
export const MAX_STRENGTH = 100
export const MIN_RADIUS_PX = 0.1
export const MAX_RADIUS_PX = 1_000
/** How far the handles of a cubic-bezier easing may overshoot 0..1. */
export const MAX_EASING_Y = 10
/** Times this close are one time. */
export const SAME_TIME = 1e-9
/** Code points, as Python counts. */
export const MAX_NAME_CHARACTERS = 200
/** Blur of the motion picture that the published weights were trained with. */
export const DEFAULT_SIGMA_PX = 10

/** @type {readonly import('./types.mjs').Curve[]} */
export const CURVES = ['polyline', 'catmull-rom', 'bezier', 'freehand']
/** @type {readonly import('./types.mjs').Outside[]} */
export const OUTSIDE = ['invisible', 'hold']
/** @type {readonly import('./types.mjs').EasingName[]} */
export const EASING_NAMES = ['linear', 'in', 'out', 'in-out', 'hold']
