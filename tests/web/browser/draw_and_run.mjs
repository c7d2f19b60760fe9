// What a person does first: open the editor's example, draw another path by the mouse, press Run. TORA_COMFY_URL names
// the server. Writes JSON: what was drawn, and what the run put out, by node.

import { dragThrough, launch } from './browser.mjs'
import { comfyPage } from './comfy/page.mjs'

/** Up and over to the lower right, in a frame of 128x128. */
const WAY = Array.from({ length: 13 }, (_, i) => ({ x: 22 + 7 * i, y: 34 + 150 * (i / 12 - 0.4) ** 2 }))
const LONGEST_MS = 300_000

const browser = await launch()
try {
  const on = comfyPage(false)
  await on.open(browser)
  const { page } = on
  const example = await page.request.get(`${on.url}/api/workflow_templates/ComfyUI-Tora/tora_editor_demo.json`)
  await on.load(await example.json())
  await on.shown()
  await on.focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.press('d')
  await dragThrough(page, WAY)
  await page.evaluate(() => {
    window.outputs = {}
    window.ended = null
    app.api.addEventListener('executed', ({ detail }) => (window.outputs[detail.node] = detail.output))
    for (const end of ['execution_success', 'execution_error', 'execution_interrupted']) {
      app.api.addEventListener(end, ({ detail }) => (window.ended = { end, ...detail }))
    }
  })
  await page.getByTestId('queue-button').click()
  await page.waitForFunction(() => window.ended, null, { timeout: LONGEST_MS, polling: 500 })
  const told = await page.evaluate(() => ({
    ended: window.ended,
    outputs: window.outputs,
    drawn: window.editor.model.value,
  }))
  console.log(JSON.stringify({ ...told, way: WAY }))
  await on.close()
} finally {
  await browser.close()
}
