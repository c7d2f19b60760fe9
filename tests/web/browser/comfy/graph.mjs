// The node as one of a graph: copies, subgraphs, wires, runs, and the other renderer while it is open.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trackFrames } from '../../../../web/editor/sampling/sample.mjs'
import { dragThrough, settled, tracks } from '../browser.mjs'
import { HIGHER, LINE, RENDERER } from './page.mjs'

/** @param {import('./page.mjs').Comfy} on */
export function inGraph(on) {
  /** A second node beside the first; tests work on it from then on. */
  async function second() {
    await on.page.evaluate(() => {
      window.node.pos = [70, 120]
      const node = LiteGraph.createNode('ToraTrajectoryEditor')
      node.pos = [660, 120]
      app.graph.add(node)
      app.canvas.setDirty(true, true)
    })
    await on.shown(1)
  }

  test('a clone has its own drawing', async () => {
    await on.draw(LINE)
    const one = await tracks(on.page)
    await on.page.evaluate(() => {
      window.node.pos = [70, 120]
      const clone = window.node.clone()
      clone.pos = [660, 120]
      app.graph.add(clone)
    })
    await on.shown(1)
    assert.deepEqual(await tracks(on.page), one)
    await on.focus()
    await on.page.keyboard.press('Control+a')
    await on.page.keyboard.press('Delete')
    await settled(on.page)
    assert.deepEqual(await tracks(on.page), [])
    await on.shown(0)
    assert.deepEqual(await tracks(on.page), one)
  })

  test('a node that is copied and pasted in the graph takes a drawing of its own along', async () => {
    await on.draw(LINE)
    const one = await tracks(on.page)
    await on.page.evaluate(() => {
      window.node.pos = [70, 120]
      document.activeElement.blur()
      app.canvas.deselectAll()
      app.canvas.selectNode(window.node)
      app.canvas.copyToClipboard()
      app.canvas.graph_mouse.splice(0, 2, 660, 120)
      app.canvas.pasteFromClipboard()
    })
    await on.page.waitForFunction(() => app.graph.nodes.length === 2)
    await on.page.evaluate(() => (app.graph.nodes[1].pos = [660, 120]))
    await on.shown(1)
    assert.deepEqual(await tracks(on.page), one)
    await on.draw(HIGHER)
    assert.equal(await on.count(), 2)
    await on.shown(0)
    assert.deepEqual(await tracks(on.page), one)
  })

  test('tracks are copied from node to node, scaled, and only the node with the focus takes the keys', async () => {
    await on.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await on.draw(LINE)
    const [one] = await tracks(on.page)
    await on.page.keyboard.press('Control+a')
    await on.page.keyboard.press('Control+c')
    await second()
    await on.setFields({ width: 1440, height: 960 })
    await on.focus()
    await on.page.keyboard.press('Control+v')
    await on.page.waitForFunction(() => window.editor.model.document.tracks.length === 1)
    const [two] = await tracks(on.page)
    assert.ok(Math.abs(two.points[0].x - 2 * one.points[0].x) < 0.01, `${two.points[0].x}`)
    await on.page.keyboard.press('Control+z')
    await on.wait(300)
    assert.equal(await on.count(), 0)
    assert.equal(await on.page.evaluate(() => app.graph.nodes.length), 2)
    await on.shown(0)
    assert.deepEqual(await tracks(on.page), [one])
  })

  test('in a subgraph the drawing is drawn, undone, and sent in the prompt', async () => {
    await on.draw(LINE)
    const [one] = await tracks(on.page)
    await on.page.evaluate(() => {
      const { node, subgraph } = app.graph.convertToSubgraph(new Set([window.node]))
      window.outer = node
      app.canvas.openSubgraph(subgraph, node)
    })
    await on.shown()
    assert.deepEqual(await tracks(on.page), [one])
    await on.draw(HIGHER)
    await on.noted()
    assert.deepEqual((await on.prompt()).trajectory.tracks.length, 2)
    await on.page.keyboard.press('Control+z')
    await on.wait(300)
    assert.deepEqual(await tracks(on.page), [one])
    await on.noted()
    await on.page.keyboard.press('Control+Shift+z')
    await on.noted()
    await on.hostUndo()
    assert.deepEqual(await tracks(on.page), [one])
    assert.ok(await on.page.evaluate(() => app.canvas.graph !== app.graph), 'still inside')
    await on.focus()
    await on.page.keyboard.press('Control+Shift+z')
    await settled(on.page)
    assert.equal(await on.count(), 2)
    await on.load(await on.save())
    await on.page.evaluate(() => {
      const outer = app.graph.nodes.find((node) => node.subgraph)
      app.canvas.openSubgraph(outer.subgraph, outer)
    })
    await on.shown()
    assert.equal(await on.count(), 2)
    assert.equal((await on.prompt()).trajectory.tracks.length, 2)
    await on.page.evaluate(() => app.canvas.setGraph(app.rootGraph ?? app.graph))
  })

  test('a collapsed node opens with its drawing, and draws on', async () => {
    await on.draw(LINE)
    for (let i = 0; i < 2; i++) {
      await on.page.evaluate(() => window.node.collapse(true))
      await on.wait(200)
    }
    await on.shown()
    assert.equal(await on.count(), 1)
    await on.draw(HIGHER)
    assert.equal(await on.count(), 2)
  })

  test('the renderer can be changed while the page is open: same editor, same history, and points are hit', async () => {
    await on.draw(LINE)
    await on.page.evaluate(() => (window.first = window.editor))
    let from = LINE[0]
    for (const vue of [!on.vue, on.vue]) {
      await on.page.evaluate(([key, vue]) => app.extensionManager.setting.set(key, vue), [RENDERER, vue])
      await on.page.waitForFunction((vue) => LiteGraph.vueNodesMode === vue, vue)
      await on.shown()
      assert.ok(await on.page.evaluate(() => window.first === window.editor && window.editor.model.canUndo))
      await on.focus()
      await on.page.keyboard.press('v')
      const to = { x: from.x + 30, y: from.y - 20 }
      await dragThrough(on.page, [from, { x: from.x + 10, y: from.y }, to])
      from = (await tracks(on.page))[0].points[0]
      assert.ok(Math.hypot(from.x - to.x, from.y - to.y) < 3, `${from.x}, ${from.y} is not ${to.x}, ${to.y}`)
    }
    for (let i = 0; i < 3; i++) await on.page.keyboard.press('Control+z')
    await settled(on.page)
    assert.equal(await on.count(), 0)
  })

  test('the panel of the host beside the graph leaves the editor in its node', async () => {
    const open = (/** @type {boolean} */ to) =>
      on.page.evaluate((to) => app.extensionManager.setting.set('Comfy.RightSidePanel.IsOpen', to), to)
    await on.page.evaluate(() => app.canvas.selectNode(window.node))
    await open(true)
    await on.page.getByTestId('properties-panel').waitFor()
    await on.shown()
    await on.draw(LINE)
    assert.equal(await on.count(), 1)
    assert.equal(await on.page.locator('.tora-editor').count(), 1)
    await open(false)
  })

  test('what arrives in Python equals what was drawn: each frame of the coordinates is where the editor has it', async () => {
    await on.draw(LINE)
    await on.page.evaluate(() => {
      const shown = LiteGraph.createNode('PreviewAny')
      shown.pos = [1100, 120]
      app.graph.add(shown)
      window.node.connect(2, shown, 0)
      window.ran = null
      app.api.addEventListener('executed', ({ detail }) => {
        if (String(detail.node) === String(shown.id)) window.ran = detail.output.text[0]
      })
    })
    await on.page.evaluate(() => app.queuePrompt(0, 1))
    await on.page.waitForFunction(() => window.ran, null, { timeout: 60000 })
    const got = JSON.parse(await on.page.evaluate(() => window.ran))
    const { tracks: drawn, frames } = (await on.value()).trajectory
    const { points } = trackFrames(drawn[0], frames)
    const flat = got[0].flatMap(({ x, y }) => [x, y])
    assert.equal(flat.length, points.length)
    flat.forEach((value, i) => assert.ok(Math.abs(value - points[i]) < 0.01, `${i}: ${value} is not ${points[i]}`))
  })

  test('a wired Load Image shows at once, and goes with its wire', async () => {
    await on.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(90, 60)
      canvas.getContext('2d').fillRect(0, 0, 90, 60)
      const body = new FormData()
      body.append('image', await canvas.convertToBlob(), 'tora test.png')
      body.append('subfolder', 'tora')
      body.append('overwrite', 'true')
      await fetch('/upload/image', { method: 'POST', body })
      const load = LiteGraph.createNode('LoadImage')
      app.graph.add(load)
      const file = load.widgets.find((widget) => widget.name === 'image')
      file.options.values?.push?.('tora/tora test.png')
      file.value = 'tora/tora test.png'
      window.slot = window.node.inputs.findIndex((input) => input.name === 'background')
      load.connect(0, window.node, window.slot)
    })
    await on.page.waitForFunction(() => window.editor.model.hasPicture, null, { timeout: 5000 })
    await on.page.evaluate(() => window.node.disconnectInput(window.slot))
    await on.page.waitForFunction(() => !window.editor.model.hasPicture, null, { timeout: 5000 })
  })
}
