// A real browser for the tests: playwright-core and a Chromium that are on this machine, and a server of the checkout.
//
// TORA_PLAYWRIGHT names the folder that has node_modules/playwright-core (default ~/browser), TORA_CHROMIUM the program.

import { createReadStream, existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { homedir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const KINDS = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
}

export async function launch() {
  const folder = process.env.TORA_PLAYWRIGHT ?? join(homedir(), 'browser')
  const { chromium } = createRequire(join(folder, 'package.json'))('playwright-core')
  const executablePath = process.env.TORA_CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

/** The checkout over HTTP, as modules and workers need it. */
export async function serve() {
  const server = createServer((request, answer) => {
    const path = join(ROOT, normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)))
    if (!path.startsWith(ROOT) || !existsSync(path) || !statSync(path).isFile()) return answer.writeHead(404).end()
    answer.writeHead(200, { 'Content-Type': KINDS[extname(path)] ?? 'application/octet-stream' })
    createReadStream(path).pipe(answer)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}`, end: () => server.close() }
}

/** Two animation frames later: what was done is drawn. */
export const settled = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))

/** Drag through image points of the editor `window.editor`, by the view it has; steps: moves from one to the next. */
export async function dragThrough(page, points, { button = 'left', steps = 3 } = {}) {
  const places = await screenPoints(page, points)
  await page.mouse.move(places[0].x, places[0].y)
  await page.mouse.down({ button })
  for (const { x, y } of places.slice(1)) await page.mouse.move(x, y, { steps })
  await page.mouse.up({ button })
  await settled(page)
}

export async function clickAt(page, point, options = {}) {
  const [{ x, y }] = await screenPoints(page, [point])
  await page.mouse.click(x, y, options)
  await settled(page)
}

/** Image points as places in the window, worked out from the document's size alone: what a person sees. */
export async function screenPoints(page, points) {
  return page.evaluate((points) => {
    const { surface } = window.editor
    const box = surface.canvas.getBoundingClientRect()
    const zoom = box.width / surface.canvas.clientWidth
    const { scale, x, y } = surface.view
    return points.map((p) => ({ x: box.left + (p.x * scale + x) * zoom, y: box.top + (p.y * scale + y) * zoom }))
  }, points)
}

export const tracks = (page) => page.evaluate(() => window.editor.model.value.trajectory.tracks)
