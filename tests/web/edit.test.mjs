// Operations: what each changes, and that it leaves the rest, the old document and locked tracks alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mirrorLeftRight, mirrorTopBottom, rotation, scaling } from '../../web/editor/base/geometry.mjs'
import { discardKept, setCanvas } from '../../web/editor/edit/canvas.mjs'
import { clearHandles, setHandle, smoothHandles } from '../../web/editor/edit/handles.mjs'
import { appendPoint, insertPoint, removePoints, setClosed, setPoint } from '../../web/editor/edit/points.mjs'
import { reverseTracks } from '../../web/editor/edit/reverse.mjs'
import * as select from '../../web/editor/edit/selection.mjs'
import { pinPoint, setEasing, setPointEasing, setSpan } from '../../web/editor/edit/timing.mjs'
import { addTracks, duplicateTracks, removeTracks, reorderTrack, setFields } from '../../web/editor/edit/tracks.mjs'
import { moveBy, selectionBox, transform } from '../../web/editor/edit/transform.mjs'
import * as visibility from '../../web/editor/edit/visibility.mjs'
import { drawing, frozen, pairs, points, positions } from './drawings.mjs'
import { assertNear } from './golden.mjs'

const SQUARE = drawing({ points: points([10, 10], [30, 10], [30, 20], [10, 20]), curve: 'polyline' })
const BEZIER = drawing({
  curve: 'bezier',
  points: [
    { x: 0, y: 0, out: [10, -5] },
    { x: 40, y: 20, in: [-8, 4], out: [8, -4] },
    { x: 80, y: 0, in: [0, 12] },
  ],
})
const ALL = select.selectTracks([1])

test('added tracks lie on top, with defaults and new ids', () => {
  const { document, ids } = addTracks(SQUARE, [{ points: points([1, 1]) }, { points: points([2, 2]), name: 'b' }])
  assert.deepEqual(ids, [2, 3])
  assert.deepEqual(
    document.tracks.map((track) => track.id),
    [1, 2, 3],
  )
  assert.deepEqual(
    [document.tracks[1].curve, document.tracks[1].radius, document.tracks[2].name],
    ['catmull-rom', 10, 'b'],
  )
  assert.equal(document.tracks[0], SQUARE.tracks[0])
})

test('a track that Python would refuse is refused', () => {
  assert.throws(() => addTracks(SQUARE, [{ points: [] }]), /tracks\[0\]\.points/)
  assert.throws(() => addTracks(SQUARE, [{ points: points([1, NaN]) }]), /points\[0\]\.y is NaN/)
})

test('the thousand and first track is refused', () => {
  const full = addTracks(
    SQUARE,
    Array.from({ length: 999 }, () => ({ points: points([1, 1]) })),
  ).document
  assert.throws(() => addTracks(full, [{ points: points([1, 1]) }]), /1000 at most/)
  assert.throws(() => duplicateTracks(full, [1]), /1000 at most/)
})

test('chosen points move by whole pixels exactly, the others not at all', () => {
  const moved = moveBy(SQUARE, select.selectPoints(1, [1, 3]), 5, -2)
  assert.deepEqual(pairs(moved), [
    [10, 10],
    [35, 8],
    [30, 20],
    [15, 18],
  ])
  assert.equal(moved.tracks[0].points[0], SQUARE.tracks[0].points[0])
})

for (const [what, matrix, expected] of [
  [
    'scaled about a corner',
    scaling(2, 0.5, 10, 10),
    [
      [10, 10],
      [50, 10],
      [50, 15],
      [10, 15],
    ],
  ],
  [
    'turned a quarter clockwise',
    rotation(90, 20, 15),
    [
      [25, 5],
      [25, 25],
      [15, 25],
      [15, 5],
    ],
  ],
  [
    'turned half',
    rotation(180, 20, 15),
    [
      [30, 20],
      [10, 20],
      [10, 10],
      [30, 10],
    ],
  ],
  [
    'turned by 45 degrees',
    rotation(45, 10, 10),
    [
      [10, 10],
      [24.142, 24.142],
      [17.071, 31.213],
      [2.929, 17.071],
    ],
  ],
  [
    'left for right',
    mirrorLeftRight(20),
    [
      [30, 10],
      [10, 10],
      [10, 20],
      [30, 20],
    ],
  ],
  [
    'top for bottom',
    mirrorTopBottom(0),
    [
      [10, -10],
      [30, -10],
      [30, -20],
      [10, -20],
    ],
  ],
]) {
  test(`points are ${what}`, () => assert.deepEqual(pairs(transform(SQUARE, ALL, matrix)), expected))
}

test('handles turn and scale with their points, and do not move when they do', () => {
  const [, middle] = transform(BEZIER, ALL, rotation(90, 0, 0)).tracks[0].points
  assert.deepEqual(middle, { x: -20, y: 40, in: [-4, -8], out: [4, 8] })
  const [first] = transform(BEZIER, ALL, mirrorLeftRight(10)).tracks[0].points
  assert.deepEqual(first, { x: 20, y: 0, out: [-10, -5] })
  assert.deepEqual(moveBy(BEZIER, ALL, 3, 4).tracks[0].points[0], { x: 3, y: 4, out: [10, -5] })
})

test('a transform that changes nothing gives the same document', () => {
  assert.equal(moveBy(SQUARE, ALL, 0, 0), SQUARE)
  assert.equal(transform(SQUARE, ALL, rotation(360, 5, 5)), SQUARE)
  assert.equal(moveBy(SQUARE, select.selectTracks([99]), 5, 5), SQUARE)
})

test('points go no farther than Python takes them', () => {
  const far = transform(SQUARE, ALL, scaling(1e6, -1e6, 0, 0))
  assert.deepEqual(pairs(far)[0], [1e6, -1e6])
})

test('the box of a selection is that of its points', () => {
  assert.deepEqual(selectionBox(SQUARE, ALL), { left: 10, top: 10, right: 30, bottom: 20 })
  assert.deepEqual(selectionBox(SQUARE, select.selectPoints(1, [2])), { left: 30, top: 20, right: 30, bottom: 20 })
  assert.equal(selectionBox(SQUARE, select.NOTHING), null)
})

test('typed-in coordinates are taken as they are', () => {
  assert.deepEqual(pairs(setPoint(SQUARE, 1, 2, { x: 12.3456789 }))[2], [12.3456789, 20])
  assert.equal(setPoint(SQUARE, 1, 9, { x: 1 }), SQUARE)
  assert.throws(() => setPoint(SQUARE, 1, 0, { x: NaN }), /not a number/)
})

test('locked tracks keep their shape, timing and place in the list of things to delete', () => {
  const locked = frozen(setFields(SQUARE, [1], { locked: true }))
  assert.equal(moveBy(locked, ALL, 5, 5), locked)
  assert.equal(removePoints(locked, ALL), locked)
  assert.equal(removeTracks(locked, [1]), locked)
  assert.equal(pinPoint(locked, 1, 1, 0.5), locked)
  assert.equal(appendPoint(locked, 1, { x: 1, y: 1 }).index, -1)
  assert.equal(setFields(locked, [1], { strength: 2 }), locked)
  assert.equal(setFields(locked, [1], { name: 'still' }).tracks[0].name, 'still')
  assert.equal(setFields(locked, [1], { locked: false }).tracks[0].locked, false)
})

test('fields of the list panel are checked as Python checks them', () => {
  const set = setFields(SQUARE, [1], { color: '#0072b2', strength: 3, radius: 4, before: 'hold', hidden: true })
  const { color, strength, radius, before, hidden } = set.tracks[0]
  assert.deepEqual([color, strength, radius, before, hidden], ['#0072b2', 3, 4, 'hold', true])
  assert.equal(setFields(set, [1], { strength: 3 }), set)
  for (const wrong of [{ color: 'red' }, { strength: -1 }, { radius: 0 }, { name: 'n'.repeat(201) }, { points: [] }]) {
    assert.throws(() => setFields(SQUARE, [1], wrong))
  }
})

test('a copy lies above its original, moved, unlocked, with a name of its own', () => {
  const two = frozen(
    setFields(addTracks(SQUARE, [{ points: points([1, 1]), name: 'top' }]).document, [1], { locked: true }),
  )
  const { document, ids } = duplicateTracks(two, [1], { dx: 8, dy: 8, rename: (name) => `${name} copy` })
  assert.deepEqual(
    document.tracks.map((track) => track.id),
    [1, 3, 2],
  )
  assert.deepEqual(ids, [3])
  assert.deepEqual(pairs(document, 3)[0], [18, 18])
  assert.deepEqual([document.tracks[1].locked, document.tracks[1].name], [false, ' copy'])
})

test('a track moves to its place in the list', () => {
  const { document } = addTracks(SQUARE, [{ points: points([1, 1]) }, { points: points([2, 2]) }])
  const order = (to) => reorderTrack(document, 1, to).tracks.map((track) => track.id)
  assert.deepEqual(
    [order(0), order(1), order(2), order(9)],
    [
      [1, 2, 3],
      [2, 1, 3],
      [2, 3, 1],
      [2, 3, 1],
    ],
  )
  assert.equal(reorderTrack(document, 1, 0), document)
})

test('a point inserted into a polyline or bezier leaves the motion as it was', () => {
  const times = [0, 0.1, 0.25, 0.4, 0.5, 0.7, 0.9, 1]
  for (const [before, place] of [
    [SQUARE, { segment: 1, u: 0.3 }],
    [BEZIER, { segment: 1, u: 0.7 }],
  ]) {
    const { document, index } = insertPoint(before, 1, place)
    assert.equal(index, 2)
    assert.equal(document.tracks[0].points.length, before.tracks[0].points.length + 1)
    assertNear(positions(document.tracks[0], times), positions(before.tracks[0], times), {
      absolute: 1e-4,
      what: 'path',
    })
  }
})

test('a point inserted into a Catmull-Rom curve lies on it', () => {
  const bent = drawing({ points: points([0, 0], [50, 40], [100, 0]) })
  const { document } = insertPoint(bent, 1, { segment: 0, u: 0.5 })
  // By hand: handles a third of the way at the open end, and level at the top: (16.67, 13.33) and (33.33, 40).
  assert.deepEqual(pairs(document)[1], [25, 25])
  assert.equal(document.tracks[0].points[1].t, undefined)
})

test('a closed path can be cut in its last stretch, and a bezier in a straight one', () => {
  const closed = setClosed(SQUARE, [1], true)
  assert.deepEqual(pairs(insertPoint(closed, 1, { segment: 3, u: 0.5 }).document)[4], [10, 15])
  assert.equal(insertPoint(SQUARE, 1, { segment: 3, u: 0.5 }).index, -1)
  const straight = drawing({ points: points([0, 0], [10, 20]), curve: 'bezier' })
  assert.deepEqual(insertPoint(straight, 1, { segment: 0, u: 0.5 }).document.tracks[0].points[1], { x: 5, y: 10 })
})

test('a point is put after the last or before the first', () => {
  const after = appendPoint(SQUARE, 1, { x: 1, y: 2 })
  assert.deepEqual([after.index, pairs(after.document)[4]], [4, [1, 2]])
  const before = appendPoint(SQUARE, 1, { x: 1, y: 2 }, 'start')
  assert.deepEqual([before.index, pairs(before.document)[0]], [0, [1, 2]])
})

test('deleting takes chosen points, whole tracks, and tracks that have none left', () => {
  assert.deepEqual(pairs(removePoints(SQUARE, select.selectPoints(1, [0, 2]))), [
    [30, 10],
    [10, 20],
  ])
  assert.deepEqual(removePoints(SQUARE, ALL).tracks, [])
  assert.deepEqual(removePoints(SQUARE, select.selectPoints(1, [0, 1, 2, 3])).tracks, [])
})

test('an easing does not stay on a point that lost the place where it could act', () => {
  const eased = drawing({
    points: [
      { x: 0, y: 0, easing: 'in' },
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ],
  })
  const { document } = appendPoint(eased, 1, { x: -1, y: -1 }, 'start')
  assert.deepEqual(document.tracks[0].points[1], { x: 0, y: 0 })
})

test('an easing on the first or last point stays through an edit', () => {
  const ends = [
    { x: 0, y: 0, easing: 'in' },
    { x: 2, y: 2, easing: 'out' },
  ]
  const eased = drawing({ points: ends })
  assert.deepEqual(setPoint(eased, 1, 0, { x: 5 }).tracks[0].points, [{ ...ends[0], x: 5 }, ends[1]])
})

test('a pulled handle takes the other with it as asked', () => {
  const other = (how) => setHandle(BEZIER, 1, 1, 'out', [0, 6], how).tracks[0].points[1]
  assert.deepEqual(other('free'), { x: 40, y: 20, in: [-8, 4], out: [0, 6] })
  assert.deepEqual(other('mirrored'), { x: 40, y: 20, in: [0, -6], out: [0, 6] })
  assert.deepEqual(other('aligned').in, [0, -8.944])
  assert.deepEqual(setHandle(BEZIER, 1, 0, 'out', [1, 1]).tracks[0].points[0], { x: 0, y: 0, out: [1, 1] })
})

test('handles can be taken away and made smooth', () => {
  const corners = clearHandles(BEZIER, select.selectPoints(1, [1]))
  assert.deepEqual(corners.tracks[0].points[1], { x: 40, y: 20 })
  const smooth = smoothHandles(corners, select.selectPoints(1, [1])).tracks[0].points[1]
  // Neighbours as far away on both sides: a third of the way between them, halved on each side.
  assertNear([...smooth.in, ...smooth.out], [-40 / 3, 0, 40 / 3, 0], { absolute: 1e-9, what: 'handles' })
})

const TIMED = drawing({
  points: [
    { x: 0, y: 0 },
    { x: 30, y: 40, t: 0.4, easing: 'in' },
    { x: 60, y: 0 },
    { x: 90, y: 10, t: 0.6, easing: [0.1, 0.2, 0.3, 0.9] },
    { x: 100, y: 60 },
  ],
  start: 0.2,
  end: 0.9,
  easing: 'out',
})

for (const [what, before] of [
  ['open', TIMED],
  [
    'waiting at its first point',
    drawing({
      points: [
        { x: 0, y: 0, t: 0.3 },
        { x: 9, y: 9 },
        { x: 30, y: 0 },
      ],
      easing: 'in',
    }),
  ],
  ['closed', setClosed(TIMED, [1], true)],
  ['bezier', BEZIER],
]) {
  test(`a reversed track runs its way backwards: ${what}`, () => {
    const [track] = before.tracks
    const [reversed] = reverseTracks(before, [1]).tracks
    const times = [0.2, 0.25, 0.3, 0.42, 0.5, 0.55, 0.68, 0.71, 0.85, 0.9]
    const mirrored = times.map((time) => track.start + track.end - time)
    assertNear(positions(reversed, times), positions(track, mirrored), { absolute: 1e-4, what: 'positions' })
    assertNear(
      positions(reverseTracks({ ...before, tracks: [reversed] }, [1]).tracks[0], times),
      positions(track, times),
      {
        absolute: 1e-4,
        what: 'twice',
      },
    )
  })
}

test('a pin is moved between its pinned neighbours, and dropped where there is no room', () => {
  const pinned = (t, index = 2) => pinPoint(TIMED, 1, index, t).tracks[0].points[index].t
  assert.equal(pinned(0.5), 0.5)
  assertNear([pinned(0.1), pinned(0.9)], [0.4, 0.6], { absolute: 2e-6, what: 'pin' })
  assert.ok(pinned(0.1) > 0.4 && pinned(0.9) < 0.6)
  assert.equal(pinned(0.95, 4), 0.9)
  assert.equal(pinned(null, 1), undefined)
  assert.deepEqual(pinPoint(TIMED, 1, 1, null).tracks[0].points[1], { x: 30, y: 40 })
  assert.throws(() => pinPoint(TIMED, 1, 1, NaN))
})

test('a track is where it is pinned', () => {
  const pinned = pinPoint(TIMED, 1, 2, 0.5).tracks[0]
  assertNear(positions(pinned, [0.5]), [60, 0], { absolute: 1e-9, what: 'position' })
})

test('another span stretches the pins, or keeps them and drops those outside', () => {
  const times = (document) => document.tracks[0].points.map((point) => point.t)
  assertNear(times(setSpan(TIMED, [1], 0, 0.35)).filter(Boolean), [0.1, 0.2], { absolute: 1e-12, what: 'pins' })
  const kept = setSpan(TIMED, [1], 0.5, 1, 'keep')
  assert.deepEqual(times(kept), [undefined, undefined, undefined, 0.6, undefined])
  assert.equal(kept.tracks[0].points[1].easing, undefined)
  assert.equal(setSpan(TIMED, [1], 0.2, 0.9), TIMED)
})

test('a span has a length, whatever is asked for', () => {
  for (const [start, end] of [
    [0.5, 0.5],
    [2, 3],
    [-1, -1],
    [0.8, 0.1],
  ]) {
    const [track] = setSpan(TIMED, [1], start, end).tracks
    assert.ok(track.start >= 0 && track.end <= 1 && track.end - track.start > 1e-9, `${start}, ${end}`)
  }
})

test('easing is set on tracks and on the points that can have one', () => {
  assert.equal(setEasing(TIMED, [1], 'hold').tracks[0].easing, 'hold')
  assert.equal(setEasing(TIMED, [1], 'out'), TIMED)
  assert.throws(() => setEasing(TIMED, [1], [2, 0, 0, 0]))
  assert.equal(setPointEasing(TIMED, 1, 1, 'hold').tracks[0].points[1].easing, 'hold')
  assert.equal('easing' in setPointEasing(TIMED, 1, 1, null).tracks[0].points[1], false)
  assert.equal(setPointEasing(TIMED, 1, 2, 'in'), TIMED)
})

test('visibility keys are set in order, moved between neighbours and removed', () => {
  const keys = (document) => document.tracks[0].visibility.map(({ t, visible }) => [t, visible])
  const two = visibility.setVisibleFrom(visibility.setVisibleFrom(SQUARE, [1], 0.5, true), [1], 0.25, false)
  assert.deepEqual(keys(two), [
    [0.25, false],
    [0.5, true],
  ])
  assert.deepEqual(keys(visibility.setVisibleFrom(two, [1], 0.5, false)), [
    [0.25, false],
    [0.5, false],
  ])
  assertNear([keys(visibility.moveVisibilityKey(two, 1, 0, 0.9))[0][0]], [0.5], { absolute: 2e-6, what: 'moved' })
  assert.deepEqual(keys(visibility.removeVisibilityKey(two, 1, 0)), [[0.5, true]])
  assert.deepEqual(keys(visibility.clearVisibility(two, [1])), [])
  assert.equal(visibility.setVisibleFrom(two, [1], 0.5, true), two)
})

test('hiding a span keeps what was before and after it', () => {
  const keys = (document) => document.tracks[0].visibility.map(({ t, visible }) => [t, visible])
  const first = visibility.hideBetween(SQUARE, [1], 0.25, 0.5)
  assert.deepEqual(keys(first), [
    [0.25, false],
    [0.5, true],
  ])
  assert.deepEqual(keys(visibility.hideBetween(first, [1], 0.75, 1)), [
    [0.25, false],
    [0.5, true],
    [0.75, false],
  ])
  assert.deepEqual(keys(visibility.hideBetween(first, [1], 0.125, 0.375)), [
    [0.125, false],
    [0.375, false],
    [0.5, true],
  ])
})

test('another frame count or rate leaves the drawing, which is stretched', () => {
  const longer = setCanvas(TIMED, { frames: 81, fps: 16 })
  assert.deepEqual([longer.frames, longer.fps], [81, 16])
  assert.equal(longer.tracks, TIMED.tracks)
  assert.equal(setCanvas(TIMED, { frames: 11 }), TIMED)
  for (const wrong of [{ width: 0 }, { height: 1.5 }, { frames: 10_001 }, { fps: 0 }]) {
    assert.throws(() => setCanvas(TIMED, wrong))
  }
})

test('another canvas scales locked tracks too', () => {
  const locked = setFields(SQUARE, [1], { locked: true })
  assert.deepEqual(pairs(setCanvas(locked, { width: 320 }))[1], [60, 10])
})

test('there is nothing to discard in a clean document', () => assert.equal(discardKept(SQUARE), SQUARE))

test('selections toggle, join, follow insertions and forget what is gone', () => {
  const one = select.togglePoint(select.togglePoint(select.NOTHING, 1, 3), 1, 0)
  assert.deepEqual([...one], [[1, [0, 3]]])
  assert.deepEqual([...select.togglePoint(select.togglePoint(one, 1, 3), 1, 0)], [])
  assert.deepEqual([...select.toggleTrack(select.selectTracks([1, 2]), 1)], [[2, []]])
  assert.deepEqual([...select.union(one, select.selectPoints(1, [1]))], [[1, [0, 1, 3]]])
  assert.deepEqual([...select.union(one, select.selectTracks([1]))], [[1, []]])
  assert.deepEqual([...select.afterInsert(one, 1, 1)], [[1, [0, 4]]])
  assert.deepEqual([...select.afterInsert(one, 1, 3)], [[1, [0, 4]]])
  assert.deepEqual([...select.cleaned(one, removePoints(SQUARE, select.selectPoints(1, [1])))], [[1, [0]]])
  assert.equal(select.cleaned(one, SQUARE), one)
  assert.deepEqual([...select.cleaned(select.selectTracks([7]), SQUARE)], [])
  assert.ok(select.isSelected(one, 1, 3) && !select.isSelected(one, 1, 2) && select.isSelected(ALL, 1, 2))
})

test('a box selects the points in it, of tracks that can be edited', () => {
  const box = { left: 10, top: 0, right: 30, bottom: 10 }
  assert.deepEqual([...select.selectBox(SQUARE, box)], [[1, [0, 1]]])
  assert.deepEqual([...select.selectBox(setFields(SQUARE, [1], { hidden: true }), box)], [])
  assert.deepEqual([...select.selectAll(setFields(SQUARE, [1], { locked: true }))], [])
})
