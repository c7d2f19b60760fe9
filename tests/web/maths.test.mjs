// Curves, easing and sampling are Python's (tests/golden/editor), within 1e-6 px.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as limits from '../../web/editor/base/limits.mjs'
import { angleOf } from '../../web/editor/flow/angle.mjs'
import { arcAt, lengthOf, makePath, parameterAt, writePointAt } from '../../web/editor/curves/path.mjs'
import { ease, easingHandles, reversedEasing } from '../../web/editor/time/easing.mjs'
import { frameTimes, sampleTrack, trackFrames } from '../../web/editor/sampling/sample.mjs'
import { sampleTracks } from '../../web/editor/sampling/tracks.mjs'
import { points, track } from './drawings.mjs'
import { assertNear, golden } from './golden.mjs'

const WITHIN = { absolute: 1e-6 }

test('limits and names are those of Python', () => {
  const expected = golden('limits')
  assert.deepEqual({ ...limits }, expected)
})

for (const { name, track, node_arc: nodeArc, arcs, at } of golden('curves')) {
  test(`a path is measured and walked as in Python: ${name}`, () => {
    const path = makePath(track)
    assertNear(path.nodeArc, nodeArc, { ...WITHIN, what: 'arc at control points' })
    const out = new Float64Array(2 * arcs.length)
    arcs.forEach((arc, i) => writePointAt(path, arc, out, 2 * i))
    assertNear(out, at.flat(), { ...WITHIN, what: 'positions' })
  })
}

test('arc length of a parameter and parameter of an arc length are inverse', () => {
  const path = makePath({ points: points([0, 0], [90, 10], [20, 80], [21, 81]), curve: 'catmull-rom', closed: false })
  for (const share of [0, 0.1, 0.37, 0.5, 0.9, 1]) {
    const { segment, u } = parameterAt(path, share * lengthOf(path))
    assertNear([arcAt(path, segment, u)], [share * lengthOf(path)], { absolute: 2e-5, what: `share ${share}` })
  }
})

for (const { easing, times, ways } of golden('easing')) {
  test(`easing runs as in Python: ${JSON.stringify(easing)}`, () => {
    assertNear(
      times.map((time) => ease(easing, time)),
      ways,
      { absolute: 1e-12, what: 'ways' },
    )
  })
}

for (const easing of ['linear', 'in', 'out', 'in-out', [0.2, -0.5, 0.7, 1.4]]) {
  test(`a reversed easing is the same way backwards: ${JSON.stringify(easing)}`, () => {
    const times = [0, 0.1, 0.3, 0.5, 0.85, 1]
    const backwards = times.map((time) => 1 - ease(easing, 1 - time))
    assertNear(
      times.map((time) => ease(reversedEasing(easing), time)),
      backwards,
      { absolute: 1e-9, what: 'ways' },
    )
  })
}

test('the handles of a named easing draw it, and hold has none', () => {
  for (const name of ['linear', 'in', 'out', 'in-out']) {
    assertNear([ease(easingHandles(name), 0.3)], [ease(name, 0.3)], { absolute: 1e-9, what: name })
  }
  assert.equal(easingHandles('hold'), null)
})

for (const { name, trajectory, names, frames, size, chosen, points: expected, visible } of golden('sampling')) {
  const [height, width] = size
  trajectory.tracks.forEach((track, i) => {
    test(`a track is where Python has it: ${names[i]}, ${name}`, () => {
      const samples = sampleTrack(track, frameTimes(frames))
      const scale = [width / trajectory.width, height / trajectory.height]
      const found = chosen.flatMap((frame) => [0, 1].map((axis) => samples.points[2 * frame + axis] * scale[axis]))
      assertNear(found, expected[i].flat(), { ...WITHIN, what: 'positions' })
      assert.deepEqual(
        chosen.map((frame) => Boolean(samples.visible[frame])),
        visible[i],
      )
    })
  })
  test(`all tracks together are float32 of the same: ${name}`, () => {
    const tracks = sampleTracks(trajectory, { frames, width, height })
    assert.deepEqual([tracks.count, tracks.frames, tracks.width, tracks.height], [names.length, frames, width, height])
    names.forEach((_, i) => {
      const found = chosen.flatMap((frame) => [0, 1].map((axis) => tracks.points[2 * (frames * i + frame) + axis]))
      assertNear(found, expected[i].flat().map(Math.fround), { absolute: 1e-6, relative: 2e-7, what: names[i] })
    })
  })
}

test('samples of a track value are computed once', () => {
  const line = track({ points: points([0, 0], [10, 0]) })
  assert.equal(trackFrames(line, 5), trackFrames(line, 5))
  assert.notEqual(trackFrames(line, 5), trackFrames(line, 6))
  assert.deepEqual([...trackFrames(line, 5).points], [0, 0, 2.5, 0, 5, 0, 7.5, 0, 10, 0])
})

test('the angle is atan2 in every direction, and its zeros have signs', () => {
  for (let i = 0; i < 720; i++) {
    const [y, x] = [Math.sin(i / 114.6) * 10 ** (i % 7), Math.cos(i / 114.6) * 10 ** (i % 5)]
    assertNear([angleOf(y, x)], [Math.atan2(y, x)], { absolute: 1e-14, what: `${y}, ${x}` })
  }
  for (const [y, x] of [
    [0, 1],
    [-0, 1],
    [0, -1],
    [-0, -1],
    [1, 0],
    [-1, -0],
    [1e-300, -1],
  ]) {
    assert.ok(Object.is(angleOf(y, x), Math.atan2(y, x)), `${y}, ${x}`)
  }
})
