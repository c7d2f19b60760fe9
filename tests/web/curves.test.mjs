// Nearest places, conversion between kinds of curve, and fitting.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitIndexes, distanceToLines } from '../../web/editor/curves/fit.mjs'
import { flattenSegment } from '../../web/editor/curves/flatten.mjs'
import { makePath, pathOf, writePointAt, lengthOf } from '../../web/editor/curves/path.mjs'
import { nearestOnPath } from '../../web/editor/curves/nearest.mjs'
import { CONVERSION_ERROR_PX, convertCurve, setCurve } from '../../web/editor/edit/convert.mjs'
import { drawing, points, positions } from './drawings.mjs'
import { assertNear, golden } from './golden.mjs'

const TIMES = [0, 0.05, 0.2, 0.35, 0.5, 0.66, 0.8, 0.93, 1]

test('the nearest place on a line lies between its ends, or at one', () => {
  const path = makePath({ points: points([10, 10], [30, 10], [30, 40]), curve: 'polyline', closed: false })
  assert.deepEqual(nearestOnPath(path, 15, 16), { segment: 0, u: 0.25, x: 15, y: 10, distance: 6 })
  assert.deepEqual(nearestOnPath(path, 33, 44), { segment: 1, u: 1, x: 30, y: 40, distance: 5 })
  assert.equal(nearestOnPath(path, 15, 16, 6), null)
})

test('the nearest place on a single point is that point', () => {
  const path = makePath({ points: points([10, 10]), curve: 'catmull-rom', closed: true })
  assert.deepEqual(nearestOnPath(path, 13, 14), { segment: 0, u: 0, x: 10, y: 10, distance: 5 })
})

test('the nearest place on a curve is nearer than ten thousand others', () => {
  for (const { track, name } of golden('curves').filter(({ name }) => /^(bent|handled|cusp|negative)/.test(name))) {
    const path = makePath(track)
    const many = new Float64Array(2)
    for (const [x, y] of [
      [0, 0],
      [55, 33],
      [-30, 90],
      [100, 50],
      [41, 90],
    ]) {
      let least = Infinity
      for (let i = 0; i <= 10_000; i++) {
        writePointAt(path, (lengthOf(path) * i) / 10_000, many, 0)
        least = Math.min(least, Math.hypot(many[0] - x, many[1] - y))
      }
      const { distance } = nearestOnPath(path, x, y)
      assert.ok(distance <= least + 1e-6, `${name}: ${distance} from (${x}, ${y}), but ${least} is possible`)
    }
  }
})

test('short lines keep within the asked distance of their cubic', () => {
  const path = makePath({ points: points([0, 0], [90, 70], [20, 80], [21, 5]), curve: 'catmull-rom', closed: false })
  for (const error of [2, 0.3, 0.05]) {
    const lines = flattenSegment(path, 1, error)
    const fine = flattenSegment(path, 1, 1e-4)
    for (let i = 0; i < fine.length; i += 2) {
      assert.ok(distanceToLines(lines, fine[i], fine[i + 1]).distance <= error)
    }
  }
})

const SHAPES = {
  open: { points: points([10, 10], [60, 80], [90, 20], [150, 60]) },
  closed: { points: points([10, 10], [60, 80], [90, 20], [150, 60]), closed: true },
  pinned: {
    points: [
      { x: 10, y: 10 },
      { x: 60, y: 80, t: 0.4, easing: 'in' },
      { x: 90, y: 20 },
      { x: 99, y: 9, t: 0.8 },
    ],
  },
  handles: {
    points: [
      { x: 0, y: 0, out: [60, 0] },
      { x: 100, y: 90, in: [0, -60], t: 0.7 },
      { x: 130, y: 20 },
    ],
  },
}

for (const [name, shape] of Object.entries(SHAPES)) {
  for (const curve of ['polyline', 'catmull-rom', 'freehand']) {
    test(`a bezier of the same shape moves the same, to a millionth: ${name}, from ${curve}`, () => {
      const before = drawing({ ...shape, curve })
      const [after] = convertCurve(before, [1], 'bezier').tracks
      assert.equal(after.curve, 'bezier')
      // Twice the tolerance of the arc length that both paths are walked by.
      assertNear(positions(after, TIMES), positions(before.tracks[0], TIMES), { absolute: 5e-5, what: 'positions' })
      assert.deepEqual(
        after.points.map(({ t }) => t),
        before.tracks[0].points.map(({ t }) => t),
      )
    })
  }
  for (const from of ['polyline', 'catmull-rom', 'bezier']) {
    for (const to of ['polyline', 'catmull-rom', 'freehand']) {
      test(`another kind of curve keeps the shape and the pins: ${name}, ${from} to ${to}`, () => {
        const before = drawing({ ...shape, curve: from })
        const [after] = convertCurve(before, [1], to).tracks
        assert.equal(after.curve, to)
        for (const [one, other] of [
          [after, before.tracks[0]],
          [before.tracks[0], after],
        ]) {
          const path = pathOf(other)
          const at = positions(
            { ...one, start: 0, end: 1 },
            Array.from({ length: 400 }, (_, i) => i / 399),
          )
          for (let i = 0; i < at.length; i += 2) {
            const { distance } = nearestOnPath(path, at[i], at[i + 1])
            assert.ok(distance <= CONVERSION_ERROR_PX + 0.01, `${distance} off`)
          }
        }
        assert.ok(
          from !== 'bezier' || to === from || after.points.every((point) => !point.in && !point.out),
          'handles are gone',
        )
        const pins = (track) => track.points.flatMap(({ t, x, y }) => (t === undefined ? [] : [[t, x, y]]))
        assert.deepEqual(pins(after), pins(before.tracks[0]))
      })
    }
  }
}

test('another kind through the same points keeps the points', () => {
  const before = drawing({ points: points([10, 10], [60, 80], [90, 20]) })
  assert.deepEqual(setCurve(before, [1], 'polyline').tracks[0].points, before.tracks[0].points)
  const bezier = setCurve(before, [1], 'bezier').tracks[0]
  assertNear(positions(bezier, TIMES), positions(before.tracks[0], TIMES), { absolute: 5e-5, what: 'positions' })
  assert.equal(setCurve(before, [1], 'catmull-rom'), before)
})

test('the curve through the chosen points keeps within the error everywhere', () => {
  for (let seed = 0; seed < 12; seed++) {
    const wild = (i) => 90 * Math.sin(i / 31 + seed) + 25 * Math.sin((i * (seed + 3)) / 97)
    const line = Float64Array.from({ length: 1200 }, (_, i) => (i % 2 ? wild(i) : i / 2 + wild(i + 500)))
    const chosen = fitIndexes(line, [0, 599], 'catmull-rom', false, 1)
    const path = makePath({
      points: points(...chosen.map((i) => [line[2 * i], line[2 * i + 1]])),
      curve: 'catmull-rom',
    })
    for (let i = 0; i < line.length; i += 2) {
      assert.ok(nearestOnPath(path, line[i], line[i + 1]).distance <= 1 + 1e-6, `seed ${seed}`)
    }
  }
})

test('a line of many points needs two, a corner three', () => {
  const line = Float64Array.from({ length: 202 }, (_, i) => (i % 2 ? 5 : i))
  assert.deepEqual(fitIndexes(line, [0, 100], 'catmull-rom', false, 0.5), [0, 100])
  const corner = Float64Array.from([0, 0, 10, 0, 20, 0, 30, 0, 30, 10, 30, 20, 30, 30])
  assert.deepEqual(fitIndexes(corner, [0, 6], 'polyline', false, 0.5), [0, 3, 6])
})
