// List and panel on the plain page, and the handles on the drawing area: each by mouse and by keyboard.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dragThrough, screenPoints, settled } from './browser.mjs'
import { near, plainPage } from './plain_page.mjs'

const at = plainPage()

/** Two tracks, the upper one (B) chosen, and the panel open. */
async function two() {
  await at.place([100, 100], [300, 100])
  await at.page.locator('.tora-surface').focus()
  await at.press('Escape')
  await at.place([100, 300], [300, 380], [500, 300])
  await at.page.locator('.tora-surface').focus()
  await at.press('t')
  const names = at.page.getByLabel('Name')
  await names.nth(0).fill('B')
  await names.nth(1).fill('A')
  await at.page.locator('.tora-surface').focus()
  await at.press('Escape', 'PageUp')
}

const order = async () => (await at.tracks()).map(({ name }) => name)
const row = (name) => at.page.getByRole('row', { name, exact: true })
const part = async (name) => (await at.state()).editor[name] ?? []
const points = async (place = 1) => (await at.tracks())[place].points.flatMap(({ x, y }) => [x, y])
const panel = () => at.page.locator('.tora-panel')

async function screen(x, y) {
  return (await screenPoints(at.page, [{ x, y }]))[0]
}

test('rows are dragged to another place by their handles, as one step', async () => {
  await two()
  assert.deepEqual(await order(), ['A', 'B'])
  const steps = await at.undos()
  const from = await at.middle(row('B').locator('.tora-drag'))
  const to = await at.middle(row('A'))
  await at.drag(from, { x: from.x, y: to.y + 4 })
  assert.deepEqual(await order(), ['B', 'A'])
  assert.equal(await at.undos(), steps + 1)
  await at.press('Control+z')
  assert.deepEqual(await order(), ['A', 'B'])
})

test('rows change places by Alt and arrows and keep the focus, and by the buttons below', async () => {
  await two()
  await row('A').focus()
  await at.press('Alt+ArrowUp')
  assert.deepEqual(await order(), ['B', 'A'])
  assert.equal(await at.focused(), 'A')
  await at.press('Alt+ArrowDown', 'Alt+ArrowDown')
  assert.deepEqual(await order(), ['A', 'B'])
  await at.press('Enter')
  await panel().getByRole('button', { name: 'Move up' }).click()
  assert.deepEqual(await order(), ['B', 'A'])
  await panel().getByRole('button', { name: 'Move down' }).focus()
  await at.press('Enter')
  assert.deepEqual(await order(), ['A', 'B'])
})

test('tracks are hidden and locked by a click and by keys, and a locked one is not edited', async () => {
  await two()
  await row('A')
    .getByRole('button', { name: /^Hide here/ })
    .click()
  assert.deepEqual(await part('hidden'), [0])
  await row('A').getByRole('button', { name: 'Show' }).focus()
  await at.press('Space')
  assert.deepEqual(await part('hidden'), [])
  await row('B').getByRole('button', { name: 'Lock' }).click()
  assert.deepEqual(await part('locked'), [1])
  const before = await points()
  await row('B').focus()
  await at.press('Enter')
  await at.page.locator('.tora-surface').focus()
  await at.press('ArrowRight', 'Delete')
  assert.deepEqual(await points(), before)
  await row('B').getByRole('button', { name: 'Unlock' }).focus()
  await at.press('Enter')
  assert.deepEqual(await part('locked'), [])
})

test('a colour chosen is the track’s, and dragging over colours is one step', async () => {
  await two()
  const steps = await at.undos()
  const color = row('B').getByLabel('Color')
  for (const value of ['#ff0000', '#00ff00', '#0000ff']) await color.fill(value)
  await settled(at.page)
  assert.equal((await at.tracks())[1].color, '#0000ff')
  assert.equal(await at.undos(), steps + 1)
})

test('the box scales by its corners and turns by its knob', async () => {
  await two()
  // The chosen points reach from (100, 300) to (500, 380); the box is drawn 12 px of the screen outside.
  const [corner, opposite] = [await screen(500, 380), await screen(100, 300)]
  const steps = await at.undos()
  const grab = { x: corner.x + 12, y: corner.y + 12 }
  await at.drag(grab, { x: grab.x + (corner.x - opposite.x) / 2, y: grab.y })
  near(await points(), [100, 300, 400, 380, 700, 300], 12)
  await at.press('Control+z')
  const top = await screen(300, 300)
  const centre = await screen(300, 340)
  const knob = { x: top.x, y: top.y - 12 - 18 }
  await at.drag(knob, { x: centre.x + (centre.y - knob.y), y: centre.y })
  near(await points(), [340, 140, 260, 340, 340, 540], 3)
  assert.equal(await at.undos(), steps + 1)
})

test('Alt and arrows scale and turn about the middle, a run of keys is one step', async () => {
  await two()
  const steps = await at.undos()
  await at.page.locator('.tora-surface').focus()
  for (let i = 0; i < 6; i++) await at.press('Alt+Shift+ArrowRight')
  // A quarter turn about the mean of the points, (300, 326.67).
  near(await points(), [326.67, 126.67, 246.67, 326.67, 326.67, 526.67])
  assert.equal(await at.undos(), steps + 1)
  await at.press('Control+z', 'Alt+Shift+ArrowUp')
  near(await points(), [80, 297.33, 300, 385.33, 520, 297.33])
})

test('bezier handles are dragged, and set by numbers', async () => {
  await two()
  await panel().getByLabel('Curve').selectOption('bezier')
  await at.page.locator('.tora-surface').focus()
  await at.press('Escape', 'PageUp', ']', ']')
  const point = async () => (await at.tracks())[1].points[1]
  const before = await point()
  assert.ok(before.out[0] > 20, 'the curve kept its shape')
  const steps = await at.undos()
  const handle = await screen(before.x + before.out[0], before.y + before.out[1])
  await at.drag(handle, await screen(before.x + 30, before.y + 60))
  near((await point()).out, [30, 60])
  const [inX, inY] = (await point()).in
  assert.ok(Math.abs(inX * 60 - inY * 30) < 60, 'the other one is in line')
  assert.equal(await at.undos(), steps + 1)
  await panel().getByLabel('Handle after, x').fill('-12.5')
  await at.press('Enter')
  assert.deepEqual((await point()).out[0], -12.5)
  near((await point()).in, [inX, inY], 1e-6)
  await panel().getByRole('button', { name: 'Corner' }).focus()
  await at.press('Enter')
  assert.deepEqual([(await point()).in, (await point()).out], [undefined, undefined])
})

/** A knob of an easing curve dragged to a place of its unit square. */
async function dragKnob(knobs, index, x, y) {
  await knobs.nth(index).scrollIntoViewIfNeeded()
  const box = await knobs.nth(index).evaluate((knob) => {
    const { left, top, width, height } = knob.parentElement.querySelector('.tora-easing-box').getBoundingClientRect()
    return { x: left, y: top, width, height }
  })
  await at.drag(await at.middle(knobs.nth(index)), { x: box.x + x * box.width, y: box.y + (1 - y) * box.height })
}

test('the easing curve is dragged as one step, and its handles go by arrow keys', async () => {
  await two()
  const knobs = panel().getByRole('slider', { name: /^Easing: / })
  const steps = await at.undos()
  await dragKnob(knobs, 0, 0.6, 0.1)
  near((await at.tracks())[1].easing, [0.6, 0.1, 1, 1], 0.02)
  assert.equal(await at.undos(), steps + 1)
  const [x, y] = (await at.tracks())[1].easing
  await knobs.nth(0).focus()
  await at.press('ArrowLeft', 'ArrowUp')
  near((await at.tracks())[1].easing, [x - 0.05, y + 0.05, 1, 1], 1e-6)
  assert.equal(await at.undos(), steps + 2)
  await panel().getByLabel('Easing', { exact: true }).selectOption('in-out')
  assert.equal((await at.tracks())[1].easing, 'in-out')
})

test('a drag of the easing curve is given up by Escape', async () => {
  await two()
  const knobs = panel().getByRole('slider', { name: /^Easing: / })
  await knobs.nth(0).scrollIntoViewIfNeeded()
  const steps = await at.undos()
  const from = await at.middle(knobs.nth(0))
  await at.page.mouse.move(from.x, from.y)
  await at.page.mouse.down()
  await at.page.mouse.move(from.x + 30, from.y - 5, { steps: 3 })
  await at.press('Escape')
  await at.page.mouse.up()
  await settled(at.page)
  assert.equal((await at.tracks())[1].easing, 'linear')
  assert.equal(await at.undos(), steps)
})

test('a pinned stretch has an easing of its own, dragged and chosen, and gives it up again', async () => {
  await two()
  await at.goTo(24)
  await at.page.locator('.tora-surface').focus()
  await at.press(']', ']', 'Shift+K')
  const point = async () => (await at.tracks())[1].points[1]
  assert.equal((await point()).t, 0.5)
  const field = panel().getByLabel('Easing from this point on', { exact: true })
  assert.equal(await field.inputValue(), 'inherited')
  const steps = await at.undos()
  const knobs = panel().getByRole('slider', { name: /^Easing from this point on: / })
  await dragKnob(knobs, 1, 0.3, 0.9)
  near((await point()).easing, [0, 0, 0.3, 0.9], 0.02)
  assert.equal(await at.undos(), steps + 1)
  await field.selectOption('hold')
  assert.equal((await point()).easing, 'hold')
  await field.focus()
  await field.selectOption('inherited')
  assert.deepEqual([(await point()).easing, (await at.tracks())[1].easing], [undefined, 'linear'])
})

test('the first point has an easing without a pin, the last and unpinned ones have none', async () => {
  await two()
  const field = panel().getByLabel('Easing from this point on', { exact: true })
  await at.page.locator('.tora-surface').focus()
  await at.press(']')
  assert.ok(await field.isVisible())
  await field.selectOption('in')
  assert.equal((await at.tracks())[1].points[0].easing, 'in')
  await at.page.locator('.tora-surface').focus()
  for (let i = 0; i < 2; i++) {
    await at.press(']')
    assert.ok(!(await field.isVisible()))
  }
})

test('visibility keys of the panel are set at the current frame and taken away, by mouse and by keys', async () => {
  await two()
  const keys = async () => (await at.tracks())[1].visibility.map(({ t, visible }) => [Math.round(t * 48), visible])
  await at.goTo(10)
  await panel().getByRole('button', { name: 'Hide here', exact: true }).click()
  await at.goTo(20)
  await panel().getByRole('button', { name: 'Show here' }).focus()
  await at.press('Enter')
  assert.deepEqual(await keys(), [
    [10, false],
    [20, true],
  ])
  await panel().getByRole('button', { name: 'Delete: Hidden from frame 11' }).click()
  assert.deepEqual(await keys(), [[20, true]])
  await settled(at.page)
  assert.equal(await at.focused(), 'Delete: Shown from frame 21') // the next one, as the clicked one is gone
  await at.press('Space')
  assert.deepEqual(await keys(), [])
  const focused = () => at.page.evaluate(() => document.activeElement?.textContent)
  assert.equal(await focused(), 'Hide here')
  await at.page.locator('.tora-surface').focus()
  await at.press('e')
  assert.deepEqual(await keys(), [[20, false]])
  await at.press('e')
  assert.deepEqual(await keys(), [])
})

test('a track more than there can be is refused in words, by every way to make one', async () => {
  const points = [{ x: 100, y: 100 }, { x: 140, y: 100 }] // prettier-ignore
  await at.page.evaluate((points) => {
    const trajectory = { version: 1, width: 720, height: 480, frames: 5, fps: 8, tracks: Array(1000).fill({ points }) }
    window.editor.model.load({ version: 1, trajectory })
    window.editor.surface.canvas.focus()
  }, points)
  await at.press('PageUp')
  const refused = async (make) => {
    await at.page.evaluate(() => window.editor.model.become({ message: '' }))
    await make()
    await settled(at.page)
    assert.match(await at.page.evaluate(() => window.editor.model.message), /1000 at most/)
    assert.equal(await at.page.evaluate(() => window.editor.model.document.tracks.length), 1000)
    assert.equal(await at.page.evaluate(() => window.editor.model.inGesture), false)
  }
  await refused(() => at.press('Control+d'))
  const far = [{ x: 300, y: 300 }, { x: 400, y: 350 }, { x: 500, y: 300 }] // prettier-ignore
  for (const tool of ['d', 's', 'p']) {
    await refused(async () => {
      await at.page.locator('.tora-surface').focus()
      await at.press(tool)
      await dragThrough(at.page, far)
    })
  }
  await at.press('v', 'PageUp', 'Delete')
  await at.press('d')
  await dragThrough(at.page, far)
  assert.equal(await at.page.evaluate(() => window.editor.model.document.tracks.length), 1000)
})
