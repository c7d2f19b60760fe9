// The editor on a plain page, with a real mouse, keyboard and worker.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { clickAt, dragThrough, screenPoints, settled, tracks } from './browser.mjs'
import { plainPage } from './plain_page.mjs'

const at = plainPage({ viewport: { width: 1000, height: 720 } })
let page
beforeEach(() => {
  page = at.page
})

/** Put points with the pen, one click each. */
async function place(points) {
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('p')
  for (const point of points) {
    await clickAt(page, point)
    await page.waitForTimeout(360) // or two would be a double click
  }
  await page.keyboard.press('Enter')
  await page.keyboard.press('v')
  await settled(page)
}

const near = (point, [x, y], within = 1) => {
  assert.ok(
    Math.abs(point.x - x) <= within && Math.abs(point.y - y) <= within,
    `${point.x}, ${point.y} is not ${x}, ${y}`,
  )
}

test('a stroke of the mouse becomes a track through few points, and runs where it was drawn', async () => {
  const line = Array.from({ length: 30 }, (_, i) => ({ x: 100 + 15 * i, y: 240 + 90 * Math.sin(i / 5) }))
  await dragThrough(page, line)
  const [track] = await tracks(page)
  assert.equal(track.curve, 'catmull-rom')
  assert.ok(track.points.length >= 4 && track.points.length <= 14, `${track.points.length} points`)
  near(track.points[0], [100, 240])
  near(track.points.at(-1), [line.at(-1).x, line.at(-1).y])
})

test('points are placed by the pen, dragged, and each is one step of undo', async () => {
  await place([
    { x: 100, y: 100 },
    { x: 300, y: 150 },
    { x: 500, y: 400 },
  ])
  const placed = (await tracks(page))[0].points
  placed.forEach((point, i) =>
    near(
      point,
      [
        [100, 100],
        [300, 150],
        [500, 400],
      ][i],
    ),
  )
  await dragThrough(page, [
    { x: 300, y: 150 },
    { x: 320, y: 200 },
    { x: 340, y: 300 },
  ])
  near((await tracks(page))[0].points[1], [340, 300])
  await page.keyboard.press('Control+z')
  assert.deepEqual((await tracks(page))[0].points, placed)
  await page.keyboard.press('Control+Shift+z')
  near((await tracks(page))[0].points[1], [340, 300])
  for (let i = 0; i < 4; i++) await page.keyboard.press('Control+z')
  assert.deepEqual(await tracks(page), [])
})

test('what is under the pointer is found after zoom and pan', async () => {
  await place([
    { x: 200, y: 200 },
    { x: 400, y: 300 },
  ])
  const surface = await page.locator('.tora-surface').boundingBox()
  const under = () =>
    page.evaluate(() => {
      const { scale, x, y } = window.editor.surface.view
      return { x: (200 - x) / scale, y: (150 - y) / scale }
    })
  const before = await under()
  await page.mouse.move(surface.x + 200, surface.y + 150)
  await page.mouse.wheel(0, -400)
  await settled(page)
  const { x, y } = await under()
  near({ x, y }, [before.x, before.y], 1e-6)
  assert.ok((await page.evaluate(() => window.editor.surface.view.scale)) > 2)
  await dragThrough(
    page,
    [
      { x: 260, y: 180 },
      { x: 240, y: 170 },
    ],
    { button: 'middle' },
  )
  await dragThrough(page, [
    { x: 200, y: 200 },
    { x: 210, y: 210 },
    { x: 230, y: 240 },
  ])
  near((await tracks(page))[0].points[0], [230, 240])
})

test('a click on a path chooses it, a double click puts a point there, Delete removes it', async () => {
  await place([
    { x: 100, y: 100 },
    { x: 500, y: 100 },
  ])
  await page.keyboard.press('Escape')
  const [at] = await screenPoints(page, [{ x: 300, y: 100 }])
  await page.mouse.dblclick(at.x, at.y)
  await settled(page)
  assert.equal((await tracks(page))[0].points.length, 3)
  near((await tracks(page))[0].points[1], [300, 100])
  await page.keyboard.press('Delete')
  assert.equal((await tracks(page))[0].points.length, 2)
  await page.waitForTimeout(400)
  await clickAt(page, { x: 300, y: 100 })
  await page.keyboard.press('Delete')
  assert.deepEqual(await tracks(page), [])
})

test('a box chooses what lies in it, and all of it moves together by keys', async () => {
  await place([
    { x: 100, y: 100 },
    { x: 200, y: 100 },
  ])
  await page.keyboard.press('Escape')
  await place([
    { x: 100, y: 200 },
    { x: 600, y: 400 },
  ])
  await page.keyboard.press('Escape')
  await dragThrough(page, [
    { x: 60, y: 60 },
    { x: 250, y: 250 },
  ])
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  const [a, b] = await tracks(page)
  near(a.points[0], [101, 110])
  near(a.points[1], [201, 110])
  near(b.points[0], [101, 210])
  near(b.points[1], [600, 400])
  await page.keyboard.press('Control+z')
  near((await tracks(page))[0].points[0], [100, 100], 1)
})

test('a ready-made motion is drawn by a drag, and without a pointer by Enter', async () => {
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('s')
  await page.locator('.tora-toolbar select').selectOption('circle')
  await dragThrough(page, [
    { x: 200, y: 100 },
    { x: 300, y: 200 },
    { x: 400, y: 300 },
  ])
  const [circle] = await tracks(page)
  assert.equal(circle.closed, true)
  near(circle.points[0], [300, 100])
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('Enter')
  assert.equal((await tracks(page)).length, 2)
})

test('the motion picture in the editor is that of the model: the flow colours of the step into this frame', async () => {
  await place([
    { x: 100, y: 240 },
    { x: 580, y: 240 },
  ])
  await page.keyboard.press('m')
  await page.evaluate(() => window.editor.model.goTo(24))
  const [at, far] = await screenPoints(page, [
    { x: 330, y: 250 },
    { x: 330, y: 60 },
  ])
  const colorAt = async ({ x, y }) => pixel(await page.screenshot({ clip: { x, y, width: 1, height: 1 } }))
  const end = Date.now() + 10000
  while ((await colorAt(far))[0] !== 255 && Date.now() < end) await settled(page) // until it is computed
  const [r, g, b] = await colorAt(at)
  assert.ok(r > 225 && g < 200 && b < 200, `to the right is red, this is ${[r, g, b]}`)
  assert.deepEqual(await colorAt(far), [255, 255, 255])
})

async function pixel(png) {
  return page.evaluate(
    async (bytes) => {
      const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
      const g = new OffscreenCanvas(1, 1).getContext('2d')
      g.drawImage(picture, 0, 0)
      return [...g.getImageData(0, 0, 1, 1).data].slice(0, 3)
    },
    [...png],
  )
}

test('the timeline scrubs, drags the ends of a track and plays', async () => {
  await place([
    { x: 100, y: 240 },
    { x: 580, y: 240 },
  ])
  const lane = await page.locator('.tora-lane').boundingBox()
  await page.mouse.click(lane.x + lane.width / 2, lane.y + lane.height - 3)
  await settled(page)
  assert.equal(await page.evaluate(() => window.editor.model.frame), 24)
  const grip = await page.locator('.tora-grip.tora-start').boundingBox()
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2)
  await page.mouse.down()
  await page.mouse.move(lane.x + lane.width / 4, grip.y + 5, { steps: 4 })
  await page.mouse.up()
  await settled(page)
  assert.equal((await tracks(page))[0].start, 12 / 48)
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Space')
  await page.waitForFunction(() => window.editor.model.frame > 3)
  await page.keyboard.press('Space')
  assert.equal(await page.evaluate(() => window.editor.model.playing), false)
})

test('numbers typed in the panel are the drawing', async () => {
  await place([
    { x: 100, y: 240 },
    { x: 580, y: 240 },
  ])
  await page.keyboard.press('t')
  await page.keyboard.press('Escape')
  await page.keyboard.press(']')
  await settled(page)
  await page.getByLabel('x', { exact: true }).fill('12.5')
  await page.keyboard.press('Enter')
  await page.getByLabel('At frame').nth(0).fill('13')
  await page.keyboard.press('Tab')
  const [track] = await tracks(page)
  assert.equal(track.points[0].x, 12.5)
  assert.equal(track.points[0].t, 12 / 48)
  await page.locator('.tora-panel').getByLabel('Curve').selectOption('bezier')
  await page.locator('.tora-panel').getByLabel('Strength').fill('0.5')
  await page.keyboard.press('Tab')
  await page.getByLabel('Name').fill('Ball')
  await page.keyboard.press('Enter')
  const [after] = await tracks(page)
  assert.equal(after.curve, 'bezier')
  assert.equal(after.strength, 0.5)
  assert.equal(after.name, 'Ball')
})

test('what is being typed stays when the editor has something new to show', async () => {
  await place([
    { x: 100, y: 240 },
    { x: 580, y: 240 },
  ])
  await page.keyboard.press('t')
  await page.keyboard.press('Escape')
  await page.keyboard.press(']')
  await settled(page)
  const field = page.getByLabel('x', { exact: true })
  await field.fill('12.5')
  await page.evaluate(() => window.editor.model.goTo(5))
  await settled(page)
  assert.equal(await field.inputValue(), '12.5')
  await page.keyboard.press('Enter')
  await settled(page)
  assert.equal((await tracks(page))[0].points[0].x, 12.5)
  assert.equal(await field.inputValue(), '12.5')
})

test('tracks go over the clipboard as JSON, also to another canvas size', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await place([
    { x: 100, y: 240 },
    { x: 580, y: 240 },
  ])
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+c')
  await page.evaluate(() => sessionStorage.clear())
  await at.open('?width=1440&height=960')
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('Control+v')
  await settled(page)
  const [track] = await tracks(page)
  near(track.points[0], [200, 480], 2)
})

test('a value that cannot be read is told of, given back as it was, and the first stroke keeps it aside', async () => {
  await page.evaluate(() => window.editor.model.load({ version: 99, secret: [1, 2] }))
  await settled(page)
  assert.deepEqual(await page.evaluate(() => window.editor.model.value), { version: 99, secret: [1, 2] })
  assert.ok(await page.locator('.tora-problems').isVisible())
  await page.evaluate(() => window.editor.model.become({ tool: 'draw' }))
  await dragThrough(page, [
    { x: 100, y: 100 },
    { x: 300, y: 200 },
    { x: 400, y: 400 },
  ])
  const value = await page.evaluate(() => window.editor.model.value)
  assert.equal(value.trajectory.tracks.length, 1)
  assert.deepEqual(value.editor.kept[0].value, { version: 99, secret: [1, 2] })
})

test('two fingers zoom, and draw nothing', async () => {
  await at.fresh('', { viewport: { width: 800, height: 600 }, hasTouch: true })
  const { page: touched } = at
  const client = await touched.context().newCDPSession(touched)
  const send = (type, touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints })
  const before = await touched.evaluate(() => window.editor.surface.view.scale)
  await send('touchStart', [{ x: 300, y: 300, id: 1 }])
  await send('touchStart', [
    { x: 300, y: 300, id: 1 },
    { x: 400, y: 300, id: 2 },
  ])
  await send('touchMove', [
    { x: 250, y: 300, id: 1 },
    { x: 450, y: 300, id: 2 },
  ])
  await send('touchEnd', [])
  await settled(touched)
  const scale = await touched.evaluate(() => window.editor.surface.view.scale)
  assert.ok(Math.abs(scale / before - 2) < 0.05, `${scale / before}`)
  assert.deepEqual(await tracks(touched), [])
  await send('touchStart', [{ x: 200, y: 300, id: 3 }])
  for (let i = 1; i <= 10; i++) await send('touchMove', [{ x: 200 + 20 * i, y: 300 + 5 * i, id: 3 }])
  await send('touchEnd', [])
  await settled(touched)
  assert.equal((await tracks(touched)).length, 1)
})

test('the large view is the same editor, and Escape leads back', async () => {
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('l')
  assert.ok(await page.locator('dialog.tora-large[open]').isVisible())
  await dragThrough(page, [
    { x: 100, y: 100 },
    { x: 300, y: 200 },
    { x: 400, y: 400 },
  ])
  assert.equal((await tracks(page)).length, 1)
  await page.keyboard.press('Escape') // nothing chosen
  await page.keyboard.press('Escape') // back
  assert.equal(await page.locator('dialog.tora-large').count(), 0)
  assert.ok(await page.locator('#place .tora-surface').isVisible())
})
