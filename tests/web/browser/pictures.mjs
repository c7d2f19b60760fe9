// The editor's pictures for docs/images, from a real ComfyUI page: both renderers, dark and light, node and large view.
//
//   python tests/host/server.py --port N
//   TORA_COMFY_URL=http://127.0.0.1:N node tests/web/browser/pictures.mjs FOLDER [--all]
//
// --all: what else there is to look at as well: a new node, a narrow one, help, files, background.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dragThrough, launch, settled } from './browser.mjs'
import { comfyPage } from './comfy/page.mjs'

const { values: options, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true })
const [folder] = positionals
const BALL = Array.from({ length: 40 }, (_, i) => ({ x: 140 + 10 * i, y: 350 - 190 * Math.abs(Math.sin(i / 6.4)) }))

/** Runs in the page: a scene to draw motion on, as a file of the input folder. */
async function upload() {
  const canvas = new OffscreenCanvas(960, 640)
  const g = canvas.getContext('2d')
  const wash = (from, to, ...colors) => {
    const made = g.createLinearGradient(0, from, 0, to)
    colors.forEach((color, i) => made.addColorStop(i / (colors.length - 1), color))
    return made
  }
  const fill = (style, draw) => {
    g.fillStyle = style
    g.beginPath()
    draw()
    g.fill()
  }
  fill(wash(0, 390, '#6f9fd8', '#bcd6e6'), () => g.rect(0, 0, 960, 640))
  fill('#fff0b8', () => g.arc(800, 112, 50, 0, 7))
  for (const [color, x, y, half] of [
    ['#77849f', 180, 210, 190],
    ['#6a7590', 440, 160, 250],
    ['#5c667f', 770, 250, 220],
  ]) {
    fill(color, () => {
      g.moveTo(x - half, 400)
      g.lineTo(x, y)
      g.lineTo(x + half, 400)
    })
  }
  fill(wash(390, 640, '#4d8a48', '#39632f'), () => g.rect(0, 390, 960, 250))
  fill('#cc3a35', () => g.arc(190, 468, 40, 0, 7))
  fill('#3558b0', () => g.roundRect(520, 470, 124, 48, 10))
  for (const x of [550, 614]) fill('#202328', () => g.arc(x, 518, 14, 0, 7))
  const body = new FormData()
  body.append('image', await canvas.convertToBlob({ type: 'image/png' }), 'scene.png')
  body.append('overwrite', 'true')
  await fetch('/upload/image', { method: 'POST', body })
}

const browser = await launch()
for (const vue of [false, true]) {
  for (const theme of ['dark', 'light']) {
    const on = comfyPage(vue)
    await on.open(browser, { 'Comfy.ColorPalette': theme, 'Comfy.Workflow.Persist': false })
    const { page } = on
    await page.setViewportSize({ width: 1440, height: 960 })
    const name = `${vue ? 'nodes2' : 'classic'}_${theme}`
    const take = async (what) => {
      await page.waitForTimeout(900)
      await page.screenshot({ path: join(folder, `${what}_${name}.png`) })
    }
    await page.keyboard.press('Escape')
    await page.evaluate(upload)
    await page.evaluate(() => {
      app.graph.clear()
      const node = LiteGraph.createNode('ToraTrajectoryEditor')
      node.pos = [440, 140]
      node.setSize([900, 750])
      app.graph.add(node)
      Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] })
      app.canvas.setDirty(true, true)
    })
    await on.shown()
    if (options.all) await take('new')
    await page.evaluate(() => {
      const load = LiteGraph.createNode('LoadImage')
      load.pos = [80, 140]
      app.graph.add(load)
      const file = load.widgets.find((widget) => widget.name === 'image')
      file.options.values?.push?.('scene.png') // or the host misses it
      file.value = 'scene.png'
      load.connect(
        0,
        window.node,
        window.node.inputs.findIndex((input) => input.name === 'background'),
      )
    })
    await page.waitForFunction(() => window.editor.model.hasPicture)
    await on.draw(BALL)
    await page.keyboard.press('s')
    await page.evaluate(() => window.editor.model.become({ preset: 'line' }))
    await dragThrough(page, [
      { x: 430, y: 372 },
      { x: 350, y: 380 },
      { x: 240, y: 374 },
    ])
    await page.evaluate(() => window.editor.model.become({ preset: 'arc' }))
    await dragThrough(page, [
      { x: 600, y: 84 },
      { x: 640, y: 100 },
      { x: 690, y: 130 },
    ])
    await page.keyboard.press('v')
    await page.keyboard.press('PageUp')
    await page.keyboard.press('PageUp')
    await page.keyboard.press('t')
    await page.keyboard.press('m')
    await page.evaluate(() => window.editor.model.goTo(20))
    await page.mouse.move(300, 700)
    await page.evaluate(() => app.canvas.deselectAll())
    await take('editor')
    await page.keyboard.press('l')
    await take('editor_large')
    if (options.all) await others(on, take)
    await on.close()
  }
}
await browser.close()

async function others(on, take) {
  const { page } = on
  for (const [what, key] of [
    ['large_help', 'Shift+Slash'],
    ['large_files', 'o'],
  ]) {
    await page.keyboard.press(key)
    await take(what)
    await page.keyboard.press('Escape')
    await on.focus()
  }
  await page.evaluate(() => window.editor.large.toggle(false))
  await page.evaluate(() => {
    window.node.setSize([430, 640])
    window.node.setDirtyCanvas(true, true)
  })
  await on.shown()
  await take('narrow_panel')
  await on.focus()
  await page.keyboard.press('t')
  await take('narrow')
  await page.getByTitle('Background and snapping').click()
  await take('narrow_background')
  await page.getByTitle('Background and snapping').click()
  await on.focus()
  await page.keyboard.press('Shift+Slash')
  await take('narrow_help')
  await page.keyboard.press('Escape')
  await settled(page)
}
