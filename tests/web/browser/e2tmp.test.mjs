import { after, before, beforeEach, describe } from 'node:test'
import { launch } from './browser.mjs'
import { files } from './comfy/files.mjs'
import { comfyPage } from './comfy/page.mjs'
let browser
before(async () => { browser = await launch() })
after(() => browser?.close())
for (const vue of [false, true]) {
  describe(vue ? 'Nodes 2.0' : 'classic renderer', () => {
    const on = comfyPage(vue)
    before(() => on.open(browser))
    beforeEach(() => on.fresh())
    after(() => on.close())
    files(on)
  })
}
