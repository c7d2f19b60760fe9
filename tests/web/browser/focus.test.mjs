// Where the focus goes when an edit takes away, hides or switches off what has it. It must stay in the editor, or the
// next key does nothing, and in ComfyUI deletes the node.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './browser.mjs'
import { plainPage } from './plain_page.mjs'

const at = plainPage()

const points = (...places) => places.map(([x, y]) => ({ x, y }))
const LOW = { name: 'low', points: points([100, 300], [300, 350], [500, 400]) }
const MIDDLE = { name: 'middle', points: points([100, 200], [500, 200]) }
const HIGH = { name: 'high', points: points([100, 100], [500, 150]) }

async function opened(...tracks) {
  await at.page.evaluate((trajectory) => {
    window.editor.model.load({ version: 1, trajectory })
    window.editor.surface.canvas.focus()
  }, { version: 1, width: 720, height: 480, frames: 49, fps: 8, tracks }) // prettier-ignore
  await at.press('t')
}

/** Presses Enter on a control, and says what has the focus when all is drawn again. */
async function entered(control) {
  await control.focus()
  await at.press('Enter')
  await settled(at.page)
  return at.focused()
}

const DRAWING = 'Drawing area'
const button = (name) => at.page.getByRole('button', { name })
const row = (name) => at.page.getByRole('row', { name })

test('of removed tracks the focus goes to the next row, to the one before, and at last to the drawing', async () => {
  await opened(LOW, MIDDLE, HIGH)
  await row('middle').focus()
  await at.press('Enter', 'Delete')
  await settled(at.page)
  assert.equal(await at.focused(), 'low')
  await at.press('Enter', 'Delete')
  await settled(at.page)
  assert.equal(await at.focused(), 'high')
  await at.press('Enter', 'Delete')
  await settled(at.page)
  assert.match(await at.focused(), new RegExp(DRAWING))
  await at.press('Control+z', 'Control+z', 'Control+z')
  assert.equal((await at.tracks()).length, 3)
})

test('a pin that is freed by its button leaves the focus beside it', async () => {
  await opened(LOW)
  await at.press('PageUp', ']', 'Shift+K')
  assert.match(await entered(button('Free the point')), /^Pin/)
  assert.equal((await at.tracks())[0].points[0].t, undefined)
})

test('undo to the last step by its button goes on to redo, and back', async () => {
  await opened(LOW)
  await at.press('PageUp', 'ArrowRight')
  assert.match(await entered(button(/^Undo/)), /^Redo/)
  assert.match(await entered(button(/^Redo/)), /^Undo/)
})

test('the bin of the panel leaves the focus in the editor, and so does a released camera', async () => {
  await opened(LOW)
  await at.press('PageUp')
  const bin = at.page.locator('.tora-edits').getByRole('button', { name: /^Delete/ })
  assert.match(await entered(bin), new RegExp(DRAWING))
  await at.press('c')
  assert.notEqual(await at.page.evaluate(() => window.editor.model.document.camera), null)
  assert.notEqual(await entered(button('Make ordinary tracks of it')), null)
  assert.equal(await at.page.evaluate(() => window.editor.model.document.camera), null)
})

test('what is opened over the drawing gives the focus to the drawing when its button closes it', async () => {
  await opened(LOW)
  await at.press('Shift+Slash')
  assert.match(await entered(at.page.locator('.tora-help').getByRole('button', { name: 'Close' })), new RegExp(DRAWING))
  await at.page.evaluate(() => window.editor.model.become({ notes: ['The drawing is scaled.'] }))
  await at.page.locator('.tora-told').click()
  const notes = at.page.getByRole('group', { name: 'About the last run' })
  assert.match(await entered(notes.getByRole('button').last()), new RegExp(DRAWING))
})

test('what could not be read and is discarded leaves the focus in the editor', async () => {
  await opened({ points: 'none' }, LOW)
  assert.notEqual(await entered(at.page.locator('.tora-problems').getByRole('button')), null)
  assert.deepEqual(await at.page.evaluate(() => window.editor.model.document.kept), [])
})

test('who leaves the editor is not called back by it', async () => {
  await opened(LOW, HIGH)
  await row('high').focus()
  await at.page.evaluate(() => document.activeElement.blur())
  await settled(at.page)
  await at.page.evaluate(() => {
    const { model } = window.editor
    model.load({ version: 1, trajectory: { version: 1, width: 720, height: 480, frames: 49, fps: 8, tracks: [] } })
  })
  await settled(at.page)
  assert.equal(await at.page.evaluate(() => document.activeElement === document.body), true)
})
