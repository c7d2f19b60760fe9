// The motion picture is Python's: flow, norm and every RGB value.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { colorScale, drawColors } from '../../web/editor/flow/color.mjs'
import { flowNorm, frameFlow, framePicture } from '../../web/editor/flow/picture.mjs'
import { groupSources } from '../../web/editor/flow/patches.mjs'
import { frameSources } from '../../web/editor/flow/sources.mjs'
import { sampleTracks } from '../../web/editor/sampling/tracks.mjs'
import { drawing, points, track } from './drawings.mjs'
import { assertNear, golden, unpacked } from './golden.mjs'

/**
 * None is off where the files were made (x86-64 with AVX-512). Another processor may round a sum or an angle otherwise,
 * and then a value at the border of two levels falls one lower or higher.
 */
const SHARE_OFF_BY_ONE = 1e-4

function tracksOf(trajectory) {
  return sampleTracks({ ...trajectory, tracks: trajectory.tracks.map(track) })
}

/** How many of the RGB values differ; more than one level is an error. */
function countOff(rgba, rgb, what) {
  let off = 0
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const difference = Math.abs(rgba[4 * pixel + channel] - rgb[3 * pixel + channel])
      if (difference > 0) off++
      assert.ok(difference <= 1, `${what}: pixel ${pixel}, channel ${channel} is ${difference} off`)
    }
    assert.equal(rgba[4 * pixel + 3], 255)
  }
  return off
}

for (const { name, trajectory, norm, pictures } of golden('flow')) {
  test(`flow and picture are Python's: ${name}`, (t) => {
    const tracks = tracksOf(trajectory)
    assertNear([flowNorm(tracks)], [norm], { absolute: 0, relative: 1e-6, what: 'norm' })
    let off = 0
    let values = 0
    for (const { frame, flow: samples, rgb: packed } of pictures) {
      const flow = frameFlow(tracks, frame)
      const found = samples.flatMap(([x, y]) => [...flow.subarray(2 * (y * tracks.width + x)).subarray(0, 2)])
      const expected = samples.flatMap(([, , dx, dy]) => [dx, dy])
      assertNear(found, expected, { absolute: 1e-5, relative: 1e-5, what: `flow of frame ${frame}` })
      const rgb = unpacked(packed)
      off += countOff(framePicture(tracks, frame), rgb, `frame ${frame}`)
      values += rgb.length
    }
    t.diagnostic(`${off} of ${values} RGB values differ`)
    assert.ok(off <= Math.ceil(SHARE_OFF_BY_ONE * values), `${off} of ${values} values differ`)
  })
}

test('colours are those of Python for every direction and length', (t) => {
  const { max_norm: maxNorm, flow: packed, rgb: packedRgb } = golden('colors')
  const bytes = unpacked(packed)
  const flow = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const count = flow.length / 2
  const u = flow.filter((_, i) => i % 2 === 0)
  const v = flow.filter((_, i) => i % 2 === 1)
  const rgba = new Uint8ClampedArray(4 * count).fill(255)
  drawColors({ top: 0, left: 0, bottom: 1, right: count, u, v }, colorScale(maxNorm), rgba, count)
  const off = countOff(rgba, unpacked(packedRgb), 'colours')
  t.diagnostic(`${off} of ${3 * count} values differ`)
  assert.ok(off <= Math.ceil(SHARE_OFF_BY_ONE * 3 * count))
})

test('an old picture can be filled again', () => {
  const tracks = sampleTracks(drawing({ points: points([20, 20], [130, 70]) }))
  const out = framePicture(tracks, 3)
  const expected = framePicture(tracks, 7)
  assert.equal(framePicture(tracks, 7, out), out)
  assert.deepEqual(out, expected)
})

test('the first frame and frames beyond the clip are white', () => {
  const tracks = sampleTracks(drawing({ points: points([20, 20], [130, 70]) }))
  for (const frame of [0, -1, 11, 99]) assert.ok(framePicture(tracks, frame).every((value) => value === 255))
})

test('sources whose blurs neither touch nor overlap are drawn apart, others together', () => {
  const apart = drawing(
    { points: points([10, 40], [12, 40]), radius: 3 },
    { points: points([90, 40], [95, 40]), radius: 3 },
  )
  const near = drawing(
    { points: points([10, 40], [12, 40]), radius: 3 },
    { points: points([30, 40], [35, 40]), radius: 3 },
  )
  const groups = (document) =>
    groupSources(frameSources(sampleTracks(document), 1, true)).map((group) => group.sources.length)
  assert.deepEqual(groups(apart), [1, 1])
  assert.deepEqual(groups(near), [2])
  // Blurs of 3 px reach 15 px: from 10 to the column before 27, and from 42 to 27.
  const beside = (x) =>
    drawing({ points: points([10, 40], [12, 40]), radius: 3 }, { points: points([x, 40], [99, 40]), radius: 3 })
  assert.deepEqual([groups(beside(42)), groups(beside(43))], [[2], [1, 1]])
})
