// What dragging one point costs with 100 tracks of 50 points: script per animation frame. Run by hand; no test, as it
// measures the machine as well.
//
//   node tests/web/browser/bench.mjs

import { launch, screenPoints, serve, settled } from './browser.mjs'

const browser = await launch()
const server = await serve()
const page = await browser.newPage({ viewport: { width: 1000, height: 720 } })
await page.goto(`${server.url}/docs/editor.html`)
await page.waitForFunction(() => window.editor)
await page.evaluate(() => {
  const track = (i) => ({
    points: Array.from({ length: 50 }, (_, k) => ({
      x: 20 + k * 13.5 + 5 * Math.sin(i + k),
      y: 10 + i * 4.6 + 20 * Math.sin(k / 4 + i),
    })),
  })
  const tracks = Array.from({ length: 100 }, (_, i) => track(i))
  const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks }
  window.editor.model.load({ version: 1, trajectory })
  window.spent = []
  const ask = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (run) =>
    ask((now) => {
      const from = performance.now()
      run(now)
      window.spent.push(performance.now() - from)
    })
})
await settled(page)
const point = await page.evaluate(() => window.editor.model.document.tracks[50].points[25])
const [{ x, y }] = await screenPoints(page, [point])
for (const opened of [false, true]) {
  await page.evaluate((opened) => window.editor.model.become({ opened, tool: 'select' }), opened)
  await settled(page)
  const [now] = await screenPoints(page, [
    await page.evaluate(() => window.editor.model.document.tracks[50].points[25]),
  ])
  await page.mouse.move(now.x, now.y)
  await page.mouse.down()
  await page.evaluate(() => (window.spent.length = 0))
  for (let i = 0; i < 120; i++) await page.mouse.move(now.x + i / 2, now.y + 20 * Math.sin(i / 9))
  const spent = (await page.evaluate(() => window.spent)).sort((a, b) => a - b)
  await page.mouse.up()
  const at = (share) => spent[Math.floor(share * (spent.length - 1))].toFixed(2)
  console.log(
    `panel ${opened ? 'open' : 'closed'}: ${spent.length} frames, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms`,
  )
}
const released = await page.evaluate(() => {
  window.spent.length = 0
  return new Promise((done) => setTimeout(() => done(window.spent), 600))
})
console.log(`idle for 0.6 s: ${released.length} frames drawn`, x > 0 && y > 0 ? '' : '')
await browser.close()
server.end()
