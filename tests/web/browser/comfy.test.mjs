// The editor in a real ComfyUI page, in the classic renderer and in Nodes 2.0. TORA_COMFY_URL names the server
// (python tests/host/server.py --port N); test_browser.py starts one for each frontend.

import { after, before, beforeEach, describe } from 'node:test'
import { launch } from './browser.mjs'
import { drawing } from './comfy/drawing.mjs'
import { files } from './comfy/files.mjs'
import { inGraph } from './comfy/graph.mjs'
import { keeping } from './comfy/keeping.mjs'
import { comfyPage } from './comfy/page.mjs'
import { values } from './comfy/values.mjs'

const skip = process.env.TORA_COMFY_URL ? false : 'TORA_COMFY_URL is not set'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

for (const vue of [false, true]) {
  describe(vue ? 'Nodes 2.0' : 'classic renderer', { skip }, () => {
    const on = comfyPage(vue)
    before(() => on.open(browser))
    beforeEach(() => on.fresh())
    after(() => on.close())
    drawing(on)
    inGraph(on)
    keeping(on)
    if (!vue) values(on) // the same for both
    files(on)
  })
}
