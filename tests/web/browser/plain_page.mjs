// The editor on its plain page, a fresh one for each test, and what tests do there with mouse and keyboard.

import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { clickAt, launch, serve, settled, tracks } from './browser.mjs'

/** Register the hooks of a test file; `always` are options for the browser. `at.page` is the running test's page. */
export function plainPage(always = {}) {
  const at = { page: null }
  const complaints = []
  let browser
  let server
  before(async () => {
    browser = await launch()
    server = await serve()
  })
  after(async () => {
    await browser?.close()
    server?.end()
    assert.deepEqual(complaints, [])
  })
  const open = async (options = '') => {
    await at.page.goto(`${server.url}/docs/editor.html${options}`)
    await at.page.waitForFunction(() => window.editor)
    await settled(at.page)
  }
  const fresh = async (options = '', context = {}) => {
    await at.page?.context().close()
    at.page = await browser.newPage({ viewport: { width: 1000, height: 760 }, ...always, ...context })
    at.page.on('pageerror', (error) => complaints.push(error.stack))
    at.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await open(options)
  }
  beforeEach(() => fresh())
  return Object.assign(at, {
    /** The page anew, with options in the address or for the browser. */
    fresh,
    /** The editor anew in the same page, with options in the address. */
    open,
    /** Put points with the pen, one click each; the track is chosen as a whole. */
    async place(...points) {
      const { page } = at
      await page.locator('.tora-surface').focus()
      await page.keyboard.press('p')
      for (const [x, y] of points) {
        await clickAt(page, { x, y })
        await page.waitForTimeout(360) // or two would be a double click
      }
      for (const key of ['Enter', 'v', 'Escape', 'PageUp']) await page.keyboard.press(key)
      await settled(page)
    },
    async press(...keys) {
      for (const key of keys) await at.page.keyboard.press(key)
      await settled(at.page)
    },
    goTo: (frame) => at.page.evaluate((frame) => window.editor.model.goTo(frame), frame),
    frame: () => at.page.evaluate(() => window.editor.model.frame),
    undos: () =>
      at.page.evaluate(() => {
        let count = 0
        for (let link = window.editor.model.session.history.past; link; link = link.next) count++
        return count
      }),
    tracks: () => tracks(at.page),
    state: () => at.page.evaluate(() => window.editor.model.value),
    /** Where an element lies in the window, its middle. */
    async middle(locator) {
      const box = await locator.boundingBox()
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    },
    async drag(from, to, { steps = 4 } = {}) {
      const { mouse } = at.page
      await mouse.move(from.x, from.y)
      await mouse.down()
      await mouse.move(to.x, to.y, { steps })
      await mouse.up()
      await settled(at.page)
    },
    focused: () => at.page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
  })
}

/** Close to numbers worked out by hand: a pixel of the screen is more than one of the canvas. */
export function near(actual, expected, within = 1.5) {
  assert.equal(actual.length, expected.length)
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= within, `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
  })
}
