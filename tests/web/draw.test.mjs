// Strokes, presets and snapping.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitStroke } from '../../web/editor/draw/freehand.mjs'
import { PRESETS, preset } from '../../web/editor/draw/presets.mjs'
import { snap, snapAngle } from '../../web/editor/draw/snap.mjs'
import { makePath } from '../../web/editor/curves/path.mjs'
import { nearestOnPath } from '../../web/editor/curves/nearest.mjs'
import { addTracks } from '../../web/editor/edit/tracks.mjs'
import { dice, drawing, positions, track } from './drawings.mjs'
import { assertNear } from './golden.mjs'

/** A stroke of `count` samples along x(s), y(s), with a tremble of up to `tremble` px. */
function stroke(count, at, tremble, seed = 5) {
  const roll = dice(seed)
  return Array.from({ length: count }, (_, i) => {
    const [x, y] = at(i / (count - 1))
    const shiver = () => ((roll(2001) - 1000) / 1000) * tremble
    return { x: x + shiver(), y: y + shiver() }
  })
}

/** The largest distance of samples from a fitted curve, found anew. */
function farthest(samples, { points, curve, closed }) {
  const path = makePath({ points, curve, closed })
  return Math.max(...samples.map(({ x, y }) => nearestOnPath(path, x, y).distance))
}

const circle = (s) => [200 + 100 * Math.cos(2 * Math.PI * s), 150 + 100 * Math.sin(2 * Math.PI * s)]
const line = (s) => [20 + 300 * s, 40 + 150 * s]
const corner = (s) => (s < 0.5 ? [600 * s, 0] : [300, 600 * (s - 0.5)])
const wave = (s) => [600 * s, 100 + 60 * Math.sin(12 * s)]

for (const [name, at, tremble, errorPx, most] of [
  ['a straight line', line, 0, 1, 2],
  ['a trembling line', line, 0.7, 2, 2],
  ['a circle', circle, 0, 1.5, 14],
  ['a trembling circle', circle, 0.8, 2.5, 14],
  ['a corner', corner, 0, 1.5, 6],
  ['a trembling wave', wave, 0.8, 2.5, 14],
]) {
  test(`a stroke becomes few points that keep to it: ${name}`, (t) => {
    const samples = stroke(400, at, tremble)
    const fitted = fitStroke(samples, { errorPx })
    t.diagnostic(`${fitted.points.length} points, ${fitted.errorPx.toFixed(2)} px of ${errorPx}`)
    assert.ok(fitted.points.length <= most, `${fitted.points.length} points`)
    assert.ok(fitted.errorPx <= errorPx, `${fitted.errorPx} px off`)
    assertNear([fitted.errorPx], [farthest(samples, fitted)], { absolute: 1e-6, what: 'stated error' })
  })
}

test('the stated error holds for wild scribbles too, as Catmull-Rom and as bezier', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const samples = stroke(60, (s) => [200 * Math.sin(9 * s), 100 * Math.cos(7 * s)], 12, seed)
    for (const curve of ['catmull-rom', 'bezier']) {
      const fitted = fitStroke(samples, { errorPx: 2, curve })
      assert.ok(fitted.errorPx <= 2, `seed ${seed}: ${fitted.errorPx} px off`)
      assertNear([fitted.errorPx], [farthest(samples, fitted)], { absolute: 5e-3, what: `seed ${seed}` })
    }
  }
})

test('smoothing takes the tremble out of a line', () => {
  const fitted = fitStroke(
    stroke(300, (s) => [300 * s, 50], 1),
    { errorPx: 3 },
  )
  const heights = positions(
    track({ points: fitted.points }),
    Array.from({ length: 50 }, (_, i) => i / 49),
  ).filter((_, i) => i % 2)
  assert.ok(Math.max(...heights) - Math.min(...heights) < 2, 'the samples differ by 2')
})

test('a stroke that comes back to its start is closed if that is wanted', () => {
  const samples = stroke(300, (s) => circle(0.99 * s), 0.3)
  const fitted = fitStroke(samples, { errorPx: 2, close: 'if near' })
  assert.equal(fitted.closed, true)
  assert.ok(fitted.points.length >= 3)
  assert.equal(fitStroke(samples, { errorPx: 2 }).closed, false)
  assert.equal(fitStroke(stroke(300, line, 0), { errorPx: 2, close: 'if near' }).closed, false)
})

test('a tap is a single point, wherever it is', () => {
  assert.deepEqual(fitStroke([{ x: 5.12345, y: 6 }], { errorPx: 1 }).points, [{ x: 5.123, y: 6 }])
  const tap = fitStroke(
    [
      { x: 5, y: 6 },
      { x: 5.3, y: 6 },
      { x: 5.3, y: 6.2 },
    ],
    { errorPx: 1 },
  )
  assert.deepEqual(tap.points, [{ x: 5, y: 6 }])
  assertNear([tap.errorPx], [Math.hypot(0.3, 0.2)], { absolute: 1e-12, what: 'error' })
})

test('strokes without a finite sample are none, repeats and others are left out', () => {
  assert.equal(fitStroke([], { errorPx: 1 }), null)
  assert.equal(fitStroke([{ x: NaN, y: 1 }], { errorPx: 1 }), null)
  const samples = [
    { x: 0, y: 0 },
    { x: 0, y: 0 },
    { x: Infinity, y: 0 },
    { x: 50, y: 0 },
    { x: 50, y: 0 },
  ]
  assert.deepEqual(fitStroke(samples, { errorPx: 1 }).points, [
    { x: 0, y: 0 },
    { x: 50, y: 0 },
  ])
})

test('there and back on one line keeps its turning point', () => {
  const fitted = fitStroke(
    stroke(201, (s) => [300 * (1 - Math.abs(2 * s - 1)), 0], 0),
    { errorPx: 1 },
  )
  assert.ok(fitted.errorPx <= 1)
  assert.ok(Math.max(...fitted.points.map(({ x }) => x)) > 298.99)
})

const FROM = { x: 20, y: 60 }
const TO = { x: 120, y: 100 }

test('every preset is a legal track', () => {
  const names = ['line', 'arc', 'circle', 'ellipse', 'spiral', 'wave', 'zigzag', 'figure-eight', 'shake', 'bounce']
  assert.deepEqual(Object.keys(PRESETS), names)
  for (const name of names) {
    for (const [from, to] of [
      [FROM, TO],
      [TO, FROM],
      [FROM, FROM],
      [
        { x: -1e6, y: 0 },
        { x: 1e6, y: 9 },
      ],
    ]) {
      for (const count of [undefined, 0.3, 1, 7]) {
        const { document } = addTracks(drawing(), [preset(name, from, to, { count })])
        assert.equal(document.tracks.length, 1, `${name} from ${JSON.stringify(from)}, count ${count}`)
      }
    }
  }
})

for (const name of ['line', 'arc', 'wave', 'zigzag', 'bounce']) {
  test(`it goes from the first point to the second: ${name}`, () => {
    const { points } = preset(name, FROM, TO)
    assertNear([points[0].x, points[0].y], [20, 60], { absolute: 1e-3, what: 'start' })
    const last = points[points.length - 1]
    assertNear([last.x, last.y], [120, 100], { absolute: 1e-3, what: 'end' })
  })
}

/** x, y of a preset at many times. */
function outline(name, options) {
  const found = positions(
    track(preset(name, FROM, TO, options)),
    Array.from({ length: 300 }, (_, i) => i / 299),
  )
  return Array.from({ length: 300 }, (_, i) => [found[2 * i], found[2 * i + 1]])
}

test('a circle is round and fits its box, an ellipse fills it', () => {
  for (const [x, y] of outline('circle')) {
    assertNear([Math.hypot(x - 70, y - 80)], [20], { absolute: 0.01, what: 'radius' })
  }
  for (const [x, y] of outline('ellipse')) {
    assertNear([Math.hypot((x - 70) / 50, (y - 80) / 20)], [1], { absolute: 5e-4, what: 'ellipse' })
  }
  assert.deepEqual([preset('circle', FROM, TO).points[0].x, preset('circle', FROM, TO).points[0].y], [70, 60])
})

test('circle and ellipse go clockwise', () => {
  const quarter = outline('circle')[75]
  assertNear(quarter, [90, 80], { absolute: 0.5, what: 'after a quarter' })
})

test('an arc is half a circle on the left of its way', () => {
  const [x, y] = outline('arc')[150]
  // The middle (70, 80) and half the way turned by a quarter to the left: (50, 20) -> (20, -50).
  assertNear([x, y], [90, 30], { absolute: 0.5, what: 'top' })
})

for (const [name, centre] of [
  ['spiral', [70, 80]],
  ['figure-eight', [70, 80]],
  ['shake', [70, 80]],
]) {
  test(`it keeps to its box and begins in the middle: ${name}`, () => {
    const path = outline(name)
    assertNear(path[0], centre, { absolute: 1e-3, what: 'start' })
    for (const [x, y] of path) assert.ok(x > 19 && x < 121 && y > 59 && y < 101, `${x}, ${y}`)
  })
}

test('the count of waves and teeth is that asked for', () => {
  const level = { x: 0, y: 0 }
  const turns = (name, count) => {
    const { points } = preset(name, level, { x: 100, y: 0 }, { count })
    const sides = points.map(({ y }) => Math.sign(y)).filter(Boolean)
    return sides.filter((side, i) => i === 0 || side !== sides[i - 1]).length
  }
  assert.deepEqual([turns('wave', 3), turns('wave', 5)], [6, 10])
  assert.equal(preset('zigzag', level, { x: 100, y: 0 }, { count: 4 }).points.length, 9)
})

test('the same seed shakes the same, another otherwise', () => {
  assert.deepEqual(preset('shake', FROM, TO, { seed: 4 }), preset('shake', FROM, TO, { seed: 4 }))
  assert.notDeepEqual(preset('shake', FROM, TO, { seed: 4 }), preset('shake', FROM, TO, { seed: 5 }))
})

test('a ball falls, and every jump is lower and shorter, as gravity has it', () => {
  const { points } = preset('bounce', { x: 0, y: 0 }, { x: 100, y: 100 }, { count: 2 })
  const [, touch, top, again, last, end] = points
  assertNear([touch.y, top.y, again.y, last.y, end.y], [100, 40, 100, 64, 100], { absolute: 1e-3, what: 'heights' })
  // Times go with the root of the height: 1 : sqrt(0.6) : sqrt(0.36).
  assertNear([(top.t - touch.t) / touch.t, (last.t - again.t) / touch.t], [0.7746, 0.6], {
    absolute: 1e-3,
    what: 'times',
  })
  assertNear([touch.x], [100 * touch.t], { absolute: 1e-3, what: 'steady to the right' })
  // Half of a half jump across, three quarters up: a parabola.
  const path = makePath({ points, curve: 'bezier', closed: false })
  const { distance } = nearestOnPath(path, touch.x * 0.5, 25)
  assert.ok(distance < 0.01, `${distance} off the parabola`)
})

const NEAR = { width: 160, height: 96, withinPx: 4 }

test('nothing near, nothing snapped', () => {
  assert.deepEqual(snap({ x: 33.3, y: 44.4 }, NEAR), { x: 33.3, y: 44.4, guides: [] })
})

test('each axis snaps by itself: grid, centre, edges', () => {
  const place = { x: 66, y: 49 }
  assert.deepEqual(snap(place, { ...NEAR, gridPx: 32 }), {
    x: 64,
    y: 49,
    guides: [{ axis: 'x', at: 64, kind: 'grid' }],
  })
  assert.deepEqual(snap(place, { ...NEAR, center: true }), {
    x: 66,
    y: 47.5,
    guides: [{ axis: 'y', at: 47.5, kind: 'center' }],
  })
  const corner = snap({ x: 157, y: -3 }, { ...NEAR, edges: true })
  assert.deepEqual([corner.x, corner.y], [159, 0])
  assert.deepEqual(
    corner.guides.map(({ kind }) => kind),
    ['edge', 'edge'],
  )
})

test('the nearest wins, and a whole point before all', () => {
  assert.equal(snap({ x: 63, y: 10 }, { ...NEAR, gridPx: 32, points: [{ x: 61.5, y: 90 }] }).x, 64)
  assert.equal(snap({ x: 62.5, y: 10 }, { ...NEAR, gridPx: 32, points: [{ x: 61.5, y: 90 }] }).x, 61.5)
  assert.deepEqual(snap({ x: 63, y: 88 }, { ...NEAR, gridPx: 32, points: [{ x: 61, y: 90 }] }).y, 90)
})

test('with shift held the way turns to steps of 15 degrees, level and upright exactly', () => {
  const origin = { x: 10, y: 10 }
  assert.deepEqual(snapAngle(origin, { x: 30, y: 11 }), { x: 10 + Math.hypot(20, 1), y: 10 })
  assert.deepEqual(snapAngle(origin, { x: 9, y: -30 }), { x: 10, y: 10 - Math.hypot(1, 40) })
  const { x, y } = snapAngle(origin, { x: 20, y: 19 })
  assertNear([x - 10], [y - 10], { absolute: 1e-9, what: '45 degrees' })
  assert.deepEqual(snapAngle(origin, origin), origin)
})
