// What the trajectory editor costs with 100 tracks of 50 points: script for each animation frame while one point is
// dragged (pointer listeners and frame callbacks together), and what runs while nobody touches it.
//
//   nice -n -15 node scripts/bench_editor.mjs                              on the plain page, docs/editor.html
//   nice -n -15 node scripts/bench_editor.mjs --comfy http://127.0.0.1:N   in ComfyUI (python tests/host/server.py --port N)
//
// Wants playwright-core and a Chromium, as tests/browser_tools.py says. Figures are in web/README.md.

import { parseArgs } from 'node:util'
import { launch, screenPoints, serve, settled } from '../tests/web/browser/browser.mjs'
import { comfyPage } from '../tests/web/browser/comfy/page.mjs'

const TRACKS = 100
const POINTS = 50
const MOVES = 240
const IDLE_MS = 3000

const { comfy: url } = parseArgs({ options: { comfy: { type: 'string' } } }).values

/** Runs in the page before all else: takes the time of listeners of the pointer, of frames and of timers. */
function watch() {
  const watched = { frames: [], timers: [], now: 0, asked: 0, reset }
  function reset() {
    watched.frames.length = watched.timers.length = watched.now = watched.asked = 0
  }
  const timed = (run, then) =>
    function (...args) {
      const from = performance.now()
      try {
        return run.apply(this, args)
      } finally {
        then(performance.now() - from)
      }
    }
  const ofFrame = (ms) => (watched.now += ms)
  const listen = EventTarget.prototype.addEventListener
  EventTarget.prototype.addEventListener = function (name, run, ...rest) {
    const isOurs =
      /^pointer/.test(name) && typeof run === 'function' && this instanceof Element && this.closest('[class^=tora-]')
    return listen.call(this, name, isOurs ? timed(run, ofFrame) : run, ...rest)
  }
  const ask = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (run) => {
    // Of a page with other scripts only the editor's own frames count.
    if (!/\/(ui|host)\//.test(new Error().stack.split('\n')[2] ?? '')) return ask(run)
    watched.asked++
    return ask((now) => {
      timed(run, ofFrame)(now)
      watched.frames.push(watched.now)
      watched.now = 0
    })
  }
  for (const name of ['setTimeout', 'setInterval']) {
    const set = window[name].bind(window)
    window[name] = (run, ...rest) => {
      if (typeof run !== 'function' || !/\/(ui|host)\//.test(new Error().stack.split('\n')[2] ?? ''))
        return set(run, ...rest)
      return set(
        timed(run, (ms) => watched.timers.push(ms)),
        ...rest,
      )
    }
  }
  window.watched = watched
}

const share = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? 0
const ms = (value) => `${value.toFixed(2)} ms`

const browser = await launch()
const server = url ? null : await serve()
process.env.TORA_COMFY_URL = url ?? ''
for (const vue of url ? [false, true] : [null]) {
  const on = vue === null ? null : comfyPage(vue)
  let page
  if (on) {
    await on.open({
      newPage: async (options) => ((page = await browser.newPage(options)), await page.addInitScript(watch), page),
    })
    await on.fresh()
  } else {
    page = await browser.newPage({ viewport: { width: 1000, height: 720 } })
    await page.addInitScript(watch)
    await page.goto(`${server.url}/docs/editor.html`)
    await page.waitForFunction(() => window.editor)
  }
  const where = vue === null ? 'plain page' : vue ? 'Nodes 2.0' : 'classic renderer'
  await page.evaluate(
    ([tracks, points]) => {
      const track = (i) => ({
        points: Array.from({ length: points }, (_, k) => ({
          x: 20 + k * 13.5 + 5 * Math.sin(i + k),
          y: 10 + i * 4.6 + 20 * Math.sin(k / 4 + i),
        })),
      })
      const all = Array.from({ length: tracks }, (_, i) => track(i))
      const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: all }
      window.editor.model.load({ version: 1, trajectory })
    },
    [TRACKS, POINTS],
  )
  for (const opened of [false, true]) {
    await page.evaluate((opened) => window.editor.model.become({ opened, tool: 'select' }), opened)
    await page.waitForTimeout(1000)
    await settled(page)
    const point = await page.evaluate(() => window.editor.model.document.tracks[50].points[25])
    const [now] = await screenPoints(page, [point])
    await page.mouse.move(now.x, now.y)
    await page.mouse.down()
    await settled(page)
    await page.evaluate(() => window.watched.reset())
    for (let i = 0; i < MOVES; i++) await page.mouse.move(now.x + i / 4, now.y + 20 * Math.sin(i / 9))
    const frames = await page.evaluate(() => [...window.watched.frames])
    await page.mouse.up()
    const name = `${where}, panel ${opened ? 'open' : 'closed'}`
    const figures = `median ${ms(share(frames, 0.5))}, 95 % ${ms(share(frames, 0.95))}, most ${ms(Math.max(...frames))}`
    console.log(`${name}: ${frames.length} frames, ${figures}`)
  }
  await page.waitForTimeout(2000) // the motion picture and the host's own note of the step are done
  await page.evaluate(() => window.watched.reset())
  await page.waitForTimeout(IDLE_MS)
  const { asked, timers } = await page.evaluate(() => ({
    asked: window.watched.asked,
    timers: [...window.watched.timers],
  }))
  const spent = timers.reduce((sum, one) => sum + one, 0)
  console.log(
    `${where}, idle for ${IDLE_MS / 1000} s: ${asked} frames asked for, ${timers.length} timers, ${ms(spent)} in all`,
  )
  await page.close()
}
await browser.close()
server?.end()
