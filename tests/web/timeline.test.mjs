// What the timeline does to times: keys put where a track is, whole tracks and their ends moved, ticks and marks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setCamera } from '../../web/editor/edit/camera.mjs'
import { keyAt, pinAt } from '../../web/editor/edit/keying.mjs'
import { moveEnds, shiftTracks } from '../../web/editor/edit/shift.mjs'
import { setFields } from '../../web/editor/edit/tracks.mjs'
import { setVisibleFrom, toggleVisibleFrom } from '../../web/editor/edit/visibility.mjs'
import { ease, splitEasing } from '../../web/editor/time/easing.mjs'
import * as scale from '../../web/editor/view/timescale.mjs'
import { drawing, frozen, points, positions } from './drawings.mjs'
import { assertNear } from './golden.mjs'

const TIMES = Array.from({ length: 101 }, (_, i) => i / 100)

test('an easing cut in two runs as before', () => {
  for (const given of [['linear'], ['in'], ['in-out'], [0.25, 0.1, 0.25, 1], [0, 0, 0, 0], [0.3, -0.5, 0.6, 1.5]]) {
    const easing = given.length === 1 ? given[0] : given
    for (const at of [0.1, 0.5, 0.83]) {
      const [before, after] = splitEasing(easing, at)
      const there = ease(easing, at)
      const joined = (time) =>
        time <= at ? there * ease(before, time / at) : there + (1 - there) * ease(after, (time - at) / (1 - at))
      const what = `${easing} at ${at}`
      assertNear(
        TIMES.map(joined),
        TIMES.map((time) => ease(easing, time)),
        { absolute: 1e-9, what },
      )
    }
  }
})

test('a part of an easing that stands still has any easing, and none that Python refuses', () => {
  const parts = [
    ...splitEasing([0, 0, 1, 0], 1e-9),
    ...splitEasing([0, 10, 1, -10], 0.5),
    ...splitEasing([1, 0, 0, 1], 0.1),
  ]
  for (const part of parts) {
    if (typeof part !== 'string')
      assert.ok(
        part.every((number, i) => Math.abs(number) <= (i % 2 ? 10 : 1)),
        `${part}`,
      )
  }
})

const TURNS = points([10, 10], [60, 10], [60, 50], [150, 90])

for (const [what, draft] of Object.entries({
  even: { curve: 'polyline' },
  eased: { curve: 'polyline', easing: 'in-out' },
  'within the clip': { curve: 'polyline', easing: 'out', start: 0.2, end: 0.8 },
  'of a bezier': { curve: 'bezier', easing: 'in' },
  closed: { curve: 'polyline', closed: true, easing: 'in' },
})) {
  test(`a key changes nothing of the motion: ${what}`, () => {
    const before = frozen({ ...drawing({ points: TURNS, ...draft }), frames: 1001 })
    for (const time of [0.33, 0.5, 0.71]) {
      const { document, index } = keyAt(before, 1, time)
      const [track] = frozen(document).tracks
      assert.equal(track.points[index].t, time)
      assert.equal(track.points.length, 5)
      const what = `key at ${time}`
      assertNear(positions(track, TIMES), positions(before.tracks[0], TIMES), { absolute: 1e-3, what })
    }
  })
}

test('a second key between keys keeps their easings', () => {
  const once = keyAt(drawing({ points: TURNS, curve: 'polyline', easing: 'in-out' }), 1, 0.5).document
  const twice = keyAt(once, 1, 0.25).document
  assertNear(positions(twice.tracks[0], TIMES), positions(once.tracks[0], TIMES), { absolute: 1e-3, what: 'two keys' })
  assert.equal(pinAt(twice.tracks[0], 0.5), 3)
})

test('a key at a point that the track passes there pins that point', () => {
  // Even along 50 + 50: the middle point is passed at 0.5; a frame is 0.1 long.
  const straight = drawing({ points: points([0, 0], [50, 0], [100, 0]), curve: 'polyline' })
  const { document, index } = keyAt(straight, 1, 0.46)
  assert.deepEqual(
    [index, document.tracks[0].points],
    [
      1,
      [
        { x: 0, y: 0 },
        { x: 50, y: 0, t: 0.46 },
        { x: 100, y: 0 },
      ],
    ],
  )
  assert.equal(keyAt(document, 1, 0.46).document, document)
  assert.equal(keyAt(straight, 1, 0.4).document.tracks[0].points.length, 4)
})

test('a key at the first or last frame pins the end; where the track is not, or is locked, there is none', () => {
  const part = drawing({ points: TURNS, start: 0.2, end: 0.8 })
  assert.equal(keyAt(part, 1, 0.2).document.tracks[0].points[0].t, 0.2)
  assert.equal(keyAt(part, 1, 0.8).document.tracks[0].points[3].t, 0.8)
  for (const time of [0, 0.1, 0.9, 1]) assert.deepEqual(keyAt(part, 1, time), { document: part, index: -1 })
  const locked = setFields(part, [1], { locked: true })
  assert.deepEqual(keyAt(locked, 1, 0.5), { document: locked, index: -1 })
  const single = drawing({ points: points([1, 1]) })
  assert.deepEqual(keyAt(single, 1, 0.5), { document: single, index: -1 })
  assert.deepEqual(keyAt(single, 9, 0.5), { document: single, index: -1 })
})

test('visibility is turned over from a frame on, and turned back at the same frame', () => {
  const once = toggleVisibleFrom(drawing({ points: TURNS }), [1], 0.5)
  assert.deepEqual(once.tracks[0].visibility, [{ t: 0.5, visible: false }])
  const twice = toggleVisibleFrom(once, [1], 0.8)
  assert.deepEqual(twice.tracks[0].visibility.at(-1), { t: 0.8, visible: true })
  const before = toggleVisibleFrom(twice, [1], 0.2)
  assert.deepEqual(before.tracks[0].visibility[0], { t: 0.2, visible: false })
  assert.deepEqual(toggleVisibleFrom(once, [1], 0.5).tracks[0].visibility, [])
})

const TIMED = drawing(
  {
    points: [
      { x: 1, y: 1 },
      { x: 2, y: 2, t: 0.4 },
      { x: 3, y: 3 },
    ],
    start: 0.2,
    end: 0.7,
    visibility: [
      { t: 0.3, visible: false },
      { t: 0.5, visible: true },
    ],
  },
  { points: TURNS, start: 0.1, end: 0.5 },
)

test('a track is moved in time with its pins and visibility keys, onto frames exactly', () => {
  const [track] = shiftTracks(TIMED, [1], 0.2).tracks
  assert.deepEqual([track.start, track.end, track.points[1].t], [0.4, 0.9, 0.6])
  assert.deepEqual(
    track.visibility.map(({ t }) => t),
    [0.5, 0.7],
  )
  assert.equal(shiftTracks(TIMED, [1], 0), TIMED)
})

test('tracks moved together keep their distance, and none leaves the clip', () => {
  const early = shiftTracks(TIMED, [1, 2], -0.5).tracks
  assert.deepEqual(
    early.map(({ start, end }) => [start, end]),
    [
      [0.1, 0.6],
      [0, 0.4],
    ],
  )
  const late = shiftTracks(TIMED, [1, 2], 9).tracks
  assert.deepEqual(
    late.map(({ start, end }) => [start, end]),
    [
      [0.5, 1],
      [0.4, 0.8],
    ],
  )
  const whole = drawing({ points: TURNS })
  assert.equal(shiftTracks(whole, [1], 0.3), whole)
  const locked = setFields(TIMED, [1], { locked: true })
  assert.equal(shiftTracks(locked, [1], 0.1), locked)
})

test('what was hidden before the clip stays hidden when a track is moved', () => {
  const hidden = setVisibleFrom(drawing({ points: TURNS, start: 0.5 }), [1], 0.2, false)
  const seen = setVisibleFrom(hidden, [1], 0.6, true)
  const keys = shiftTracks(seen, [1], -0.5).tracks[0].visibility
  assert.deepEqual(
    keys.map(({ t, visible }) => [Math.round(t * 1e6) / 1e6, visible]),
    [
      [0, false],
      [0.1, true],
    ],
  )
})

test('an end is moved up to a frame from the other one, and each of several by the same', () => {
  const spans = (document) => document.tracks.map(({ start, end }) => [start, end])
  assert.deepEqual(spans(moveEnds(TIMED, [1, 2], 'end', 0.2)), [
    [0.2, 0.9],
    [0.1, 0.7],
  ])
  assert.deepEqual(spans(moveEnds(TIMED, [1, 2], 'start', 0.9)), [
    [0.6, 0.7],
    [0.4, 0.5],
  ])
  assert.deepEqual(spans(moveEnds(TIMED, [1], 'start', -3)), [
    [0, 0.7],
    [0.1, 0.5],
  ])
})

test("a camera's bar is its settings'", () => {
  const { camera } = setCamera(TIMED, { panPx: 30, start: 0.2, end: 0.5, columns: 2, rows: 1 })
  const document = setCamera(TIMED, camera.settings)
  const { start, end } = shiftTracks(document, document.camera.ids, 0.3).camera.settings
  assert.deepEqual([start, end], [0.5, 0.8])
  const ends = moveEnds(document, document.camera.ids, 'end', 0.2).camera.settings
  assert.deepEqual([ends.start, ends.end], [0.2, 0.7])
  const both = shiftTracks(document, [1, ...document.camera.ids], 0.9)
  assert.deepEqual([both.camera.settings.start, both.tracks[2].start], [0.5, 0.5])
})

test('numbers on the timeline are round, apart from each other, and start at frame 1', () => {
  for (const frames of [1, 2, 5, 49, 81, 121, 1000, 10_000]) {
    for (const width of [80, 300, 900]) {
      const stretch = scale.whole(frames)
      const all = scale.ticks(stretch, { fps: 8, width, seconds: false })
      const labels = all.filter(({ label }) => label !== null)
      assert.equal(labels[0].label, '1')
      const numbers = labels.slice(1).map(({ label }) => Number(label))
      const [step] = numbers.slice(1).map((number, i) => number - numbers[i])
      if (step) assert.ok(numbers.every((number, i) => number === numbers[0] + i * step && number % step === 0))
      const px = labels.map(({ at }) => scale.placeOf(stretch, at) * width)
      assert.ok(
        px.every((x, i) => i === 0 || x - px[i - 1] >= 12 + 3 * labels[i].label.length),
        `${frames}, ${width}`,
      )
      assert.ok(all.length <= width / 5 + 2, `${all.length} ticks on ${width} px`)
    }
  }
})

test('in seconds the numbers stand where those seconds are', () => {
  const seconds = scale.ticks(scale.whole(49), { fps: 8, width: 800, seconds: true })
  const labels = seconds.filter(({ label }) => label !== null)
  assert.deepEqual(
    labels.slice(0, 3).map(({ at, label }) => [at, label]),
    [
      [0, '0.0 s'],
      [4, '0.5 s'],
      [8, '1.0 s'],
    ],
  )
  const long = scale.ticks(scale.whole(10_000), { fps: 8, width: 600, seconds: true })
  assert.deepEqual(long.filter(({ label }) => label?.includes(':'))[0], { at: 2400, label: '5:00' })
  for (const fps of [0.001, 1000]) {
    const few = scale.ticks(scale.whole(49), { fps, width: 600, seconds: true })
    assert.ok(few.length > 2 && few.length < 125, `${few.length} at ${fps} fps`)
  }
})

test('the timeline is stretched about a place that stays, and never shows more than the clip', () => {
  const near = scale.zoomed(scale.whole(101), 101, 25, 4)
  assert.deepEqual(near, { from: 18.75, to: 43.75 })
  assert.equal(scale.placeOf(near, 25), 0.25)
  assert.deepEqual(scale.zoomed(near, 101, 25, 1e-9), { from: 0, to: 100 })
  const nearest = scale.zoomed(near, 101, 25, 1e9)
  assert.equal(nearest.to - nearest.from, 8)
  assert.deepEqual(scale.moved(near, 101, 1000), { from: 75, to: 100 })
  assert.deepEqual(scale.showing(near, 101, 50), { from: 25, to: 50 })
  assert.equal(scale.showing(near, 101, 20), near)
  assert.deepEqual(scale.zoomed(scale.whole(1), 1, 0, 2), { from: 0, to: 1 })
})

test('marks that would lie on each other are not shown, but a wanted one is', () => {
  assert.deepEqual(scale.spread([0, 3, 6, 9, 30], 8), [0, 3, 4])
  assert.deepEqual(
    scale.spread([0, 3, 6, 9, 30], 8, (i) => i === 2),
    [2, 4],
  )
  assert.deepEqual(scale.spread([], 8), [])
})

test('a frame in a range is the nearest whole one, and none where there is none', () => {
  assert.equal(scale.frameWithin(3.4, 0, 48), 3)
  assert.equal(scale.frameWithin(60, 0.5, 12.5), 12)
  assert.equal(scale.frameWithin(3, 3.2, 3.8), null)
})
