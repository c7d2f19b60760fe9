// What leaves the editor: muted tracks stay behind, wired ones come first.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadState } from '../../web/editor/document/load.mjs'
import { handedOn } from '../../web/editor/document/handed_on.mjs'
import { saveState } from '../../web/editor/document/save.mjs'
import { addTracks, duplicateTracks, setFields } from '../../web/editor/edit/tracks.mjs'
import { flowNorm, frameFlow } from '../../web/editor/flow/picture.mjs'
import { coordinatesText, shortest } from '../../web/editor/sampling/coordinates.mjs'
import { sampleTracks } from '../../web/editor/sampling/tracks.mjs'
import { modelTracksOf, warningsOf } from '../../web/ui/derived.mjs'

const CANVAS = { width: 64, height: 32, frames: 5, fps: 8 }
const EMPTY = loadState(null, CANVAS).document
/** One track 4 px a frame to the right, one 0.01 px a frame. */
const FAST = { points: [{ x: 8, y: 16 }, { x: 24, y: 16 }], curve: 'polyline', name: 'fast' } // prettier-ignore
const SLOW = { points: [{ x: 40, y: 8 }, { x: 40.04, y: 8 }], curve: 'polyline', name: 'slow' } // prettier-ignore
const TWO = addTracks(EMPTY, [FAST, SLOW]).document

test('a muted track is saved with the drawing, and is in nothing that is handed on', () => {
  const muted = setFields(TWO, [1], { muted: true })
  const saved = saveState(muted)
  assert.deepEqual(saved.editor.muted, [0])
  assert.equal(saved.trajectory.tracks.length, 2)
  assert.deepEqual(loadState(saved).document, muted)
  assert.deepEqual(
    handedOn(muted).tracks.map(({ name }) => name),
    ['slow'],
  )
  assert.equal(handedOn(TWO), TWO)
  assert.equal(modelTracksOf(muted, []).count, 1)
})

test('a locked track can be muted, and a copy of a muted one is not', () => {
  const locked = setFields(setFields(TWO, [1], { locked: true }), [1], { muted: true })
  assert.equal(locked.tracks[0].muted, true)
  const { document, ids } = duplicateTracks(locked, [1])
  assert.equal(document.tracks.find(({ id }) => id === ids[0]).muted, false)
})

test('places that are no places are told, and the drawing is read', () => {
  const { document, problems } = loadState({ ...saveState(TWO), editor: { muted: [0, 'x'] } })
  assert.deepEqual(
    document.tracks.map(({ muted }) => muted),
    [true, false],
  )
  assert.equal(problems[0].place, 'editor.muted')
})

test('the model gets wired tracks first, in one flow with the drawn ones', () => {
  const wired = addTracks(EMPTY, [{ ...FAST, points: [{ x: 8, y: 4 }, { x: 40, y: 4 }] }]).document.tracks // prettier-ignore
  const all = modelTracksOf(TWO, wired)
  assert.deepEqual([all.count, all.points[0], all.points[1]], [3, 8, 4])
  assert.equal(modelTracksOf(TWO, wired), all, 'computed once')
  assert.deepEqual(frameFlow(all, 1), frameFlow(sampleTracks({ ...CANVAS, tracks: [...wired, ...TWO.tracks] }), 1))
  assert.ok(flowNorm(all) > flowNorm(modelTracksOf(TWO, [])))
})

test('what is too slow is judged beside the fastest of all, and of muted tracks nothing is said', () => {
  const kinds = (document, wired = []) => warningsOf(document, wired).map(({ kind, track }) => `${track} ${kind}`)
  assert.deepEqual(kinds(TWO), ['1 dimmed'])
  assert.deepEqual(kinds(setFields(TWO, [1], { muted: true })), []) // alone it is the fastest
  assert.deepEqual(kinds(setFields(TWO, [2], { muted: true })), [])
  const alone = addTracks(EMPTY, [SLOW]).document
  assert.deepEqual(kinds(alone), [])
  assert.deepEqual(kinds(alone, TWO.tracks), ['0 dimmed'])
})

test('coordinates are a list a track with a position a frame, as Python writes them', () => {
  // The numbers of test_coordinates_are_a_list_for_each_track_with_decimals, on another canvas.
  const track = { points: [{ x: 8, y: 16 }, { x: 24, y: 16 }], curve: 'polyline' } // prettier-ignore
  const { document } = addTracks(EMPTY, [track, { points: [{ x: 30.25, y: -4.5 }] }])
  const expected = [[8, 12, 16, 20, 24].map((x) => ({ x, y: 16 })), [0, 1, 2, 3, 4].map(() => ({ x: 30.25, y: -4.5 }))]
  assert.deepEqual(JSON.parse(coordinatesText(sampleTracks(document))), expected)
  assert.equal(coordinatesText(sampleTracks(EMPTY)), '[]')
})

test('a float32 is written with as few digits as tell it from others', () => {
  for (const value of [0.1, 1 / 3, 719.99994, 16777216, -0.0001, 1e-30, 3.4e38, 0]) {
    const number = Math.fround(value)
    assert.equal(Math.fround(shortest(number)), number)
  }
  assert.deepEqual(
    [0.1, 1 / 3, 719.99994].map((value) => shortest(Math.fround(value))),
    [0.1, 0.33333334, 719.99994],
  )
})
