// The timeline on the plain page: pins, visibility keys, bar and ends, by mouse, by finger and by keyboard.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './browser.mjs'
import { plainPage } from './plain_page.mjs'

const at = plainPage()
const FRAME = 1 / 48

/** Where a frame (from 0) lies on the lane; row: 'bar' or 'keys'. */
async function onLane(frame, row = 'bar', last = 48) {
  const box = await at.page.locator('.tora-lane').boundingBox()
  return { x: box.x + (frame / last) * box.width, y: box.y + box.height * (row === 'bar' ? 0.3 : 0.8) }
}

async function doubleClick({ x, y }) {
  await at.page.mouse.dblclick(x, y)
  await settled(at.page)
}

const line = () => at.place([100, 240], [580, 240])
const pins = async () => (await at.tracks())[0].points.map(({ t }) => (t === undefined ? null : Math.round(t * 48)))
const keys = async () => (await at.tracks())[0].visibility.map(({ t, visible }) => [Math.round(t * 48), visible])
const span = async (place = 0) => {
  const { start, end } = (await at.tracks())[place]
  return [start, end].map((time) => Math.round(time * 48e6) / 1e6)
}

test('a double click on the bar pins the track where it is there, and another on the pin frees it', async () => {
  await line()
  const steps = await at.undos()
  await doubleClick(await onLane(24))
  assert.deepEqual(await pins(), [null, 24, null])
  const [{ points }] = await at.tracks()
  assert.ok(Math.abs(points[1].x - 340) < 1e-2 && Math.abs(points[1].y - 240) < 1.5)
  assert.equal(await at.frame(), 24)
  assert.equal(await at.undos(), steps + 1)
  await at.page.waitForTimeout(400)
  await doubleClick(await onLane(24))
  assert.deepEqual(await pins(), [null, null, null])
  await at.press('Control+z')
  assert.deepEqual(await pins(), [null, 24, null])
})

test('a pin is dragged from frame to frame as one step of undo, and stops at its neighbours', async () => {
  await line()
  for (const frame of [12, 24, 36]) {
    await at.goTo(frame)
    await at.press('k')
  }
  assert.deepEqual(await pins(), [null, 12, 24, 36, null])
  const steps = await at.undos()
  const from = await onLane(24)
  await at.drag(from, { ...(await onLane(29.3)), y: from.y + 30 })
  assert.deepEqual(await pins(), [null, 12, 29, 36, null])
  assert.equal(await at.undos(), steps + 1)
  await at.drag(await onLane(29), await onLane(47))
  assert.deepEqual(await pins(), [null, 12, 35, 36, null])
  await at.press('Control+z', 'Control+z')
  assert.deepEqual(await pins(), [null, 12, 24, 36, null])
})

test('Alt drags a pin between frames, Escape gives a drag up', async () => {
  await line()
  await at.goTo(12)
  await at.press('k')
  await at.page.keyboard.down('Alt')
  await at.drag(await onLane(12), await onLane(17.5))
  await at.page.keyboard.up('Alt')
  const moved = (await at.tracks())[0].points[1].t
  assert.ok(Math.abs(moved - 17.5 * FRAME) < 0.3 * FRAME && Math.abs(moved * 48 - Math.round(moved * 48)) > 0.05)
  const steps = await at.undos()
  const [from, to] = [await onLane(17.5), await onLane(30)]
  await at.page.mouse.move(from.x, from.y)
  await at.page.mouse.down()
  await at.page.mouse.move(to.x, to.y, { steps: 3 })
  await at.press('Escape')
  await at.page.mouse.move(to.x + 20, to.y)
  await at.page.mouse.up()
  await settled(at.page)
  assert.equal((await at.tracks())[0].points[1].t, moved)
  assert.equal(await at.undos(), steps)
})

test('a double click below the bar hides the track from there on, and such keys are dragged and taken away', async () => {
  await line()
  await doubleClick(await onLane(16, 'keys'))
  await at.page.waitForTimeout(400)
  await doubleClick(await onLane(32, 'keys'))
  assert.deepEqual(await keys(), [
    [16, false],
    [32, true],
  ])
  const steps = await at.undos()
  await at.drag(await onLane(16, 'keys'), await onLane(20.4, 'keys'))
  assert.deepEqual(await keys(), [
    [20, false],
    [32, true],
  ])
  await at.drag(await onLane(20, 'keys'), await onLane(46, 'keys'))
  assert.deepEqual(await keys(), [
    [31, false],
    [32, true],
  ])
  assert.equal(await at.undos(), steps + 2)
  await at.page.waitForTimeout(400)
  await doubleClick(await onLane(32.3, 'keys'))
  assert.deepEqual(await keys(), [[31, false]])
})

test('the bar is dragged with its pins and visibility keys, the ends by themselves', async () => {
  await line()
  await at.drag(await onLane(0), await onLane(12))
  await at.drag(await onLane(48), await onLane(36))
  assert.deepEqual(await span(), [12, 36])
  await at.goTo(24)
  await at.press('k')
  await at.goTo(30)
  await at.press('e')
  const steps = await at.undos()
  await at.drag(await onLane(18), await onLane(23.2))
  assert.deepEqual([await span(), await pins(), await keys()], [[17, 41], [null, 29, null], [[35, false]]])
  assert.equal(await at.undos(), steps + 1)
  await at.drag(await onLane(20), await onLane(90))
  assert.deepEqual(await span(), [24, 48])
  await at.press('Control+z', 'Control+z')
  assert.deepEqual([await span(), await pins(), await keys()], [[12, 36], [null, 24, null], [[30, false]]])
})

test('several chosen tracks are moved in time together', async () => {
  await line()
  await at.drag(await onLane(0), await onLane(8))
  await at.drag(await onLane(48), await onLane(24))
  await at.page.locator('.tora-surface').focus()
  await at.press('Control+d', 'Escape', 'PageDown')
  await at.drag(await onLane(24), await onLane(40))
  assert.deepEqual(
    [await span(0), await span(1)],
    [
      [8, 40],
      [8, 24],
    ],
  )
  await at.page.locator('.tora-surface').focus()
  await at.press('Control+a')
  await at.drag(await onLane(12), await onLane(40))
  assert.deepEqual(
    [await span(0), await span(1)],
    [
      [16, 48],
      [16, 32],
    ],
  )
})

test('all of it goes by keys: along the marks, moved, taken away, each run of keys one step', async () => {
  await line()
  await at.goTo(24)
  await at.press('k')
  await at.goTo(36)
  await at.press('e')
  await at.page.locator('.tora-bar').focus()
  await at.press('ArrowDown')
  assert.equal(await at.focused(), 'Start of the track')
  const steps = await at.undos()
  await at.press('ArrowRight', 'ArrowRight', 'Shift+ArrowRight')
  assert.deepEqual(await span(), [12, 48])
  assert.equal(await at.undos(), steps + 1)
  await at.press('ArrowDown')
  assert.equal(await at.focused(), 'Point 2 of 3')
  await at.press('ArrowLeft')
  assert.deepEqual(await pins(), [null, 23, null])
  await at.press('Enter')
  assert.equal(await at.frame(), 23)
  await at.press('ArrowDown')
  assert.equal(await at.focused(), 'Hidden from here')
  await at.press('ArrowRight')
  assert.deepEqual(await keys(), [[37, false]])
  await at.press('Delete')
  assert.deepEqual(await keys(), [])
  assert.equal(await at.focused(), 'Point 2 of 3')
  await at.press('Delete')
  assert.deepEqual(await pins(), [null, null, null])
  await at.press('End', 'ArrowLeft')
  assert.deepEqual(await span(), [12, 47])
  await at.press('Home', 'Shift+ArrowLeft')
  assert.deepEqual(await span(), [2, 37])
  assert.equal((await at.tracks()).length, 1)
})

test('a finger takes pins from farther off, and two taps put one there', async () => {
  await at.fresh('', { hasTouch: true, viewport: { width: 700, height: 700 } })
  await at.page.evaluate(() => {
    const track = {
      points: [
        { x: 10, y: 10 },
        { x: 300, y: 200, t: 0.5 },
        { x: 600, y: 300 },
      ],
    }
    const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: [track] }
    window.editor.model.load({ version: 1, trajectory })
  })
  await at.page.locator('.tora-surface').focus()
  await at.press('PageDown')
  const client = await at.page.context().newCDPSession(at.page)
  const send = (type, touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints })
  const from = await onLane(24)
  const to = await onLane(36)
  await send('touchStart', [{ x: from.x + 14, y: from.y }])
  for (const share of [0.3, 0.6, 1]) {
    await send('touchMove', [{ x: from.x + 14 + share * (to.x - from.x), y: from.y }])
  }
  await send('touchEnd', [])
  await settled(at.page)
  assert.deepEqual(await pins(), [null, 36, null])
  const spot = await onLane(12)
  for (let i = 0; i < 2; i++) {
    await send('touchStart', [spot])
    await send('touchEnd', [])
  }
  await settled(at.page)
  assert.deepEqual(await pins(), [null, 12, 36, null])
})

test('ten thousand frames: few readable numbers, a closer look, and single frames to be had', async () => {
  await at.fresh('?frames=10000')
  await line()
  const labels = () => at.page.locator('.tora-ticks text').allTextContents()
  const first = await labels()
  assert.deepEqual([first[0], first.length > 3 && first.length < 14], ['1', true])
  assert.ok(
    first.slice(1).every((text) => Number(text) % 500 === 0),
    `${first}`,
  )
  await at.page.locator('.tora-ruler').focus()
  await at.goTo(4999)
  for (let i = 0; i < 18; i++) await at.press('+')
  const near = await labels()
  assert.ok(near.includes('5000') && Number(near[1]) - Number(near[0]) <= 5, `${near}`)
  assert.ok(await at.page.locator('.tora-part').isVisible())
  await at.press('k')
  const pin = at.page.locator('.tora-pin')
  const from = await at.middle(pin)
  await at.drag(from, { x: from.x + 200, y: from.y })
  const t = (await at.tracks())[0].points[1].t * 9999
  assert.ok(Math.abs(t - Math.round(t)) < 1e-6 && Math.abs(t - 4999) > 1 && Math.abs(t - 4999) < 9, `${t}`)
  await at.page.locator('.tora-ruler').focus()
  await at.press('End')
  assert.ok((await labels()).includes('10000'))
  await at.press('0')
  assert.deepEqual(await labels(), first)
})

test('the wheel looks closer about the pointer while the editor has the focus', async () => {
  await line()
  const place = await onLane(12)
  await at.page.mouse.move(place.x, place.y)
  await at.page.mouse.wheel(0, -400)
  await settled(at.page)
  const box = await at.page.locator('.tora-lane').boundingBox()
  await at.page.mouse.click(place.x, box.y - 6)
  await settled(at.page)
  assert.equal(await at.frame(), 12)
  await at.page.mouse.click(box.x + box.width, box.y - 6)
  await settled(at.page)
  assert.ok((await at.frame()) < 30)
})

test('the timeline counts in seconds, and that is saved as a setting, not as a step', async () => {
  const steps = await at.undos()
  await at.goTo(12)
  const button = at.page.getByTitle('Seconds instead of frame numbers')
  assert.equal(await button.textContent(), '1.50 s')
  await button.click()
  await settled(at.page)
  assert.ok((await at.page.locator('.tora-ticks text').allTextContents()).includes('2.0 s'))
  assert.equal(await at.undos(), steps)
  assert.equal((await at.state()).editor.secondsShown, true)
})

test('marks as many as frames are shown as far as they can be told apart', async () => {
  await at.page.evaluate(() => {
    const points = Array.from({ length: 2000 }, (_, i) => ({ x: i / 3, y: (i * 7) % 400, t: i / 1999 }))
    const trajectory = { version: 1, width: 720, height: 480, frames: 2000, tracks: [{ points, curve: 'polyline' }] }
    window.editor.model.setCanvas({ width: 720, height: 480, frames: 2000, fps: 8 })
    window.editor.model.load({ version: 1, trajectory })
  })
  await at.page.locator('.tora-surface').focus()
  await at.press('PageDown')
  const count = await at.page.locator('.tora-pin').count()
  assert.ok(count > 20 && count < 120, `${count} pins`)
})

test('a locked track shows its times and keeps them', async () => {
  await line()
  await at.goTo(24)
  await at.press('k')
  await at.page.evaluate(() => {
    const { model } = window.editor
    const { tracks } = model.committed
    model.edit({ ...model.committed, tracks: [{ ...tracks[0], locked: true }] })
  })
  await settled(at.page)
  const before = await at.tracks()
  await at.drag(await onLane(24), await onLane(40))
  await at.drag(await onLane(0), await onLane(10))
  await at.page.locator('.tora-bar').focus()
  await at.press('ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowRight', 'Delete')
  assert.deepEqual(await at.tracks(), before)
  assert.ok(await at.page.locator('.tora-timeline .tora-button[aria-label^="Pin the track"]').isDisabled())
})

for (const works of [true, false]) {
  const how = works ? 'found beside the page' : 'found by the page where its worker can not start'
  test(`warnings of a drawing with many tracks are ${how}`, async () => {
    if (!works) await at.page.route('**/worker/flow.mjs', (route) => route.abort())
    await at.page.evaluate(() => {
      const moving = (y) => ({ points: [{ x: 100, y }, { x: 500, y }] }) // prettier-ignore
      const tracks = [...Array.from({ length: 30 }, (_, i) => moving(10 * i)), { points: [{ x: 300, y: 400 }] }]
      const trajectory = { version: 1, width: 720, height: 480, frames: 49, fps: 8, tracks }
      window.editor.model.load({ version: 1, trajectory })
      window.editor.surface.canvas.focus()
    })
    const warning = at.page.locator('.tora-warning')
    await warning.waitFor()
    assert.match(await warning.innerText(), /Track 31: no motion/)
    const marked = at.page.locator('.tora-lane .tora-bad')
    assert.equal(await marked.count(), 0)
    await at.press('PageUp') // the one on top
    await settled(at.page)
    assert.equal(await marked.count(), 1)
    await at.press('Delete')
    await warning.waitFor({ state: 'hidden' })
    assert.deepEqual((await at.tracks()).length, 30)
  })
}
