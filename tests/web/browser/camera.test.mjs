// The camera layer on the plain page: one row, one panel, one frame on the drawing area, and ordinary tracks below.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clickAt, screenPoints, settled } from './browser.mjs'
import { near, plainPage } from './plain_page.mjs'

const at = plainPage()

const settings = () => at.page.evaluate(() => window.editor.model.committed.camera?.settings ?? null)
const ofCamera = async () => (await at.tracks()).filter(({ name }) => name.startsWith('camera '))
const panel = () => at.page.getByRole('group', { name: 'Camera' })
const row = () => at.page.getByRole('row', { name: 'Camera', exact: true })

async function addCamera() {
  await at.page.locator('.tora-surface').focus()
  await at.press('c')
}

async function type(label, value) {
  const field = panel().getByLabel(label, { exact: true })
  await field.fill(String(value))
  await at.press('Enter')
}

/** Drag by image points. */
async function dragImage(from, to) {
  const [a, b] = await screenPoints(at.page, [from, to])
  await at.drag(a, b)
}

test('a key makes a camera that pans: twelve tracks, one row, one step, chosen with its panel open', async () => {
  await addCamera()
  assert.equal((await settings()).panPx, 90)
  assert.equal((await ofCamera()).length, 12)
  assert.equal(await at.page.locator('.tora-row').count(), 1)
  assert.equal(await row().getAttribute('aria-selected'), 'true')
  assert.ok(await panel().isVisible())
  assert.equal(await at.undos(), 1)
  // The first field's middle is ((0.5 * 720 / 4) - 0.5, (0.5 * 480 / 3) - 0.5), and the picture moves to the left.
  const [first] = await ofCamera()
  assert.deepEqual(first.points, [
    { x: 89.5, y: 79.5, t: 0 },
    { x: -0.5, y: 79.5, t: 1 },
  ])
  await at.press('Control+z')
  assert.deepEqual([await settings(), await at.tracks()], [null, []])
  await at.press('Control+Shift+z')
  assert.equal((await ofCamera()).length, 12)
  await addCamera()
  assert.equal((await ofCamera()).length, 12)
})

test('numbers of the panel make the tracks anew, each a step, and undo brings both back', async () => {
  await addCamera()
  await type('Pan right, px', 0)
  await type('Zoom, times', 2)
  const zoomed = await ofCamera()
  // Twice as far from the middle, (359.5, 239.5).
  near([zoomed[0].points.at(-1).x, zoomed[0].points.at(-1).y], [359.5 - 2 * 270, 239.5 - 2 * 160], 1e-6)
  await type('Roll, degrees', 90)
  const rolled = await ofCamera()
  // Clockwise by the camera is anticlockwise on the picture: from the left of the middle to below it.
  near([rolled[0].points.at(-1).x, rolled[0].points.at(-1).y], [359.5 - 2 * 160, 239.5 + 2 * 270], 1e-6)
  await type('Columns', 2)
  await type('Rows', 1)
  assert.equal((await ofCamera()).length, 2)
  await type('Strength', 0.5)
  assert.ok((await ofCamera()).every(({ strength }) => strength === 0.5))
  await type('First frame', 13)
  assert.equal((await settings()).start, 12 / 48)
  const steps = await at.undos()
  for (let i = 0; i < steps - 3; i++) await at.press('Control+z')
  assert.deepEqual([(await settings()).zoom, (await settings()).rollDegrees], [2, 0])
  assert.deepEqual(await ofCamera(), zoomed)
})

test('what a number may not be is told, and changes nothing', async () => {
  await addCamera()
  const before = await at.state()
  await type('Pan right, px', 1e6)
  await type('Zoom, times', 1000)
  assert.match(await at.page.locator('.tora-message').textContent(), /too far out/)
  assert.equal((await settings()).zoom, 1)
  await at.press('Control+z')
  assert.deepEqual((await at.state()).trajectory, before.trajectory)
})

test('the frame on the drawing area is dragged to pan and tilt, zoom and roll', async () => {
  await addCamera()
  const steps = await at.undos()
  const middle = { x: 359.5 + 90, y: 239.5 }
  await dragImage(middle, { x: middle.x - 150, y: middle.y - 40 })
  let { panPx, tiltPx } = await settings()
  near([panPx, tiltPx], [-60, 40])
  assert.ok(Number.isInteger(panPx) && Number.isInteger(tiltPx))
  const centre = { x: 359.5 + panPx, y: 239.5 - tiltPx }
  const corner = { x: centre.x + 360, y: centre.y + 240 }
  await dragImage(corner, { x: centre.x + 180, y: centre.y + 120 })
  near([(await settings()).zoom], [2], 0.05)
  const { zoom } = await settings()
  const scale = await at.page.evaluate(() => window.editor.surface.view.scale)
  const knob = { x: centre.x, y: centre.y - 240 / zoom - 22 / scale }
  await dragImage(knob, { x: centre.x + (centre.y - knob.y), y: centre.y })
  near([(await settings()).rollDegrees], [90])
  assert.equal(await at.undos(), steps + 3)
  await at.press('Control+z', 'Control+z', 'Control+z')
  assert.deepEqual([(await settings()).panPx, (await settings()).zoom, (await settings()).rollDegrees], [90, 1, 0])
})

test('arrows pan and tilt, with Alt they roll and zoom', async () => {
  await addCamera()
  await at.page.locator('.tora-surface').focus()
  await at.press('ArrowRight', 'Shift+ArrowUp', 'Alt+Shift+ArrowRight', 'Alt+Shift+ArrowDown')
  const { panPx, tiltPx, rollDegrees, zoom } = await settings()
  assert.deepEqual([panPx, tiltPx, rollDegrees, zoom], [91, 10, 15, 1.1])
})

test('the timeline moves the camera in time, by mouse and by keys', async () => {
  await addCamera()
  const lane = await at.page.locator('.tora-lane').boundingBox()
  const place = (frame) => ({ x: lane.x + (frame / 48) * lane.width, y: lane.y + 9 })
  await at.drag(place(48), place(24))
  assert.deepEqual([(await settings()).start, (await settings()).end], [0, 0.5])
  await at.drag(place(12), place(18))
  assert.deepEqual([(await settings()).start, (await settings()).end], [6 / 48, 30 / 48])
  await at.page.locator('.tora-bar').focus()
  await at.press('ArrowRight')
  assert.deepEqual([(await settings()).start, (await settings()).end], [7 / 48, 31 / 48])
  const points = (await ofCamera())[0].points.map(({ t }) => Math.round(t * 48))
  assert.deepEqual(points, [0, 7, 31, 48])
})

test('its easing is dragged like a track’s, one step', async () => {
  await addCamera()
  const knob = panel().getByRole('slider').nth(1)
  await knob.scrollIntoViewIfNeeded()
  const from = await at.middle(knob)
  await at.drag(from, { x: from.x - 50, y: from.y })
  const { easing } = await settings()
  assert.ok(easing[2] < 0.9 && easing[3] === 1, `${easing}`)
  assert.equal(await at.undos(), 2)
  await panel().getByLabel('Easing', { exact: true }).selectOption('in')
  assert.equal((await settings()).easing, 'in')
})

test('the row hides, locks and recolours all of it, and moves it as one', async () => {
  await at.place([100, 100], [300, 100])
  await addCamera()
  const twelve = Array.from({ length: 12 }, (_, i) => i)
  await row()
    .getByRole('button', { name: /^Hide here/ })
    .click()
  assert.deepEqual((await at.state()).editor.hidden, twelve)
  await row().getByRole('button', { name: 'Show' }).click()
  await row().getByLabel('Color').fill('#00ff00')
  assert.ok((await ofCamera()).every(({ color }) => color === '#00ff00'))
  await row().focus()
  await at.press('Alt+ArrowUp')
  assert.deepEqual((await at.tracks()).map(({ name }) => name.startsWith('camera')).indexOf(true), 1)
  await row().getByRole('button', { name: 'Lock' }).focus()
  await at.press('Enter')
  const before = await settings()
  await at.page.locator('.tora-surface').focus()
  await at.press('ArrowRight', 'Delete')
  assert.deepEqual(await settings(), before)
  assert.ok(await panel().getByLabel('Pan right, px').isDisabled())
})

test('a click on an arrow chooses the camera, Delete removes all of it, Select all leaves it alone', async () => {
  await at.place([600, 400], [700, 400])
  await addCamera()
  await at.page.locator('.tora-surface').focus()
  await at.press('Control+a')
  assert.equal(await row().getAttribute('aria-selected'), 'false')
  await at.press('ArrowUp')
  assert.equal((await settings()).tiltPx, 0)
  await at.press('Escape')
  await clickAt(at.page, { x: 50, y: 79.5 })
  assert.equal(await row().getAttribute('aria-selected'), 'true')
  await at.press('Delete')
  assert.deepEqual([await settings(), (await at.tracks()).length], [null, 1])
  await at.press('Control+z')
  assert.equal((await ofCamera()).length, 12)
})

test('tracks move with the camera, and are held against it', async () => {
  await addCamera()
  await at.place([400, 240], [400, 100])
  const steps = await at.undos()
  const button = (name) => at.page.locator('.tora-panel').getByRole('button', { name })
  await button('Move with the camera').click()
  await settled(at.page)
  const moved = (await at.tracks()).at(-1)
  near([moved.points[0].x, moved.points[0].y, moved.points.at(-1).x, moved.points.at(-1).y], [400, 240, 310, 100])
  await button('Hold against the camera').focus()
  await at.press('Enter')
  const held = (await at.tracks()).at(-1)
  near([held.points[0].x, held.points.at(-1).x, held.points.at(-1).y], [400, 400, 100])
  assert.equal(await at.undos(), steps + 2)
})

test('a camera is saved with its settings, copied and loaded; edited by hand its tracks are ordinary ones', async () => {
  await addCamera()
  await at.place([100, 400], [300, 400])
  const saved = await at.state()
  assert.deepEqual(saved.editor.camera, { panPx: 90, tracks: Array.from({ length: 12 }, (_, i) => i) })
  const prompt = await at.page.evaluate(() => window.editor.model.promptValue)
  assert.deepEqual(Object.keys(prompt), ['version', 'trajectory'])
  assert.equal(prompt.trajectory.tracks.length, 13)
  await at.page.evaluate((value) => window.editor.model.load(value), saved)
  await settled(at.page)
  assert.equal((await settings()).panPx, 90)
  assert.equal(await at.page.locator('.tora-row').count(), 2)
  const edited = structuredClone(saved)
  edited.trajectory.tracks[3].points[1].x += 7
  await at.page.evaluate((value) => window.editor.model.load(value), edited)
  await settled(at.page)
  assert.equal(await settings(), null)
  assert.equal(await at.page.locator('.tora-row').count(), 13)
  assert.deepEqual((await at.state()).trajectory, edited.trajectory)
  assert.ok(await at.page.locator('.tora-problems').isVisible())
})

test('a host’s undo of a camera finds the step in the history', async () => {
  await addCamera()
  const one = await at.state()
  await type('Zoom, times', 1.5)
  await at.page.evaluate((value) => window.editor.model.load(structuredClone(value)), one)
  await settled(at.page)
  assert.equal((await settings()).zoom, 1)
  await at.page.locator('.tora-surface').focus()
  await at.press('Control+Shift+z')
  assert.equal((await settings()).zoom, 1.5)
})

test('another size and length make the camera anew', async () => {
  await addCamera()
  await at.page.evaluate(() => window.editor.model.setCanvas({ width: 1440, height: 480, frames: 81, fps: 8 }))
  await settled(at.page)
  assert.equal((await settings()).panPx, 180)
  await type('Tilt up, px', 20)
  assert.equal((await settings()).tiltPx, 20)
  assert.deepEqual((await ofCamera())[0].points, [
    { x: 179.5, y: 79.5, t: 0 },
    { x: -0.5, y: 99.5, t: 1 },
  ])
})

test('it is released to ordinary tracks, and can be made again beside them', async () => {
  await addCamera()
  await panel().getByRole('button', { name: 'Make ordinary tracks of it' }).click()
  await settled(at.page)
  assert.equal(await settings(), null)
  assert.equal(await at.page.locator('.tora-row').count(), 12)
  await addCamera()
  assert.equal((await at.tracks()).length, 24)
  assert.equal(await at.page.locator('.tora-row').count(), 13)
})
