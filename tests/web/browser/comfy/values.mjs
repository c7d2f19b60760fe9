// Values that other releases, other programs and accidents leave in a workflow: they load, and nothing of them is lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tracks } from '../browser.mjs'
import { LINE } from './page.mjs'

/** @param {import('./page.mjs').Comfy} on */
export function values(on) {
  const UNREADABLE = {
    'a later release': { version: 99, trajectory: { anything: [1, 2, 3] } },
    'a list': [[{ x: 1, y: 2 }], 'text'],
    'a text that is no JSON': 'not a drawing {',
    'a number': 17,
  }
  for (const [name, value] of Object.entries(UNREADABLE)) {
    test(`${name} in place of a drawing stays as it is through loading and saving, and the first stroke keeps it`, async () => {
      const saved = await on.loadValue(value)
      assert.deepEqual(saved, value)
      assert.ok(await on.page.locator('.tora-problems').isVisible())
      await on.draw(LINE)
      const { trajectory, editor } = await on.value()
      assert.equal(trajectory.tracks.length, 1)
      assert.deepEqual(editor.kept[0].value, value)
    })
  }

  for (const [name, value] of Object.entries({ null: null, 'an empty text': '' })) {
    test(`${name} in place of a drawing is an empty drawing`, async () => {
      await on.loadValue(value)
      assert.ok(!(await on.page.locator('.tora-problems').isVisible()))
      await on.draw(LINE)
      assert.equal((await on.prompt()).trajectory.tracks.length, 1)
    })
  }

  test('Trajectory JSON as a text is read, as other programs may write it', async () => {
    const track = {
      points: [
        { x: 10, y: 20 },
        { x: 300, y: 200 },
      ],
    }
    const text = JSON.stringify({ version: 1, width: 720, height: 480, frames: 49, tracks: [track] })
    await on.loadValue(text)
    const [read] = await tracks(on.page)
    assert.deepEqual(read.points, track.points)
    assert.deepEqual((await on.prompt()).trajectory.tracks[0].points, track.points)
  })

  test('of a drawing with one broken track the others are used, and the broken one is kept in the file', async () => {
    const good = {
      points: [
        { x: 10, y: 20 },
        { x: 300, y: 200 },
      ],
    }
    const bad = { points: 'none' }
    const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: [bad, good] }
    await on.loadValue({ version: 1, trajectory })
    assert.ok(await on.page.locator('.tora-problems').isVisible())
    assert.deepEqual(
      (await tracks(on.page)).map((track) => track.points),
      [good.points],
    )
    const { editor } = await on.value()
    assert.deepEqual(
      editor.kept.map((one) => one.value),
      [bad],
    )
  })
}
