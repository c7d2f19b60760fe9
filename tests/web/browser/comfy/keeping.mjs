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

  test('a prompt in API form, as pictures and videos carry it, brings the drawing back', async () => {
    await on.setFields({ width: 480, frames: 17 })
    await on.draw(LINE.map(({ x, y }) => ({ x: x / 2, y })))
    const { trajectory } = await on.value()
    await on.page.evaluate(async () => {
      const { output } = await app.graphToPrompt()
      app.graph.clear()
      await app.loadApiJson(output, 'drawn.json')
    })
    await on.shown()
    assert.deepEqual((await on.value()).trajectory, trajectory)
    assert.deepEqual((await on.prompt()).trajectory, trajectory)
  })

  test('an undo of the host goes back too, and the history of the editor survives it', async () => {
    await on.draw(LINE)
    const first = await tracks(on.page)
    await on.noted()
    await on.draw(HIGHER)
    await on.noted()
    await on.hostUndo()
    assert.deepEqual(await tracks(on.page), first)
    await on.focus()
    await on.page.keyboard.press('Control+Shift+z')
    await settled(on.page)
    assert.equal(await on.count(), 2)
    await on.noted()
    await on.hostUndo()
    await on.hostRedo()
    assert.equal(await on.count(), 2)
    await on.focus()
    await on.page.keyboard.press('Control+z')
    await settled(on.page)
    assert.deepEqual(await tracks(on.page), first)
  })

  test('an undo of the host after a change of size brings size and drawing back together', async () => {
    await on.draw(LINE)
    const before = await on.value()
    await on.noted()
    await on.setFields({ width: 1440 })
    const wide = await on.value()
    assert.ok(Math.abs(wide.trajectory.tracks[0].points[0].x - 2 * before.trajectory.tracks[0].points[0].x) < 0.01)
    await on.noted()
    await on.hostUndo()
    assert.deepEqual((await on.value()).trajectory, before.trajectory)
    assert.deepEqual((await on.prompt()).trajectory, before.trajectory)
    await on.hostRedo()
    assert.deepEqual((await on.value()).trajectory, wide.trajectory)
    await on.focus()
    await on.page.keyboard.press('Control+z') // the stroke, in the size that the node has now
    await settled(on.page)
    const { width, tracks: left } = (await on.value()).trajectory
    assert.deepEqual([width, left], [1440, []])
  })

  test('after a reload of the page the drawing is there again', async () => {
    const own = LINE.map(({ x, y }) => ({ x: x + 13, y: y + 17 })) // the page's store has drawings of other tests too
    await on.draw(own)
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
    await dragThrough(on.page, [own[0], { x: 100, y: 200 }, { x: 120, y: 160 }])
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
    await on.loadValue(null) // the graph has an id from here on, as each loaded workflow has
    await on.draw(LINE)
    await on.page.keyboard.press('Control+z') // empty again, with one step to redo
    await on.noted()
    await go('Comfy.NewBlankWorkflow')
    await on.add()
    assert.equal(await id(), idHere)
    assert.deepEqual([await canUndo(), await canRedo()], [false, false])
    await on.draw(HIGHER)
    await on.noted()
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
      await on.noted()
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
}
