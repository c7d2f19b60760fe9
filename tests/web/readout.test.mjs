// px/frame and warnings.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowNorm } from '../../web/editor/flow/picture.mjs'
import { stepKind, stepLengths } from '../../web/editor/readout/steps.mjs'
import { findWarnings } from '../../web/editor/readout/warnings.mjs'
import { sampleTracks } from '../../web/editor/sampling/tracks.mjs'
import { drawing, points } from './drawings.mjs'
import { assertNear } from './golden.mjs'

function warnings(...drafts) {
  const tracks = sampleTracks(drawing(...drafts))
  return findWarnings(tracks, flowNorm(tracks)).map(({ kind, track, from, to }) => [kind, track, from, to])
}

test('the readout is in pixels of the output and per frame', () => {
  const line = drawing({ points: points([10, 20], [60, 20]) })
  assertNear(stepLengths(sampleTracks(line), 0), [0, ...Array(10).fill(5)], { absolute: 1e-5, what: 'steps' })
  const other = sampleTracks(line, { width: 320, frames: 6 })
  assertNear(stepLengths(other, 0), [0, ...Array(5).fill(20)], { absolute: 1e-5, what: 'steps of 320 px' })
})

test('a steady track has no warnings', () => assert.deepEqual(warnings({ points: points([10, 20], [60, 20]) }), []))

test('a track that stands is told: the model sees no motion there', () => {
  assert.deepEqual(warnings({ points: points([10, 20]) }), [['still', 0, 1, 10]])
  const waits = { points: points([10, 20], [60, 20]), start: 0.3, end: 0.8, before: 'hold', after: 'hold' }
  assert.deepEqual(warnings(waits), [
    ['still', 0, 1, 3],
    ['still', 0, 9, 10],
  ])
})

test('no strength is no motion', () => {
  assert.deepEqual(warnings({ points: points([10, 20], [60, 20]), strength: 0 }), [['still', 0, 1, 10]])
})

test('where a track is invisible nothing is told', () => {
  const gone = { points: points([10, 20]), visibility: [{ t: 0.35, visible: false }] }
  assert.deepEqual(warnings(gone), [['still', 0, 1, 3]])
  assert.deepEqual(warnings({ points: points([10, 20]), start: 0.5 }), [['still', 0, 6, 10]])
})

test('motion a 255th of the fastest is dimmed', () => {
  // 50 px a frame, and 0.15 px a frame: 1/333 of it. Twice as fast it would be seen.
  const fast = { points: points([10, 20], [510, 20]), curve: 'polyline', end: 0.3 }
  const slow = (length) => ({ points: points([10, 80], [10 + length, 80]), curve: 'polyline' })
  const dimmed = (length) => warnings(fast, slow(length)).filter(([kind]) => kind === 'dimmed')
  assert.deepEqual(dimmed(1.5), [['dimmed', 1, 1, 10]])
  assert.deepEqual(dimmed(9), [])
})

test('outside the picture nothing is drawn, and that is told', () => {
  const leaving = { points: points([119.9, 20], [219.9, 20]), curve: 'polyline' }
  assert.deepEqual(warnings(leaving), [['outside', 0, 6, 10]])
})

test('a jump is a step out of the blur and far beyond the usual', () => {
  const jumping = {
    points: [
      { x: 5, y: 20 },
      { x: 50, y: 20, t: 0.9 },
      { x: 150, y: 20 },
    ],
    curve: 'polyline',
  }
  assert.deepEqual(warnings(jumping), [['jump', 0, 10, 10]])
  const quick = {
    points: [
      { x: 5, y: 20 },
      { x: 14, y: 20, t: 0.9 },
      { x: 54, y: 20 },
    ],
    curve: 'polyline',
  }
  assert.deepEqual(warnings(quick), [], '40 px after 1 px a frame, but within the blur')
  assert.deepEqual(warnings({ points: points([5, 20], [95, 20]), curve: 'polyline', easing: 'hold' }), [
    ['still', 0, 1, 9],
  ])
})

test('a step is hidden, outside, still or drawn', () => {
  const tracks = sampleTracks(
    drawing(
      { points: points([10, 20], [60, 20]), start: 0.5 },
      { points: points([-1, 20], [60, 20]) },
      { points: points([10, 20]) },
      { points: points([-0.9, 95.9], [60, 20]) },
    ),
  )
  assert.deepEqual(
    [0, 1, 2, 3].map((track) => stepKind(tracks, track, 1)),
    ['hidden', 'outside', 'still', 'drawn'],
  )
})
