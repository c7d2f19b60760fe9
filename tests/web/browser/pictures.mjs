// The editor's pictures for docs/images, from a real ComfyUI page: both renderers, dark and light, node and large view.
//
//   python tests/host/server.py --port N      with a picture in its input folder
//   TORA_COMFY_URL=http://127.0.0.1:N node tests/web/browser/pictures.mjs FOLDER NAME_OF_THE_PICTURE

import { join } from 'node:path'
import { dragThrough, launch, settled } from './browser.mjs'

const [folder, picture] = process.argv.slice(2)
const url = process.env.TORA_COMFY_URL
const SETTINGS = {
  'Comfy.TutorialCompleted': true,
  'Comfy.RightSidePanel.IsOpen': false,
  'Comfy.Workflow.Persist': false,
  'Comfy.Minimap.Visible': false,
}
const BALL = Array.from({ length: 40 }, (_, i) => ({ x: 140 + 10 * i, y: 350 - 190 * Math.abs(Math.sin(i / 6.4)) }))

const browser = await launch()
for (const vue of [false, true]) {
  for (const theme of ['dark', 'light']) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 960 } })
    page.on('pageerror', (error) => console.log(error.stack))
    const data = { ...SETTINGS, 'Comfy.VueNodes.Enabled': vue, 'Comfy.ColorPalette': theme }
    await page.request.post(`${url}/api/settings`, { data })
    await page.goto(url)
    const ready = () => window.app?.canvas?.graph && LiteGraph.registered_node_types?.ToraTrajectoryEditor
    await page.waitForFunction(ready, null, { timeout: 90000 })
    await page.waitForTimeout(2500)
    await page.keyboard.press('Escape')
    await page.evaluate((picture) => {
      app.graph.clear()
      const node = LiteGraph.createNode('ToraTrajectoryEditor')
      node.pos = [410, 110]
      node.setSize([940, 800])
      app.graph.add(node)
      const load = LiteGraph.createNode('LoadImage')
      load.pos = [90, 130]
      app.graph.add(load)
      load.widgets.find((widget) => widget.name === 'image').value = picture
      load.connect(
        0,
        node,
        node.inputs.findIndex((input) => input.name === 'background'),
      )
      Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] })
      app.canvas.setDirty(true, true)
      window.node = node
      window.editor = node.widgets.find((widget) => widget.name === 'drawing').editor
    }, picture)
    await page.waitForTimeout(1500)
    await dragThrough(page, BALL)
    await page.keyboard.press('s')
    await page.evaluate(() => window.editor.model.become({ preset: 'line' }))
    await dragThrough(page, [
      { x: 430, y: 372 },
      { x: 350, y: 380 },
      { x: 240, y: 374 },
    ])
    await page.evaluate(() => window.editor.model.become({ preset: 'arc' }))
    await dragThrough(page, [
      { x: 575, y: 82 },
      { x: 640, y: 100 },
      { x: 690, y: 130 },
    ])
    await page.keyboard.press('v')
    await page.keyboard.press('PageUp')
    await page.keyboard.press('PageUp')
    await page.keyboard.press('t')
    await page.keyboard.press('m')
    await page.evaluate(() => window.editor.model.goTo(20))
    await page.waitForTimeout(1200)
    await settled(page)
    const name = `${vue ? 'nodes2' : 'classic'}_${theme}`
    await page.screenshot({ path: join(folder, `editor_${name}.png`) })
    await page.keyboard.press('l')
    await page.waitForTimeout(900)
    await page.screenshot({ path: join(folder, `editor_large_${name}.png`) })
    await page.keyboard.press('?')
    await settled(page)
    await page.screenshot({ path: join(folder, `help_${name}.png`) })
    await page.keyboard.press('Escape')
    await page.keyboard.press('l')
    await page.waitForTimeout(200)
    await page.evaluate(() => {
      window.node.setSize([430, 640])
      window.node.setDirtyCanvas(true, true)
    })
    await page.keyboard.press('t')
    await page.waitForTimeout(900)
    await page.screenshot({ path: join(folder, `small_${name}.png`) })
    await page.getByTitle('Display and snapping').click()
    await page.waitForTimeout(300)
    await page.screenshot({ path: join(folder, `display_${name}.png`) })
    await page.close()
  }
}
await browser.close()
