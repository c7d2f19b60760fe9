// Undo and redo, and what a thousand random edits leave behind.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadState } from '../../web/editor/document/load.mjs'
import { readTrajectory } from '../../web/editor/document/read.mjs'
import { saveState } from '../../web/editor/document/save.mjs'
import { writeTrajectory } from '../../web/editor/document/write.mjs'
import * as history from '../../web/editor/edit/history.mjs'
import { NOTHING, selectPoints, selectTracks } from '../../web/editor/edit/selection.mjs'
import { setCanvas } from '../../web/editor/edit/canvas.mjs'
import { setFields } from '../../web/editor/edit/tracks.mjs'
import { moveBy } from '../../web/editor/edit/transform.mjs'
import { drawing, frozen, points } from './drawings.mjs'
import { randomEdits } from './random_edits.mjs'

const START = drawing({ points: points([10, 10], [50, 40]) })
const moved = (document, dx) => frozen(moveBy(document, selectTracks([1]), dx, 0))
const ONE = moved(START, 1)
const TWO = moved(ONE, 1)

/** History of START, ONE, TWO as single steps. */
function three() {
  const first = history.commit(history.startHistory(START, NOTHING), ONE, NOTHING)
  return history.commit(first, TWO, NOTHING)
}

test('undo goes back a step at a time to the very same documents, redo forth', () => {
  let now = three()
  now = history.undo(now)
  assert.equal(now.present.document, ONE)
  now = history.undo(now)
  assert.equal(now.present.document, START)
  assert.equal(history.canUndo(now), false)
  assert.equal(history.undo(now).present.document, START)
  now = history.redo(history.redo(now))
  assert.equal(now.present.document, TWO)
  assert.equal(history.canRedo(now), false)
  assert.equal(history.redo(now).present.document, TWO)
})

test('a new step forgets what was undone', () => {
  const now = history.commit(history.undo(three()), START, NOTHING)
  assert.equal(history.canRedo(now), false)
  assert.equal(history.undo(now).present.document, ONE)
})

test('a gesture that changes nothing makes no step, and takes over its selection', () => {
  const before = three()
  const after = history.commit(before, TWO, selectPoints(1, [0]))
  assert.equal(history.undo(after).present.document, ONE)
  assert.deepEqual([...after.present.selection], [[1, [0]]])
  assert.equal(history.select(after, after.present.selection), after)
})

test('undo brings back what was selected before the step', () => {
  const chosen = history.select(history.startHistory(START, NOTHING), selectPoints(1, [1]))
  const after = history.commit(chosen, ONE, NOTHING)
  assert.deepEqual([...history.undo(after).present.selection], [[1, [1]]])
})

test('steps with the same key within a second are one; another key, a pause or an undo between parts them', () => {
  const merge = 'nudge:1'
  const nudge = (now, document, time, key = merge) => history.commit(now, document, NOTHING, { merge: key, time })
  const first = nudge(history.startHistory(START, NOTHING), ONE, 100)
  const joined = nudge(first, TWO, 1100)
  assert.equal(history.undo(joined).present.document, START)
  assert.equal(history.undo(nudge(first, TWO, 1101)).present.document, ONE)
  assert.equal(history.undo(nudge(first, TWO, 200, 'nudge:2')).present.document, ONE)
  const there = history.redo(history.undo(first))
  assert.equal(history.undo(nudge(there, TWO, 200)).present.document, ONE)
})

test('a drawing that comes back from the host is found in the history, with other ids and as other objects', () => {
  const copyOf = (document) => loadState(JSON.parse(JSON.stringify(saveState(document)))).document
  const now = three()
  const back = history.adopt(now, copyOf(START), NOTHING)
  assert.equal(back.present.document, START)
  assert.equal(history.redo(back).present.document, ONE)
  assert.equal(history.adopt(back, copyOf(TWO), NOTHING).present.document, TWO)
  assert.equal(history.adopt(now, copyOf(TWO), NOTHING), now)
})

test('a drawing that the history does not know is a step that can be undone', () => {
  const now = history.adopt(three(), drawing({ points: points([1, 1]) }), NOTHING)
  assert.equal(now.present.document.tracks[0].points.length, 1)
  assert.equal(history.undo(now).present.document, TWO)
})

test('a drawing that comes back in another size is found as the step that it was before the size changed', () => {
  const wide = setCanvas(ONE, { width: 2 * ONE.width, frames: 2 * ONE.frames })
  const back = history.adopt(three(), loadState(JSON.parse(JSON.stringify(saveState(wide)))).document, NOTHING)
  assert.equal(back.present.document, ONE)
  assert.equal(history.undo(back).present.document, START)
  assert.equal(history.redo(back).present.document, TWO)
  // The same size as another step counts more: both are of one track, but only one is this drawing.
  const exact = history.commit(three(), wide, NOTHING)
  assert.equal(history.adopt(exact, wide, NOTHING).present.document, wide)
})

test('a drawing that would be too far out in the other size is a step of its own', () => {
  const far = drawing({ points: points([10, 10], [999_999, 40]) })
  const wide = drawing({ points: points([1, 1], [2, 2]) })
  const now = history.adopt(history.startHistory(far, NOTHING), { ...wide, width: 10 * far.width }, NOTHING)
  assert.equal(history.undo(now).present.document, far)
})

test('drawings that differ in one thing are not the same', () => {
  assert.ok(history.sameDrawing(START, drawing({ points: points([10, 10], [50, 40]) })))
  for (const other of [
    ONE,
    { ...START, frames: 12 },
    { ...START, kept: [{}] },
    setFields(START, [1], { hidden: true }),
  ]) {
    assert.equal(history.sameDrawing(START, other), false)
  }
})

for (const seed of [1, 2, 3]) {
  test(`a thousand random edits are legal for Python, and undo to the identical documents: seed ${seed}`, () => {
    const empty = drawing()
    const seen = [empty]
    let now = history.startHistory(empty, NOTHING)
    let cameras = 0
    for (const document of randomEdits(seed, 1000)) {
      frozen(document)
      if (document === seen[seen.length - 1]) continue
      // Through JSON, as Python gets it; strict reading is Python's (documents.test.mjs).
      const written = JSON.stringify(writeTrajectory(document))
      assert.equal(JSON.stringify(writeTrajectory(readTrajectory(JSON.parse(written)))), written)
      cameras += document.camera === null ? 0 : 1
      const again = loadState(JSON.parse(JSON.stringify(saveState(document))))
      assert.deepEqual([again.problems, again.document.camera?.settings], [[], document.camera?.settings])
      now = history.commit(now, document, NOTHING)
      seen.push(document)
    }
    assert.ok(cameras > 50, `${cameras} documents had a camera`)
    // The first document of the sequence is its own empty one.
    assert.ok(seen.length > 500, `${seen.length} edits changed something`)
    const texts = seen.map((document) => JSON.stringify(saveState(document)))
    for (let i = seen.length - 1; i > 0; i--) {
      assert.equal(now.present.document, seen[i])
      now = history.undo(now)
    }
    assert.equal(now.present.document, empty)
    assert.equal(history.canUndo(now), false)
    for (let i = 1; i < seen.length; i++) {
      now = history.redo(now)
      assert.equal(now.present.document, seen[i])
      assert.equal(JSON.stringify(saveState(now.present.document)), texts[i])
    }
    assert.equal(history.canRedo(now), false)
  })
}
