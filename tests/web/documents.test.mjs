// Trajectory JSON is read as strictly as Python reads it, and written letter for letter as Python writes it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EditorError } from '../../web/editor/base/checks.mjs'
import { readTrajectory } from '../../web/editor/document/read.mjs'
import { writeTrajectory } from '../../web/editor/document/write.mjs'
import { setCanvas } from '../../web/editor/edit/canvas.mjs'
import { loadState } from '../../web/editor/document/load.mjs'
import { golden } from './golden.mjs'

for (const { name, document, canonical, message } of golden('documents')) {
  if (canonical) {
    test(`taken, and written as Python does: ${name}`, () => {
      assert.equal(JSON.stringify(writeTrajectory(readTrajectory(document))), JSON.stringify(canonical))
    })
  } else {
    test(`refused at the same place as in Python: ${name}`, () => {
      assert.throws(
        () => readTrajectory(document),
        (error) => {
          assert.ok(error instanceof EditorError)
          const placeOf = (text) => text.split(' ')[0]
          assert.equal(placeOf(error.message), placeOf(message), `${error.message} | ${message}`)
          return true
        },
      )
    })
  }
}

test('more tracks or points than Python takes are refused', () => {
  const { canonical } = golden('documents')[0]
  const [track] = canonical.tracks
  assert.throws(() => readTrajectory({ ...canonical, tracks: Array(1001).fill(track) }), /tracks has 1001 entries/)
  const long = { ...track, points: Array(10_001).fill({ x: 1, y: 2 }) }
  assert.throws(() => readTrajectory({ ...canonical, tracks: [long] }), /tracks\[0\]\.points has 10001 entries/)
  const full = { ...track, points: Array(10_000).fill({ x: 1, y: 2 }) }
  assert.throws(() => readTrajectory({ ...canonical, tracks: Array(51).fill(full) }), /510000 points together/)
})

for (const { name, trajectory, width, height, resized } of golden('resized')) {
  test(`another canvas scales the drawing as Python does: ${name}`, () => {
    const { document } = loadState(trajectory)
    assert.equal(JSON.stringify(writeTrajectory(setCanvas(document, { width, height }))), JSON.stringify(resized))
  })
}
