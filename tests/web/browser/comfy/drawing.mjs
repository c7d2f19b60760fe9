// Drawing in the node: mouse, pen, finger, wheel, keys, and where they end up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clickAt, dragThrough, screenPoints, settled, tracks } from '../browser.mjs'
import { HIGHER, LINE } from './page.mjs'

/** @param {import('./page.mjs').Comfy} on */
export function drawing(on) {
  const graphView = () =>
    on.page.evaluate(() => [app.canvas.ds.scale, ...app.canvas.ds.offset].map((n) => +n.toFixed(3)))
  const near = (point, { x, y }, within = 3) =>
    assert.ok(Math.hypot(point.x - x, point.y - y) <= within, `${point.x}, ${point.y} is not ${x}, ${y}`)

  test('what is drawn by the mouse is what arrives in the prompt, and nothing of the editor with it', async () => {
    await on.draw(LINE)
    const [track] = await tracks(on.page)
    near(track.points[0], LINE[0], 2)
    near(track.points.at(-1), LINE.at(-1), 2)
    const sent = await on.prompt()
    assert.deepEqual(sent.trajectory.tracks, [track])
    assert.deepEqual(Object.keys(sent), ['version', 'trajectory'])
  })

  test('the node stays where it is while drawing, and moves of the playhead are no change for the graph', async () => {
    const place = () => on.page.evaluate(() => [...window.node.pos])
    const before = await place()
    await on.draw(LINE)
    assert.deepEqual(await place(), before)
    const sent = await on.prompt()
    await on.page.keyboard.press('.')
    await on.page.keyboard.press('m')
    await settled(on.page)
    assert.deepEqual(await on.prompt(), sent)
  })

  test('a finger draws in the node and two zoom its view; the graph stays where it is', async () => {
    const client = await on.page.context().newCDPSession(on.page)
    await client.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 })
    const send = (type, touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints })
    try {
      await on.shown() // buttons are larger for fingers
      const before = await graphView()
      const places = await screenPoints(on.page, LINE)
      await send('touchStart', [{ ...places[0], id: 1 }])
      for (const place of places.slice(1)) await send('touchMove', [{ ...place, id: 1 }])
      await send('touchEnd', [])
      await settled(on.page)
      const [track] = await tracks(on.page)
      near(track.points[0], LINE[0])
      near(track.points.at(-1), LINE.at(-1))
      const scale = () => on.page.evaluate(() => window.editor.surface.view.scale)
      const unzoomed = await scale()
      const [{ x, y }] = await screenPoints(on.page, [{ x: 360, y: 200 }])
      const two = (apart) => [
        { x: x - apart, y, id: 1 },
        { x: x + apart, y, id: 2 },
      ]
      await send('touchStart', two(30).slice(0, 1))
      await send('touchStart', two(30))
      await send('touchMove', two(60))
      await send('touchEnd', [])
      await settled(on.page)
      assert.ok(Math.abs((await scale()) / unzoomed - 2) < 0.05, `${await scale()} after ${unzoomed}`)
      assert.equal(await on.count(), 1)
      assert.deepEqual(await graphView(), before)
      await on.noted()
      assert.ok((await on.steps()) > 0)
    } finally {
      await client.send('Emulation.setTouchEmulationEnabled', { enabled: false })
      await client.detach()
    }
  })

  test('a pen draws', async () => {
    await on.focus()
    await on.page.keyboard.press('d')
    const client = await on.page.context().newCDPSession(on.page)
    const places = await screenPoints(on.page, LINE)
    const pen = { button: 'left', buttons: 1, pointerType: 'pen', force: 0.5, clickCount: 1 }
    await client.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...places[0], ...pen })
    for (const place of places.slice(1)) {
      await client.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...place, ...pen })
    }
    await client.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...places.at(-1), ...pen, buttons: 0 })
    await client.detach()
    await settled(on.page)
    const [track] = await tracks(on.page)
    near(track.points.at(-1), LINE.at(-1))
  })

  test('points are hit where they are seen, whatever the zoom and place of graph and drawing', async () => {
    await on.draw(LINE)
    await on.page.keyboard.press('v')
    let last = LINE[0]
    for (const [scale, offset, zoom] of [
      [0.6, [300, 200], 1],
      [1.7, [-420, -330], 1],
      [0.85, [90, 40], 1.3],
    ]) {
      await on.page.evaluate(
        ([scale, offset]) => {
          Object.assign(app.canvas.ds, { scale, offset })
          app.canvas.setDirty(true, true)
        },
        [scale, offset],
      )
      await on.shown()
      await on.page.evaluate((zoom) => window.editor.surface.zoomBy(zoom), zoom)
      await settled(on.page)
      const to = { x: last.x + 40, y: last.y - 30 }
      await dragThrough(on.page, [last, { x: last.x + 10, y: last.y }, to])
      near((await tracks(on.page))[0].points[0], to, 3 / scale)
      last = (await tracks(on.page))[0].points[0]
    }
  })

  test('pulling the corner of the node makes the drawing larger, and it does not grow on by itself', async () => {
    await on.draw(LINE)
    const sizes = () =>
      on.page.evaluate(() => [...window.node.size, window.editor.surface.canvas.clientHeight].map(Math.round))
    const before = await sizes()
    const corner = await on.page.evaluate(() => {
      const box = document.querySelector(`[data-node-id="${window.node.id}"]`)?.getBoundingClientRect()
      if (LiteGraph.vueNodesMode && box) return { x: box.right - 3, y: box.bottom - 3 }
      const { pos, size } = window.node
      const [x, y] = app.canvas.ds.convertOffsetToCanvas([pos[0] + size[0] - 3, pos[1] + size[1] - 3])
      const canvas = app.canvas.canvas.getBoundingClientRect()
      return { x: canvas.left + x, y: canvas.top + y }
    })
    await on.page.mouse.move(corner.x, corner.y)
    await on.page.mouse.down()
    await on.page.mouse.move(corner.x + 100, corner.y - 60, { steps: 4 })
    await on.page.mouse.up()
    await on.shown()
    const after = await sizes()
    assert.ok(
      Math.abs(after[0] - before[0] - 100) <= 4 && Math.abs(after[1] - before[1] + 60) <= 4,
      `${before} ${after}`,
    )
    assert.ok(Math.abs(after[2] - before[2] + 60) <= 8, `the drawing area: ${before} ${after}`)
    await on.focus()
    await on.page.keyboard.press('v')
    await dragThrough(on.page, [LINE[0], { x: 90, y: 200 }, { x: 120, y: 150 }])
    near((await tracks(on.page))[0].points[0], { x: 120, y: 150 })
    await on.wait(300)
    assert.deepEqual(await sizes(), after)
  })

  test('Ctrl+Z in the editor goes one step back there, and the node stays the same one', async () => {
    await on.draw(LINE)
    await on.draw(HIGHER)
    assert.equal(await on.count(), 2)
    await on.page.evaluate(() => (window.node.marked = true))
    const same = () => on.page.evaluate(() => app.graph.nodes[0].marked === true)
    await on.page.keyboard.press('Control+z')
    await on.wait(400)
    assert.equal(await on.count(), 1)
    assert.ok(await same())
    for (const key of ['Control+Shift+z', 'Control+z', 'Control+y']) await on.page.keyboard.press(key)
    await on.wait(400)
    assert.equal(await on.count(), 2)
    assert.ok(await same())
  })

  test('Delete takes what is chosen in the drawing, never the node; nor do other keys reach the graph', async () => {
    await on.draw(LINE)
    await on.page.evaluate(() => app.canvas.selectNode(window.node))
    await on.focus()
    const nodes = () =>
      on.page.evaluate(() => app.graph.nodes.map((node) => [node.type, node.mode, !!node.flags.collapsed]))
    const before = await nodes()
    await on.page.keyboard.press('Delete')
    await settled(on.page)
    assert.equal(await on.count(), 0)
    // Nothing is left to be deleted. In ComfyUI: bypass, mute, collapse, pin, group, copy with wires, select all.
    for (const key of ['Delete', 'Backspace', 'Control+b', 'Control+m', 'Alt+c', 'p', 'Control+g']) {
      await on.focus()
      await on.page.keyboard.press(key)
    }
    await on.page.keyboard.press('Control+c')
    await on.page.keyboard.press('Control+v')
    await on.wait(300)
    assert.deepEqual(await nodes(), before)
    assert.equal(await on.page.evaluate(() => !!window.node.pinned || app.graph.groups.length > 0), false)
  })

  test('Ctrl+Enter runs the graph from the editor too, with what is being typed; other keys of the host reach it or not', async () => {
    await on.draw(LINE)
    await on.page.keyboard.press('t')
    const strength = on.page.locator('.tora-panel').getByLabel('Strength').first()
    await strength.fill('0.5')
    const reached = async (/** @type {string} */ key) => {
      await on.page.evaluate(() => {
        window.reached = null
        window.addEventListener('keydown', (event) => (window.reached = event.key), { once: true })
      })
      await on.page.keyboard.press(key)
      return (await on.page.evaluate(() => window.reached)) !== null
    }
    await on.page.evaluate(() => {
      window.queued = null
      app.realQueue = app.queuePrompt
      app.queuePrompt = async () => (window.queued = (await app.graphToPrompt()).output)
    })
    try {
      await on.page.keyboard.press('Control+Enter')
      await on.page.waitForFunction(() => window.queued, null, { timeout: 5000 })
      const [sent] = await on.page.evaluate(() => Object.values(window.queued).map((node) => node.inputs.drawing))
      assert.equal(sent.trajectory.tracks[0].strength, 0.5)
      await on.focus()
      for (const key of ['w', 'r', 'Control+b', 'Control+m', 'Control+g', 'Control+Delete']) {
        assert.equal(await reached(key), false, key)
      }
      await on.page.keyboard.press('l')
      await on.page.evaluate(() => (window.queued = null))
      await on.page.keyboard.press('Control+Enter')
      await on.page.waitForFunction(() => window.queued, null, { timeout: 5000 })
      assert.equal(await reached('Control+s'), false, 'a dialog of the host would open below the large view')
      await on.page.evaluate(() => window.editor.large.toggle(false))
      await on.focus()
      assert.equal(await reached('Control+s'), true)
      // The host asks for a name some time after the key; its dialog would take the keys of all later tests.
      await on.page.getByRole('dialog').waitFor()
      await on.page.keyboard.press('Escape')
      await on.page.getByRole('dialog').waitFor({ state: 'hidden' })
    } finally {
      await on.page.evaluate(() => (app.queuePrompt = app.realQueue))
    }
  })

  test('Delete and Backspace in a field of the panel edit the text there', async () => {
    await on.draw(LINE)
    await on.page.evaluate(() => app.canvas.selectNode(window.node))
    await on.focus()
    await on.page.keyboard.press('t')
    const name = on.page.locator('.tora-row .tora-name').first()
    await name.fill('Balls')
    await name.focus()
    await on.page.keyboard.press('End')
    await on.page.keyboard.press('Backspace')
    await on.page.keyboard.press('Home')
    await on.page.keyboard.press('Delete')
    await on.page.keyboard.press('Enter')
    await settled(on.page)
    assert.equal((await tracks(on.page))[0].name, 'all')
    assert.equal(await on.page.evaluate(() => app.graph.nodes.length), 1)
  })

  test('the wheel zooms the drawing while it has the focus, and the graph when it has not', async () => {
    const scale = () => on.page.evaluate(() => [window.editor.surface.view.scale, app.canvas.ds.scale])
    await clickAt(on.page, { x: 300, y: 200 })
    const before = await scale()
    await on.page.mouse.wheel(0, -100)
    await on.page.waitForFunction((before) => window.editor.surface.view.scale > before, before[0])
    await settled(on.page)
    const focused = await scale()
    assert.ok(focused[0] > before[0] && focused[1] === before[1], `${before} ${focused}`)
    await on.page.evaluate(() => document.activeElement.blur())
    await on.page.mouse.wheel(0, -100)
    await on.page.waitForFunction((before) => app.canvas.ds.scale > before, focused[1])
    await settled(on.page)
    const blurred = await scale()
    assert.ok(blurred[1] > focused[1] && blurred[0] === focused[0], `${focused} ${blurred}`)
  })

  test('dragging with the middle button pans the graph', async () => {
    const before = await graphView()
    const way = [
      { x: 200, y: 200 },
      { x: 260, y: 250 },
    ]
    await dragThrough(on.page, way, { button: 'middle' })
    await on.page.waitForFunction((x) => Math.abs(app.canvas.ds.offset[0] - x) > 1, before[1])
    assert.notDeepEqual(await graphView(), before)
    assert.equal(await on.count(), 0)
  })

  test('the large view draws into the same node, its keys do not reach the graph, and Escape leads back', async () => {
    await on.focus()
    await on.page.keyboard.press('l')
    await on.page.locator('dialog.tora-large[open]').waitFor()
    await on.draw(LINE)
    await on.page.keyboard.press('Control+z')
    await on.wait(300)
    assert.equal(await on.count(), 0)
    await on.page.keyboard.press('Control+Shift+z')
    await on.page.keyboard.press('Escape')
    await on.page.keyboard.press('Escape')
    await on.shown()
    assert.equal(await on.page.locator('dialog.tora-large').count(), 0)
    assert.equal(await on.count(), 1)
    const inNode = await on.page.evaluate(() => {
      const { left, top } = window.editor.surface.canvas.getBoundingClientRect()
      const [x, y] = app.canvas.ds.convertOffsetToCanvas([...window.node.pos])
      return left - x < 60 && left > x && top > y
    })
    assert.ok(inNode, 'the editor is back in its node')
    assert.equal((await on.prompt()).trajectory.tracks.length, 1)
  })

  test('a node that is deleted takes its large view with it', async () => {
    await on.focus()
    await on.page.keyboard.press('l')
    await on.page.locator('dialog.tora-large[open]').waitFor()
    await on.page.evaluate(() => app.graph.remove(window.node))
    await settled(on.page)
    assert.equal(await on.page.locator('dialog.tora-large').count(), 0)
  })
}
