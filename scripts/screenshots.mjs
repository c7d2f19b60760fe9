// Pictures of the example workflows in the real frontend: both renderers, dark and light.
//
//   npm install playwright-core        (anywhere; set NODE_PATH or run from that folder)
//   node scripts/screenshots.mjs --url http://127.0.0.1:8188 --out FOLDER [--chromium /usr/bin/chromium] [NAME ...]
//
// Each workflow is opened as a user opens it from the template list's address. Told for each: what the browser
// complained about, nodes that need more room than the file gives them, and whether saving it again keeps links and values.

import { createRequire } from 'node:module'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { chromium } = createRequire(join(process.cwd(), 'package.json'))('playwright-core')
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8188' },
    out: { type: 'string', default: 'output/screenshots' },
    pack: { type: 'string', default: 'ComfyUI-Tora' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})

const SETTINGS = {
  'Comfy.TutorialCompleted': true,
  'Comfy.RightSidePanel.IsOpen': false,
  'Comfy.Workflow.Persist': false,
  'Comfy.Minimap.Visible': false,
  'LiteGraph.Canvas.MinFontSizeForLOD': 0, // Or the classic renderer leaves texts out when zoomed out.
}
const THEMES = ['dark', 'light']

/** Runs in the page: open a workflow, wait until it stands still, and say what it came to. */
async function open(address) {
  const file = await (await fetch(address)).json()
  await app.loadGraphData(structuredClone(file), true, true, null)
  await new Promise((done) => setTimeout(done, 1500))
  const saved = (await app.graphToPrompt()).workflow
  const links = (workflow) =>
    workflow.links.map((link) => {
      const target = workflow.nodes.find((node) => node.id == link[3])
      return [link[1], link[2], link[3], target.inputs[link[4]].name, link[5]].join(' ')
    })
  const values = (workflow) =>
    Object.fromEntries(workflow.nodes.map((node) => [`${node.id} ${node.type}`, JSON.stringify(node.widgets_values)]))
  const changed = Object.entries(values(file))
    .filter(([node, text]) => values(saved)[node] !== text)
    .map(([node, text]) => `${node}: ${text} -> ${values(saved)[node]}`)
  const lost = links(file).filter((link) => !links(saved).includes(link))
  const tight = []
  for (const node of app.graph.nodes) {
    const given = file.nodes.find((other) => other.id == node.id).size
    const element = document.querySelector(`[data-node-id="${node.id}"]`)
    const box = element?.getBoundingClientRect()
    const scale = app.canvas.ds.scale
    const [width, height] = LiteGraph.vueNodesMode && box ? [box.width / scale, box.height / scale - 30] : node.computeSize()
    if (width > given[0] + 2 || height > given[1] + 2) {
      tight.push(`${node.type} has ${given}, needs ${Math.ceil(width)},${Math.ceil(height)}`)
    }
  }
  return { lost, changed, tight, unknown: file.nodes.map((node) => node.type).filter((type) => !LiteGraph.registered_node_types[type]) }
}

const browser = await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox', '--disable-gpu'] })
const page = await browser.newPage({ viewport: { width: 1920, height: 1000 } })
const complaints = []
page.on('pageerror', (error) => complaints.push(error.message.slice(0, 200)))
await mkdir(options.out, { recursive: true })
const listed = (await (await page.request.get(`${options.url}/api/workflow_templates`)).json())[options.pack]
let bad = 0
for (const vue of [false, true]) {
  for (const theme of THEMES) {
    const settings = { ...SETTINGS, 'Comfy.VueNodes.Enabled': vue, 'Comfy.ColorPalette': theme }
    await page.request.post(`${options.url}/api/settings`, { data: settings })
    await page.goto(options.url)
    await page.waitForFunction(() => window.app?.canvas?.graph && window.LiteGraph?.registered_node_types?.ToraApply, null, {
      timeout: 90000,
    })
    await page.waitForTimeout(2000)
    for (const name of names.length ? names : listed) {
      const told = await page.evaluate(open, `/api/workflow_templates/${options.pack}/${name}.json`)
      await page.keyboard.press('Escape')
      await page.evaluate(() => app.extensionManager.command.execute('Comfy.Canvas.FitView'))
      await page.waitForTimeout(1200)
      const file = join(options.out, `${name}_${vue ? 'nodes2' : 'classic'}_${theme}.png`)
      await page.screenshot({ path: file })
      const found = [...told.lost.map((x) => `lost link ${x}`), ...told.changed, ...told.tight, ...told.unknown, ...complaints]
      complaints.length = 0
      bad += found.length
      console.log(`${file}${found.map((line) => `\n  ${line}`).join('')}`)
    }
  }
}
await browser.close()
process.exit(bad ? 1 : 0)
