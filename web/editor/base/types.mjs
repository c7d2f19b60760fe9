// The shapes of everything, for the type checker; nothing here runs.
//
// Names and meaning of a track's fields are those of Trajectory JSON (tora_core/trajectory/track.py has the rules).
// Points are (x, y) in canvas pixels, x right, y down, pixel centres at whole numbers. Times are 0..1 over the clip.

/** @typedef {'polyline' | 'catmull-rom' | 'bezier' | 'freehand'} Curve */
/** @typedef {'invisible' | 'hold'} Outside */
/** @typedef {'linear' | 'in' | 'out' | 'in-out' | 'hold'} EasingName */
/** @typedef {readonly [x1: number, y1: number, x2: number, y2: number]} EasingHandles CSS's cubic-bezier */
/** @typedef {EasingName | EasingHandles} Easing */
/** @typedef {readonly [dx: number, dy: number]} Offset a handle, from its point */

/**
 * A control point. A key that has no value is left out, never undefined.
 * @typedef {Readonly<{ x: number, y: number, t?: number, easing?: Easing, in?: Offset, out?: Offset }>} Point
 */

/** @typedef {Readonly<{ t: number, visible: boolean }>} VisibilityKey */

/**
 * @typedef {Readonly<{
 *   name: string, color: string | null, curve: Curve, closed: boolean, start: number, end: number, before: Outside,
 *   after: Outside, easing: Easing, strength: number, radius: number, visibility: readonly VisibilityKey[],
 *   points: readonly Point[],
 * }>} Track
 */

/**
 * hidden: not shown in the editor, and nothing else. muted: left out of all that is handed on: the model's picture, the
 * node's outputs, files.
 * @typedef {Track & Readonly<{ id: number, hidden: boolean, locked: boolean, muted: boolean }>} EditorTrack
 */

/**
 * A new track as drawing tools hand it over: points, and what differs from the defaults.
 * @typedef {Partial<Track> & Readonly<{ points: readonly Point[] }>} TrackDraft
 */

/** @typedef {Readonly<{ width: number, height: number, frames: number, fps: number }>} Canvas */
/** @typedef {Canvas & Readonly<{ tracks: readonly Track[] }>} Trajectory */

/**
 * What could not be read, as it came.
 * @typedef {Readonly<{ place: string, reason: string, value: unknown }>} Kept
 */

/**
 * What a camera does over the clip, and the grid of tracks that it is drawn as. Meaning and signs are those of
 * tora_core/trajectory/shaping/camera.py; strength and radius are its tracks'.
 * @typedef {Readonly<{
 *   panPx: number, tiltPx: number, zoom: number, rollDegrees: number, start: number, end: number, easing: Easing,
 *   columns: number, rows: number, strength: number, radius: number,
 * }>} CameraSettings
 */

/**
 * The camera layer: its settings, and the tracks that were made of them, row by row.
 * @typedef {Readonly<{ settings: CameraSettings, ids: readonly number[] }>} CameraLayer
 */

/**
 * @typedef {Canvas & Readonly<{
 *   tracks: readonly EditorTrack[], camera: CameraLayer | null, nextId: number, kept: readonly Kept[],
 * }>} Document
 */

/**
 * Chosen points by track id: their indexes, growing; an empty list is the track as a whole.
 * @typedef {ReadonlyMap<number, readonly number[]>} Selection
 */

/**
 * Two spaces that must not be mixed up: canvas pixels, and pixels of the editor on the screen. A plain { x, y } fits
 * both, a value that came out of a function only its own.
 * @typedef {Readonly<{ x: number, y: number, space?: 'image' }>} ImagePoint
 * @typedef {Readonly<{ x: number, y: number, space?: 'screen' }>} ScreenPoint
 */

/** @typedef {Readonly<{ left: number, top: number, right: number, bottom: number }>} Box */

export {}
