// The camera layer: the same tracks as Python makes, and edits that keep it whole.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CAMERA_DEFAULTS,
  cameraTracks,
  readCameraSettings,
  withCamera,
  withoutCamera,
} from '../../web/editor/camera/layer.mjs'
import { loadState } from '../../web/editor/document/load.mjs'
import { saveState } from '../../web/editor/document/save.mjs'
import { writeTrack } from '../../web/editor/document/write.mjs'
import { holdAgainstCamera, moveWithCamera, releaseCamera, setCamera } from '../../web/editor/edit/camera.mjs'
import { setCanvas } from '../../web/editor/edit/canvas.mjs'
import { sameDrawing } from '../../web/editor/edit/history.mjs'
import { moveInList } from '../../web/editor/edit/order.mjs'
import { appendPoint, insertPoint, removePoints } from '../../web/editor/edit/points.mjs'
import { selectAll, selectBox, selectPoints, selectTracks } from '../../web/editor/edit/selection.mjs'
import { setSpan } from '../../web/editor/edit/timing.mjs'
import { duplicateTracks, removeTracks, setFields } from '../../web/editor/edit/tracks.mjs'
import { moveBy } from '../../web/editor/edit/transform.mjs'
import { pick, pickCamera } from '../../web/editor/view/picking.mjs'
import { drawing, frozen, points } from './drawings.mjs'
import { assertNear, golden } from './golden.mjs'

const [{ trajectory: SCENE }, ...CASES] = golden('camera')

/** Tracks as Python writes them: the same keys at the same times, everything within 1e-6 px. */
function assertSame(made, expected, what) {
  assert.equal(made.length, expected.length, what)
  made.map(writeTrack).forEach((track, i) => {
    const { points, ...rest } = track
    const { points: wanted, ...others } = expected[i]
    assert.deepEqual(rest, others, `${what}, track ${i}`)
    const numbers = (list) => list.flatMap(({ x, y, t = -1 }) => [x, y, t])
    assertNear(numbers(points), numbers(wanted), { absolute: 1e-6, what: `${what}, track ${i}` })
  })
}

test('a camera is the grid of tracks that Python makes of it', () => {
  for (const { name, settings, grids } of CASES) {
    for (const { tracks, columns = 4, rows = 3, ...canvas } of grids) {
      const read = readCameraSettings('camera', { ...settings, columns, rows })
      assertSame(cameraTracks(read, canvas), tracks, `${name}, ${canvas.frames} frames`)
    }
  }
})

test("a camera's motion is added to tracks and taken out of them as Python does it", () => {
  for (const { name, settings, added, cancelled } of CASES) {
    const read = readCameraSettings('camera', settings)
    assertSame(
      SCENE.tracks.map((track) => withCamera(track, read, SCENE)),
      added,
      `${name}, added`,
    )
    assertSame(
      SCENE.tracks.map((track) => withoutCamera(track, read, SCENE)),
      cancelled,
      `${name}, cancelled`,
    )
  }
})

const BASE = drawing({ points: points([10, 10], [50, 40]) }, { points: points([80, 48]) })
const WITH = frozen(setCamera(BASE, { panPx: 40, columns: 2, rows: 2 }))
const camera = (document) => document.tracks.filter(({ id }) => document.camera.ids.includes(id))
const reloaded = (state) => loadState(JSON.parse(JSON.stringify(state)))

test('a new camera lies below all tracks; changes keep its tracks, ids and looks, and touch no other track', () => {
  assert.deepEqual(
    WITH.tracks.map(({ name }) => name),
    ['camera 1.1', 'camera 1.2', 'camera 2.1', 'camera 2.2', '', ''],
  )
  // Fields of 80 x 48: the first middle is (39.5, 23.5), and a pan of 40 to the right moves it to the left.
  assert.deepEqual(WITH.tracks[0].points, [
    { x: 39.5, y: 23.5, t: 0 },
    { x: -0.5, y: 23.5, t: 1 },
  ])
  const colored = setFields(WITH, WITH.camera.ids, { color: '#123456', hidden: true })
  const zoomed = setCamera(colored, { zoom: 2, strength: 0.5 })
  assert.deepEqual(zoomed.camera.ids, WITH.camera.ids)
  assert.deepEqual(zoomed.camera.settings, {
    ...CAMERA_DEFAULTS,
    panPx: 40,
    columns: 2,
    rows: 2,
    zoom: 2,
    strength: 0.5,
  })
  for (const track of camera(zoomed)) {
    assert.deepEqual([track.color, track.hidden, track.strength], ['#123456', true, 0.5])
  }
  assert.deepEqual(zoomed.tracks.slice(4), WITH.tracks.slice(4))
})

test('another grid takes what ids there are, and comes to the same place of the list', () => {
  const above = moveInList(WITH, WITH.camera.ids[0], 1)
  const grown = setCamera(above, { columns: 3 })
  assert.deepEqual(grown.camera.ids, [3, 4, 5, 6, 7, 8])
  assert.deepEqual(
    grown.tracks.map(({ id }) => id),
    [1, 3, 4, 5, 6, 7, 8, 2],
  )
  const shrunk = setCamera(grown, { columns: 1, rows: 1 })
  assert.deepEqual(
    shrunk.tracks.map(({ id }) => id),
    [1, 3, 2],
  )
  assert.equal(setCamera(shrunk, { columns: 1 }), shrunk)
})

test('tracks and camera change places in the list, the camera as one', () => {
  const ids = (document) => document.tracks.map(({ id }) => id)
  assert.deepEqual(ids(WITH), [3, 4, 5, 6, 1, 2])
  assert.deepEqual(ids(moveInList(WITH, 1, -1)), [1, 3, 4, 5, 6, 2])
  assert.deepEqual(ids(moveInList(WITH, 4, 1)), [1, 3, 4, 5, 6, 2])
  assert.deepEqual(ids(moveInList(WITH, 4, 5)), [1, 2, 3, 4, 5, 6])
  assert.equal(moveInList(WITH, 4, -1), WITH)
  assert.equal(moveInList(WITH, 2, 1), WITH)
})

test('no other edit changes the tracks of the camera', () => {
  const all = selectTracks(WITH.tracks.map(({ id }) => id))
  const moved = moveBy(WITH, all, 5, 5)
  assert.deepEqual(camera(moved), camera(WITH))
  assert.notDeepEqual(moved.tracks.at(-1), WITH.tracks.at(-1))
  assert.equal(setSpan(WITH, WITH.camera.ids, 0.2, 0.7), WITH)
  assert.equal(setFields(WITH, WITH.camera.ids, { name: 'dog' }), WITH)
  assert.ok(camera(setFields(WITH, [4], { hidden: true })).every(({ hidden }) => hidden))
  assert.equal(appendPoint(WITH, WITH.camera.ids[0], { x: 1, y: 1 }).index, -1)
  assert.equal(insertPoint(WITH, WITH.camera.ids[0], { segment: 0, u: 0.5 }).index, -1)
  assert.deepEqual([...selectAll(WITH).keys()], [1, 2])
  assert.deepEqual([...selectBox(WITH, { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 }).keys()], [1, 2])
})

test('to remove one of its tracks is to remove the camera; its copies are ordinary tracks', () => {
  for (const gone of [removeTracks(WITH, [4]), removePoints(WITH, selectPoints(4, [0]))]) {
    assert.equal(gone.camera, null)
    assert.deepEqual(gone.tracks, BASE.tracks)
  }
  const copied = duplicateTracks(WITH, WITH.camera.ids, { dx: 1 }).document
  assert.deepEqual(removeTracks(copied, copied.camera.ids).tracks.length, 6)
  const released = releaseCamera(WITH)
  assert.deepEqual([released.camera, released.tracks], [null, WITH.tracks])
})

test('a locked camera stays as it is', () => {
  const locked = setFields(WITH, WITH.camera.ids, { locked: true })
  assert.equal(setCamera(locked, { zoom: 3 }), locked)
  assert.equal(removeTracks(locked, [3]), locked)
})

test('on another canvas pan and tilt go along, and the tracks are made for it', () => {
  const wide = setCanvas(setCamera(WITH, { tiltPx: 12, zoom: 1.5 }), { width: 320, height: 48, frames: 21 })
  assert.deepEqual([wide.camera.settings.panPx, wide.camera.settings.tiltPx], [80, 6])
  const alone = drawing()
  const same = setCamera({ ...alone, width: 320, height: 48, frames: 21 }, wide.camera.settings)
  assert.deepEqual(
    camera(wide).map(({ points }) => points),
    camera(same).map(({ points }) => points),
  )
})

test('a track of the scene moves with the camera, and held against it stands as before', () => {
  const moved = moveWithCamera(WITH, [2])
  assert.deepEqual(moved.tracks[5].points, [
    { x: 80, y: 48, t: 0 },
    { x: 40, y: 48, t: 1 },
  ])
  assert.deepEqual(holdAgainstCamera(moved, [2]).tracks[5].points, points([80, 48]))
  assert.equal(moveWithCamera(BASE, [1]), BASE)
  assert.throws(() => moveWithCamera(setCamera(drawing({ points: points([9e5, 0]) }), { zoom: 2 }), [1]), /too far out/)
})

test('a camera is saved by its settings, and comes back with its tracks', () => {
  const saved = saveState(WITH)
  assert.deepEqual(saved.editor, { camera: { panPx: 40, columns: 2, rows: 2, tracks: [0, 1, 2, 3] } })
  const { document, problems } = reloaded(saved)
  assert.deepEqual([document.camera, problems], [{ settings: WITH.camera.settings, ids: [1, 2, 3, 4] }, []])
  assert.ok(sameDrawing(document, WITH))
  assert.equal(sameDrawing(document, releaseCamera(document)), false)
})

test('where settings and tracks are not of one another, the tracks are ordinary ones and the settings are kept', () => {
  const saved = JSON.parse(JSON.stringify(saveState(WITH)))
  const [first] = saved.trajectory.tracks
  const broken = [
    (state) => (state.trajectory.tracks[0] = { ...first, points: [{ x: 1, y: 2 }] }),
    (state) => (state.trajectory.tracks[0] = { ...first, strength: 2 }),
    (state) => (state.trajectory.tracks[0] = { ...first, visibility: [{ t: 0.5, visible: false }] }),
    (state) => state.trajectory.tracks.splice(1, 1),
    (state) => (state.editor.camera.zoom = 0),
    (state) => (state.editor.camera.panPx = 'far'),
    (state) => (state.editor.camera.panPx = 41),
    (state) => (state.editor.camera.dolly = 3),
    (state) => (state.editor.camera.tracks = [0, 1, 2]),
    (state) => (state.editor.camera.tracks = [0, 1, 2, 2]),
    (state) => (state.editor.camera.tracks = [0, 1, 2, 99]),
    (state) => (state.editor.camera.tracks = 'all'),
    (state) => (state.editor.camera = [1]),
  ]
  for (const [i, change] of broken.entries()) {
    const state = structuredClone(saved)
    change(state)
    const { document, problems } = reloaded(state)
    assert.equal(document.camera, null, `case ${i}`)
    assert.equal(document.tracks.length, state.trajectory.tracks.length)
    assert.deepEqual(
      problems.map(({ code, place }) => [code, place.startsWith('editor.camera')]),
      [['broken', true]],
    )
    assert.deepEqual(document.kept[0].value, state.editor.camera)
  }
  const bare = structuredClone(saved)
  delete bare.editor.camera
  assert.deepEqual([reloaded(bare).document.camera, reloaded(bare).problems], [null, []])
})

test('settings out of bounds are refused, and change nothing', () => {
  for (const changes of [
    { zoom: 0 },
    { zoom: NaN },
    { panPx: 2e6 },
    { columns: 31 },
    { rows: 1.5 },
    { start: 1 },
    { end: 0 },
  ]) {
    assert.throws(() => setCamera(WITH, changes), /camera\./, JSON.stringify(changes))
  }
  assert.throws(() => setCamera(WITH, { zoom: 1000, panPx: 1e6 }), /too far out/)
})

test('on the drawing area an arrow of the camera is the camera, and none of its points is to be had', () => {
  const view = { scale: 2, x: 0, y: 0 }
  // The first arrow runs from (39.5, 23.5) to (-0.5, 23.5).
  const pointer = { x: 40, y: 49 }
  assert.equal(pick(WITH, view, pointer), null)
  assert.equal(pick(releaseCamera(WITH), view, pointer).kind, 'path')
  assert.equal(pickCamera(WITH, view, pointer), true)
  assert.equal(pickCamera(WITH, view, { x: 40, y: 80 }), false)
  assert.equal(pickCamera(setFields(WITH, [3], { hidden: true }), view, pointer), false)
  assert.equal(pickCamera(BASE, view, pointer), false)
})
