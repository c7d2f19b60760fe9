// What is drawn on: where a picture lies in the frame, and which picture of several belongs to a frame.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { croppedArea, placed } from '../../web/editor/view/placing.mjs'
import { indexAt, timeAt } from '../../web/ui/backings.mjs'
import { kindOf } from '../../web/ui/backdrop.mjs'

const GOLDEN = new URL('../golden/editor/placing.json', import.meta.url)
const size = ([width, height]) => ({ width, height })

test('a cropped background keeps the pixels that Image to Video keeps', () => {
  const cases = JSON.parse(readFileSync(GOLDEN, 'utf8'))
  assert.ok(cases.length > 20)
  for (const { picture, frame, kept } of cases) {
    const { x, y, width, height } = croppedArea(size(picture), size(frame))
    assert.deepEqual([x, y, width, height], kept, `${picture} in ${frame}`)
  }
})

test('a picture is cropped to the frame, stretched over it, or put into it whole', () => {
  const [picture, frame] = [size([800, 400]), size([720, 480])]
  const all = { x: 0, y: 0, width: 800, height: 400 }
  const whole = { x: 0, y: 0, width: 720, height: 480 }
  assert.deepEqual(placed(picture, frame, 'crop'), { from: { x: 100, y: 0, width: 600, height: 400 }, to: whole })
  assert.deepEqual(placed(picture, frame, 'fill'), { from: all, to: whole })
  assert.deepEqual(placed(picture, frame, 'fit'), { from: all, to: { x: 0, y: 60, width: 720, height: 360 } })
  assert.deepEqual(placed(size([400, 800]), frame, 'fit').to, { x: 240, y: 0, width: 240, height: 480 })
})

test('pictures of any number go with the clip from its first frame to its last', () => {
  assert.deepEqual(
    [0, 1, 24, 48].map((frame) => indexAt(frame, 49, 49)),
    [0, 1, 24, 48],
  )
  assert.deepEqual(
    [0, 1, 24, 48].map((frame) => indexAt(frame, 49, 97)),
    [0, 2, 48, 96],
  )
  assert.deepEqual([indexAt(0, 1, 5), indexAt(48, 49, 1), indexAt(99, 49, 49)], [0, 0, 48])
})

test('a video of as many frames as the clip is met frame by frame, whatever its rate', () => {
  for (const rate of [8, 24, 29.97, 60]) {
    for (let frame = 0; frame < 49; frame++) {
      const time = timeAt(frame, 49, 49 / rate)
      const met = Math.floor(time * rate)
      assert.equal(met, frame, `frame ${frame} at ${rate} a second`)
      assert.ok(time * rate - met > 0.05, 'so near to its start that rounding could miss it')
    }
  }
})

test('of a longer video the first frame is met, and the whole of it is gone through', () => {
  assert.equal(Math.floor(timeAt(0, 49, 20) * 30), 0)
  assert.ok(timeAt(48, 49, 20) > 19.5 && timeAt(48, 49, 20) < 20)
  assert.equal(timeAt(5, 49, Infinity), 0) // a stream without an end, or one that does not say
  assert.ok(timeAt(0, 1, 0.01) <= 0.005)
})

test('a video is told from a picture by its ending', () => {
  assert.deepEqual(['a.MP4', 'b.webm', 'c.png', 'd.mp4.jpg', 'e'].map(kindOf), [
    'video',
    'video',
    'picture',
    'picture',
    'picture',
  ])
})
