// The editor in a real ComfyUI page, in the classic renderer and in Nodes 2.0. TORA_COMFY_URL names the server
// (python tests/host/server.py --port N); test_browser.py starts one.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { trackFrames } from '../../../web/editor/sampling/sample.mjs'
import { clickAt, dragThrough, launch, screenPoints, settled, tracks } from './browser.mjs'

const URL_OF_COMFY = process.env.TORA_COMFY_URL
const SETTINGS = {
  'Comfy.TutorialCompleted': true,
  'Comfy.RightSidePanel.IsOpen': false,
  'Comfy.Workflow.Persist': false,
  'Comfy.Minimap.Visible': false,
  'Comfy.Canvas.NavigationMode': 'legacy',
  'Comfy.ColorPalette': 'dark',
}
const LINE = Array.from({ length: 25 }, (_, i) => ({ x: 80 + 22 * i, y: 240 + 120 * Math.sin(i / 4) }))

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

for (const vue of [false, true]) {
  describe(vue ? 'Nodes 2.0' : 'classic renderer', { skip: URL_OF_COMFY ? false : 'TORA_COMFY_URL is not set' }, () => {
    let page
    const complaints = []

    before(async () => {
      page = await browser.newPage({ viewport: { width: 1500, height: 950 } })
      page.on('pageerror', (error) => complaints.push(error.stack))
      const data = { ...SETTINGS, 'Comfy.VueNodes.Enabled': vue }
      await page.request.post(`${URL_OF_COMFY}/api/settings`, { data })
      await page.goto(URL_OF_COMFY)
      const ready = () => window.app?.canvas?.graph && LiteGraph.registered_node_types?.ToraTrajectoryEditor
      await page.waitForFunction(ready, null, { timeout: 90000 })
      await page.waitForTimeout(2000)
      assert.equal(await page.evaluate(() => LiteGraph.vueNodesMode), vue)
    })

    after(async () => {
      await page?.close()
      assert.deepEqual(complaints, [])
    })

    beforeEach(async () => {
      await page.evaluate(() => app.graph.clear())
      await page.waitForTimeout(200) // Nodes 2.0 knows nodes by their ids, and these come again
      await page.evaluate(() => {
        const node = LiteGraph.createNode('ToraTrajectoryEditor')
        node.pos = [450, 120]
        app.graph.add(node)
        Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] })
        app.canvas.setDirty(true, true)
      })
      await shown()
    })

    /** Waits until the first editor node is on the screen, and makes it `window.node` and `window.editor`. */
    async function shown() {
      await page.waitForFunction(
        () => {
          window.node = app.graph.nodes.find((node) => node.type === 'ToraTrajectoryEditor')
          window.editor = window.node?.widgets.find((widget) => widget.name === 'drawing').editor
          return window.editor?.surface.canvas.getBoundingClientRect().width > 50
        },
        null,
        { timeout: 8000 },
      )
      await page.waitForTimeout(500)
      await settled(page)
    }

    const prompt = () => page.evaluate(async () => (await app.graphToPrompt()).output[window.node.id].inputs.drawing)
    const steps = () => page.evaluate(() => app.extensionManager.workflow.activeWorkflow.changeTracker.undoQueue.length)

    test('what is drawn by the mouse is what arrives in the prompt', async () => {
      await dragThrough(page, LINE)
      const [track] = await tracks(page)
      assert.ok(Math.abs(track.points[0].x - 80) < 2 && Math.abs(track.points[0].y - 240) < 2)
      const sent = await prompt()
      assert.deepEqual(sent.trajectory.tracks, [track])
      assert.deepEqual(Object.keys(sent), ['version', 'trajectory'])
    })

    test('Python gets the drawing: after a run, each frame of the coordinates is where the editor has it', async () => {
      await dragThrough(page, LINE)
      const answer = await page.evaluate(async () => {
        const shown = LiteGraph.createNode('PreviewAny')
        app.graph.add(shown)
        window.node.connect(2, shown, 0)
        const { output } = await app.graphToPrompt()
        const headers = { 'Content-Type': 'application/json' }
        const asked = await fetch('/prompt', { method: 'POST', headers, body: JSON.stringify({ prompt: output }) })
        const { prompt_id } = await asked.json()
        for (let i = 0; i < 100; i++) {
          const found = (await (await fetch(`/history/${prompt_id}`)).json())[prompt_id]
          if (found) return found.outputs[shown.id]?.text?.[0] ?? JSON.stringify(found.status)
          await new Promise((done) => setTimeout(done, 100))
        }
      })
      const got = JSON.parse(answer)
      const { tracks: drawn, frames } = await page.evaluate(() => window.editor.model.value.trajectory)
      const { points } = trackFrames(drawn[0], frames)
      const flat = got[0].flatMap(({ x, y }) => [x, y])
      assert.equal(flat.length, points.length)
      flat.forEach((value, i) => assert.ok(Math.abs(value - points[i]) < 0.01, `${i}: ${value} is not ${points[i]}`))
    })

    test('the node stays where it is while drawing, and moves of the playhead are no change for the graph', async () => {
      const place = () => page.evaluate(() => [...window.node.pos])
      const before = await place()
      await dragThrough(page, LINE)
      assert.deepEqual(await place(), before)
      const sent = await prompt()
      await page.keyboard.press('.')
      await page.keyboard.press('m')
      await settled(page)
      assert.deepEqual(await prompt(), sent)
    })

    test('Ctrl+Z in the editor goes one step back there, and the node stays the same one', async () => {
      await dragThrough(page, LINE)
      await page.keyboard.press('d')
      await dragThrough(
        page,
        LINE.map(({ x, y }) => ({ x, y: y - 80 })),
      )
      assert.equal((await tracks(page)).length, 2)
      await page.evaluate(() => (window.node.marked = true))
      await page.keyboard.press('Control+z')
      await page.waitForTimeout(500)
      assert.equal((await tracks(page)).length, 1)
      assert.equal(await page.evaluate(() => app.graph.nodes[0].marked), true)
      await page.keyboard.press('Control+Shift+z')
      await page.waitForTimeout(300)
      assert.equal((await tracks(page)).length, 2)
      assert.equal(await page.evaluate(() => app.graph.nodes[0].marked), true)
    })

    test('an undo of the host goes back too, and the history of the editor survives it', async () => {
      await dragThrough(page, LINE)
      const first = await tracks(page)
      const counted = await steps()
      await page.keyboard.press('d')
      await dragThrough(
        page,
        LINE.map(({ x, y }) => ({ x, y: y - 80 })),
      )
      await page.waitForTimeout(300)
      assert.equal(await steps(), counted + 1)
      await page.evaluate(() => app.extensionManager.workflow.activeWorkflow.changeTracker.undo())
      await shown()
      assert.deepEqual(await tracks(page), first)
      await page.evaluate(() => window.editor.surface.canvas.focus())
      await page.keyboard.press('Control+Shift+z')
      await page.waitForTimeout(300)
      assert.equal((await tracks(page)).length, 2)
    })

    test('Delete takes what is chosen in the drawing, never the node', async () => {
      await dragThrough(page, LINE)
      await page.evaluate(() => app.canvas.selectNode(window.node))
      await page.keyboard.press('Delete')
      await page.waitForTimeout(200)
      assert.deepEqual(await tracks(page), [])
      await page.keyboard.press('Delete')
      await page.keyboard.press('Backspace')
      await page.waitForTimeout(200)
      assert.equal(await page.evaluate(() => app.graph.nodes.length), 1)
      await page.keyboard.press('Control+c')
      await page.keyboard.press('Control+v')
      await page.waitForTimeout(300)
      assert.equal(await page.evaluate(() => app.graph.nodes.length), 1)
    })

    test('a saved workflow brings the drawing back, with its size', async () => {
      await page.evaluate(() => {
        for (const [name, value] of [
          ['width', 480],
          ['height', 720],
          ['frames', 17],
        ]) {
          const widget = window.node.widgets.find((one) => one.name === name)
          widget.value = value
          widget.callback?.(value)
        }
      })
      await page.waitForTimeout(700)
      await dragThrough(page, [
        { x: 100, y: 100 },
        { x: 200, y: 400 },
        { x: 300, y: 600 },
      ])
      const before = await page.evaluate(() => window.editor.model.value)
      assert.deepEqual([before.trajectory.width, before.trajectory.height, before.trajectory.frames], [480, 720, 17])
      const file = await page.evaluate(() => JSON.stringify(app.graph.serialize()))
      await page.evaluate((text) => app.loadGraphData(JSON.parse(text)), file)
      await shown()
      assert.deepEqual(await page.evaluate(() => window.editor.model.value), before)
      assert.deepEqual((await prompt()).trajectory, before.trajectory)
    })

    test('a clone has its own drawing', async () => {
      await dragThrough(page, LINE)
      const one = await tracks(page)
      await page.evaluate(() => {
        const clone = window.node.clone()
        clone.pos = [1100, 120]
        app.graph.add(clone)
        window.copied = clone.widgets.find((widget) => widget.name === 'drawing').editor
      })
      await page.waitForTimeout(500)
      assert.deepEqual(await page.evaluate(() => window.copied.model.value.trajectory.tracks), one)
      await page.keyboard.press('Delete')
      await page.waitForTimeout(200)
      assert.deepEqual(await tracks(page), [])
      assert.equal(await page.evaluate(() => window.copied.model.value.trajectory.tracks.length), 1)
    })

    test('points are hit where they are seen, with the graph zoomed out', async () => {
      await dragThrough(page, LINE)
      await page.evaluate(() => {
        Object.assign(app.canvas.ds, { scale: 0.6, offset: [300, 200] })
        app.canvas.setDirty(true, true)
      })
      await page.waitForTimeout(500)
      await page.keyboard.press('v')
      await dragThrough(page, [
        { x: 80, y: 240 },
        { x: 90, y: 200 },
        { x: 120, y: 150 },
      ])
      const [point] = (await tracks(page))[0].points
      assert.ok(Math.abs(point.x - 120) < 3 && Math.abs(point.y - 150) < 3, `${point.x}, ${point.y}`)
    })

    test('the wheel zooms the drawing while it has the focus, and the graph when it has not', async () => {
      const scale = () => page.evaluate(() => [window.editor.surface.view.scale, app.canvas.ds.scale])
      await clickAt(page, { x: 300, y: 200 })
      const before = await scale()
      await page.mouse.wheel(0, -100)
      await page.waitForTimeout(300)
      const focused = await scale()
      assert.ok(focused[0] > before[0] && focused[1] === before[1], `${before} ${focused}`)
      await page.evaluate(() => document.activeElement.blur())
      await page.mouse.wheel(0, -100)
      await page.waitForTimeout(300)
      const blurred = await scale()
      assert.ok(blurred[1] > focused[1] && blurred[0] === focused[0], `${focused} ${blurred}`)
    })

    test('dragging with the middle button pans the graph', async () => {
      const offset = () => page.evaluate(() => app.canvas.ds.offset.map(Math.round))
      const before = await offset()
      await dragThrough(
        page,
        [
          { x: 200, y: 200 },
          { x: 260, y: 250 },
        ],
        { button: 'middle' },
      )
      await page.waitForTimeout(300)
      assert.notDeepEqual(await offset(), before)
      assert.deepEqual(await tracks(page), [])
    })

    test('a wired Load Image shows at once', async () => {
      await page.evaluate(async () => {
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
        load.connect(
          0,
          window.node,
          window.node.inputs.findIndex((input) => input.name === 'background'),
        )
      })
      await page.waitForFunction(() => window.editor.model.hasPicture, null, { timeout: 5000 })
      await page.evaluate(() =>
        window.node.disconnectInput(window.node.inputs.findIndex((i) => i.name === 'background')),
      )
      await page.waitForFunction(() => !window.editor.model.hasPicture, null, { timeout: 5000 })
    })

    test('the large view draws into the same node, and its keys do not reach the graph', async () => {
      await page.evaluate(() => window.editor.surface.canvas.focus())
      await page.keyboard.press('l')
      await page.waitForTimeout(300)
      await dragThrough(page, LINE)
      await page.keyboard.press('Control+z')
      await page.waitForTimeout(300)
      assert.equal((await tracks(page)).length, 0)
      await page.keyboard.press('Control+Shift+z')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await page.waitForTimeout(300)
      assert.equal(await page.locator('dialog.tora-large').count(), 0)
      assert.equal((await tracks(page)).length, 1)
      const [a] = await screenPoints(page, [{ x: 0, y: 0 }])
      assert.ok(a.x > 400, 'the editor is back in its node')
    })

    test('a drawing from a later release stays as it is through loading and saving', async () => {
      const later = { version: 99, trajectory: { anything: [1, 2, 3] } }
      const saved = await page.evaluate(async (value) => {
        const file = JSON.parse(JSON.stringify(app.graph.serialize()))
        const at = window.node.widgets.findIndex((widget) => widget.name === 'drawing')
        file.nodes[0].widgets_values[at] = value
        await app.loadGraphData(file)
        await new Promise((done) => setTimeout(done, 800))
        return app.graph.serialize().nodes[0].widgets_values[at]
      }, later)
      assert.deepEqual(saved, later)
    })
  })
}
