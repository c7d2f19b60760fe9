// What is drawn outlives what the host does with the page: saving, reloading, undo, other workflows, other releases.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dragThrough, settled, tracks } from '../browser.mjs'
import { HIGHER, LINE } from './page.mjs'

/** @param {import('./page.mjs').Comfy} on */
export function keeping(on) {
  const canUndo = () => on.page.evaluate(() => window.editor.model.canUndo)
  const canRedo = () => on.page.evaluate(() => window.editor.model.canRedo)

  test('a saved workflow brings the drawing back, with its size', async () => {
    await on.setFields({ width: 480, height: 720, frames: 17 })
    await on.draw([
      { x: 100, y: 100 },
      { x: 200, y: 400 },
      { x: 300, y: 600 },
    ])
    const before = await on.value()
    assert.deepEqual([before.trajectory.width, before.trajectory.height, before.trajectory.frames], [480, 720, 17])
    await on.load(await on.save())
    await on.shown()
    assert.deepEqual(await on.value(), before)
    assert.deepEqual((await on.prompt()).trajectory, before.trajectory)
  })

  test('an undo of the host goes back too, and the history of the editor survives it', async () => {
    await on.draw(LINE)
    const first = await tracks(on.page)
    await on.wait(300)
    await on.draw(HIGHER)
    await on.wait(300)
    await on.hostUndo()
    assert.deepEqual(await tracks(on.page), first)
    await on.focus()
    await on.page.keyboard.press('Control+Shift+z')
    await on.wait(200)
    assert.equal(await on.count(), 2)
    await on.hostUndo()
    await on.hostRedo()
    assert.equal(await on.count(), 2)
    await on.focus()
    await on.page.keyboard.press('Control+z')
    await on.wait(200)
    assert.deepEqual(await tracks(on.page), first)
  })

  test('an undo of the host after a change of size brings size and drawing back together', async () => {
    await on.draw(LINE)
    const before = await on.value()
    await on.wait(300)
    await on.setFields({ width: 1440 })
    const wide = await on.value()
    assert.ok(Math.abs(wide.trajectory.tracks[0].points[0].x - 2 * before.trajectory.tracks[0].points[0].x) < 0.01)
    await on.wait(300)
    await on.hostUndo()
    assert.deepEqual((await on.value()).trajectory, before.trajectory)
    assert.deepEqual((await on.prompt()).trajectory, before.trajectory)
    await on.hostRedo()
    assert.deepEqual((await on.value()).trajectory, wide.trajectory)
    await on.focus()
    await on.page.keyboard.press('Control+z') // the stroke, in the size that the node has now
    await on.wait(200)
    const { width, tracks: left } = (await on.value()).trajectory
    assert.deepEqual([width, left], [1440, []])
  })

  test('after a reload of the page the drawing is there again', async () => {
    await on.draw(LINE)
    const before = await tracks(on.page)
    await on.page.waitForFunction(
      (x) => [localStorage, sessionStorage].some((kept) => Object.values({ ...kept }).some((text) => text.includes(x))),
      String(before[0].points[1].x),
      { timeout: 10000 },
    )
    await on.page.reload()
    await on.started()
    await on.shown()
    assert.deepEqual(await tracks(on.page), before)
    await on.page.evaluate(() => Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] }))
    await on.shown()
    await dragThrough(on.page, [LINE[0], { x: 100, y: 200 }, { x: 120, y: 160 }])
    const [moved] = (await tracks(on.page))[0].points
    assert.ok(Math.hypot(moved.x - 120, moved.y - 160) < 3, 'what is loaded can be edited')
  })

  test('two workflows whose nodes have one id have each its drawing and its history', async () => {
    const go = async (/** @type {string} */ command) => {
      await on.page.evaluate((command) => app.extensionManager.command.execute(command), command)
      await on.wait(400)
    }
    const id = () => on.page.evaluate(() => String(window.node.id))
    const path = () => on.page.evaluate(() => app.extensionManager.workflow.activeWorkflow.path)
    const [idHere, here] = [await id(), await path()]
    await loadValue(null) // the graph has an id from here on, as each loaded workflow has
    await on.draw(LINE)
    await on.page.keyboard.press('Control+z') // empty again, with one step to redo
    await on.wait(300)
    await go('Comfy.NewBlankWorkflow')
    await on.add()
    assert.equal(await id(), idHere)
    assert.deepEqual([await canUndo(), await canRedo()], [false, false])
    await on.draw(HIGHER)
    await on.wait(300)
    const there = await tracks(on.page)
    try {
      await go('Workspace.PreviousOpenedWorkflow')
      await on.shown()
      assert.equal(await path(), here)
      assert.deepEqual(await tracks(on.page), [])
      assert.deepEqual([await canUndo(), await canRedo()], [false, true])
      await on.focus()
      await on.page.keyboard.press('Control+Shift+z')
      await settled(on.page)
      const back = await tracks(on.page)
      assert.ok(back.length === 1 && Math.abs(back[0].points[0].y - LINE[0].y) < 2, 'the stroke of this workflow')
      await on.wait(300)
      await go('Workspace.NextOpenedWorkflow')
      await on.shown()
      assert.deepEqual(await tracks(on.page), there)
      await on.focus()
      await on.page.keyboard.press('Control+z')
      await settled(on.page)
      assert.equal(await on.count(), 0)
    } finally {
      await on.page.evaluate(async (here) => {
        const { workflow } = app.extensionManager
        const other = workflow.openWorkflows.find((one) => one.path !== here)
        if (workflow.activeWorkflow.path !== here) {
          await app.extensionManager.command.execute('Workspace.PreviousOpenedWorkflow')
        }
        if (other) await workflow.closeWorkflow(other)
      }, here)
      await on.wait(500)
    }
  })

  const UNREADABLE = {
    'a later release': { version: 99, trajectory: { anything: [1, 2, 3] } },
    'a list': [[{ x: 1, y: 2 }], 'text'],
    'a text that is no JSON': 'not a drawing {',
    'a number': 17,
  }
  for (const [name, value] of Object.entries(UNREADABLE)) {
    test(`${name} in place of a drawing stays as it is through loading and saving, and the first stroke keeps it`, async () => {
      const saved = await loadValue(value)
      assert.deepEqual(saved, value)
      assert.ok(await on.page.locator('.tora-problems').isVisible())
      await on.draw(LINE)
      const { trajectory, editor } = await on.value()
      assert.equal(trajectory.tracks.length, 1)
      assert.deepEqual(editor.kept[0].value, value)
    })
  }

  for (const [name, value] of Object.entries({ null: null, 'an empty text': '' })) {
    test(`${name} in place of a drawing is an empty drawing`, async () => {
      await loadValue(value)
      assert.ok(!(await on.page.locator('.tora-problems').isVisible()))
      await on.draw(LINE)
      assert.equal((await on.prompt()).trajectory.tracks.length, 1)
    })
  }

  test('Trajectory JSON as a text is read, as other programs may write it', async () => {
    const track = { points: [{ x: 10, y: 20 }, { x: 300, y: 200 }] }
    const text = JSON.stringify({ version: 1, width: 720, height: 480, frames: 49, tracks: [track] })
    await loadValue(text)
    const [read] = await tracks(on.page)
    assert.deepEqual(read.points, track.points)
    assert.deepEqual((await on.prompt()).trajectory.tracks[0].points, track.points)
  })

  test('of a drawing with one broken track the others are used, and the broken one is kept in the file', async () => {
    const good = { points: [{ x: 10, y: 20 }, { x: 300, y: 200 }] }
    const bad = { points: 'none' }
    const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: [bad, good] }
    await loadValue({ version: 1, trajectory })
    assert.ok(await on.page.locator('.tora-problems').isVisible())
    assert.deepEqual((await tracks(on.page)).map((track) => track.points), [good.points])
    const { editor } = await on.value()
    assert.deepEqual(editor.kept.map((one) => one.value), [bad])
  })

  /** Loads the workflow with another value in the widget, and says what saving makes of it. */
  async function loadValue(/** @type {unknown} */ value) {
    const at = await on.page.evaluate(() => window.node.widgets.findIndex((widget) => widget.name === 'drawing'))
    const file = await on.save()
    file.nodes[0].widgets_values[at] = value
    delete file.nodes[0].widgets_values_named
    await on.load(file)
    await on.shown()
    await on.wait(600) // a look at the size fields, which must not count as an edit
    return (await on.save()).nodes[0].widgets_values[at] ?? null
  }
}
