// Image px and screen px, and what lies under the pointer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REACH_PX, pick } from '../../web/editor/view/picking.mjs'
import * as view from '../../web/editor/view/view.mjs'
import { selectPoints, selectTracks } from '../../web/editor/edit/selection.mjs'
import { addTracks, setFields } from '../../web/editor/edit/tracks.mjs'
import { drawing, points } from './drawings.mjs'
import { assertNear } from './golden.mjs'

const FRAME = { width: 160, height: 96 }
const SURFACE = { width: 400, height: 300 }
const VIEW = { scale: 2, x: 30, y: -10 }

test('a point goes to the screen and back', () => {
  assert.deepEqual(view.toScreen(VIEW, { x: 10, y: 20 }), { x: 50, y: 30 })
  assert.deepEqual(view.toImage(VIEW, { x: 50, y: 30 }), { x: 10, y: 20 })
  assert.equal(view.lengthToImage(VIEW, 7), 3.5)
})

test('the whole frame fits the surface, its middle in the middle', () => {
  const fitted = view.fit(FRAME, SURFACE)
  assert.equal(fitted.scale, 2.5)
  // The frame reaches from -0.5 to 159.5: 400 px wide, and 240 px high in the middle of 300.
  assert.deepEqual(view.toScreen(fitted, { x: -0.5, y: -0.5 }), { x: 0, y: 30 })
  assert.deepEqual(view.toScreen(fitted, { x: 159.5, y: 95.5 }), { x: 400, y: 270 })
  assert.equal(view.fit(FRAME, SURFACE, 0.25).scale, 400 / 240)
})

test('a surface of no size gives a view that can be used', () => {
  const fitted = view.fit({ width: 16384, height: 16384 }, { width: 0, height: 0 })
  assert.ok(fitted.scale > 0 && Number.isFinite(fitted.x) && Number.isFinite(fitted.y))
})

test('zooming leaves what is under the pointer there, and ends at the ends', () => {
  const at = { x: 123, y: 77 }
  const near = view.zoomAt(VIEW, at, 1.7)
  assertNear(Object.values(view.toImage(near, at)), Object.values(view.toImage(VIEW, at)), {
    absolute: 1e-9,
    what: 'place',
  })
  assert.equal(view.zoomAt(VIEW, at, 1e9).scale, view.MAX_SCALE)
  const widest = view.zoomAt(VIEW, at, 1e-9)
  assert.equal(widest.scale, view.MIN_SCALE)
  assert.equal(view.zoomAt(widest, at, 0.5), widest)
})

test('two fingers keep what was under them', () => {
  const before = [
    { x: 100, y: 100 },
    { x: 200, y: 100 },
  ]
  const now = [
    { x: 90, y: 140 },
    { x: 290, y: 140 },
  ]
  const pinched = view.pinch(VIEW, before, now)
  assert.equal(pinched.scale, 4)
  before.forEach((finger, i) => assert.deepEqual(view.toScreen(pinched, view.toImage(VIEW, finger)), now[i]))
  assert.equal(view.pinch(VIEW, [before[0], before[0]], [before[0], before[0]]).scale, 2)
})

test('what is saved of a view shows the same middle on another surface', () => {
  const centre = view.centreOf(VIEW, SURFACE)
  const small = view.centred(centre, VIEW.scale, { width: 200, height: 100 })
  assert.deepEqual(view.toScreen(small, centre), { x: 100, y: 50 })
})

test('the frame can not be panned out of sight', () => {
  const lost = view.pan(VIEW, 1e6, -1e6)
  const kept = view.keepInSight(lost, FRAME, SURFACE)
  assert.deepEqual(view.toScreen(kept, { x: -0.5, y: 95.5 }), { x: 376, y: 24 })
  assert.equal(view.keepInSight(VIEW, FRAME, SURFACE), VIEW)
  assert.equal(view.pan(VIEW, 0, 0), VIEW)
})

const SCENE = addTracks(
  drawing({ points: points([20, 20], [60, 20], [60, 60]), curve: 'polyline' }, { points: points([40, 40]) }),
  [
    {
      curve: 'bezier',
      points: [
        { x: 100, y: 20, out: [0, 30] },
        { x: 140, y: 80, in: [-30, 0] },
      ],
    },
  ],
).document
const PLAIN = { scale: 1, x: 0, y: 0 }
const at = (x, y, options, document = SCENE, shown = PLAIN) => pick(document, shown, { x, y }, options)

test('the pointer takes a point before a path, and nothing beyond its reach', () => {
  assert.deepEqual(at(58, 23), { kind: 'point', id: 1, index: 1 })
  assert.deepEqual(at(30, 22), { kind: 'path', id: 1, segment: 0, u: 0.25, x: 30, y: 20 })
  assert.equal(at(30, 26), null)
  assert.deepEqual(at(40, 46), { kind: 'point', id: 2, index: 0 })
  assert.equal(at(40, 48), null)
})

test('a finger reaches farther than a mouse', () => {
  assert.equal(at(25, 37), null)
  assert.deepEqual(at(25, 37, { reach: REACH_PX.touch }), { kind: 'point', id: 2, index: 0 })
})

test('the reach is measured on the screen, whatever the zoom', () => {
  const zoomed = { scale: 4, x: 5, y: 9 }
  assert.deepEqual(at(60 * 4 + 5 + 6, 20 * 4 + 9, {}, SCENE, zoomed), { kind: 'point', id: 1, index: 1 })
  assert.equal(at(60 * 4 + 5 + 8, 20 * 4 + 9 - 1, {}, SCENE, zoomed), null)
})

test('a handle is taken where it is shown: at chosen points of a bezier', () => {
  assert.equal(at(100, 51).kind, 'path')
  assert.deepEqual(at(100, 51, { selection: selectPoints(3, [0]) }), { kind: 'handle', id: 3, index: 0, side: 'out' })
  assert.deepEqual(at(111, 80, { selection: selectPoints(3, [0, 1]) }), { kind: 'handle', id: 3, index: 1, side: 'in' })
  assert.notEqual(at(111, 80, { selection: selectPoints(3, [0]) })?.kind, 'handle')
})

test('of two as near the chosen one is taken, else the one on top', () => {
  const twice = addTracks(SCENE, [{ points: points([40, 40]) }]).document
  assert.equal(at(40, 41, {}, twice).id, 4)
  assert.equal(at(40, 41, { selection: selectTracks([2]) }, twice).id, 2)
})

test('the nearer is taken, chosen or not', () => {
  const near = addTracks(SCENE, [{ points: points([44, 40]) }]).document
  assert.equal(at(43, 40, { selection: selectTracks([2]) }, near).id, 4)
})

test('hidden and locked tracks are not there', () => {
  for (const field of ['hidden', 'locked']) {
    const document = setFields(SCENE, [1], { [field]: true })
    assert.equal(at(58, 23, {}, document), null)
    assert.equal(at(30, 21, {}, document), null)
  }
})

test('a curve is hit on the curve, not on the straight way between its points', () => {
  // Halfway of the cubic (100,20) (100,50) (110,80) (140,80): by hand (108.75, 61.25).
  const hit = at(109, 61)
  assert.equal(hit.kind, 'path')
  assertNear([hit.x, hit.y, hit.u], [108.75, 61.25, 0.5], { absolute: 0.3, what: 'place' })
  assert.equal(at(120, 50), null)
})
