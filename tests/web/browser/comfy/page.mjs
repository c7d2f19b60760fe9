// A real ComfyUI page with the editor in it, for one renderer. `page.evaluate` finds the node and its editor that a
// test works on as `window.node` and `window.editor`.

import assert from 'node:assert/strict'
import { dragThrough, settled, tracks } from '../browser.mjs'

/** @typedef {ReturnType<typeof comfyPage>} Comfy */

const SETTINGS = {
  'Comfy.TutorialCompleted': true,
  'Comfy.RightSidePanel.IsOpen': false,
  'Comfy.Workflow.Persist': true,
  'Comfy.Workflow.ConfirmDelete': false,
  'Comfy.Minimap.Visible': false,
  'Comfy.Canvas.NavigationMode': 'legacy',
  'Comfy.ColorPalette': 'dark',
}
export const RENDERER = 'Comfy.VueNodes.Enabled'

/** A curve through the middle of a frame of 720x480, as a hand draws it. */
export const LINE = Array.from({ length: 9 }, (_, i) => ({ x: 80 + 60 * i, y: 240 + 120 * Math.sin(i / 1.4) }))
/** The same, higher up. */
export const HIGHER = LINE.map(({ x, y }) => ({ x, y: y - 80 }))

/**
 * @param {boolean} vue Nodes 2.0, else the classic renderer
 */
export function comfyPage(vue) {
  const comfy = {
    vue,
    url: process.env.TORA_COMFY_URL,
    /** @type {import('playwright-core').Page} */
    page: null,
    /** Errors that nobody caught, of whichever script. */
    complaints: [],

    async open(browser, settings = {}) {
      comfy.page = await browser.newPage({ viewport: { width: 1500, height: 950 } })
      comfy.page.on('pageerror', (error) => comfy.complaints.push(error.stack))
      const data = { ...SETTINGS, [RENDERER]: vue, ...settings }
      await comfy.page.request.post(`${comfy.url}/api/settings`, { data })
      await comfy.page.goto(comfy.url)
      await comfy.started()
      assert.equal(await comfy.page.evaluate(() => LiteGraph.vueNodesMode), vue)
      const version = await comfy.page.evaluate(() => window.__COMFYUI_FRONTEND_VERSION__)
      assert.equal(version, process.env.TORA_COMFY_FRONTEND ?? version)
    },

    async started() {
      const ready = () =>
        window.app?.canvas?.graph &&
        window.LiteGraph?.registered_node_types?.ToraTrajectoryEditor &&
        window.app.extensionManager?.workflow?.activeWorkflow?.changeTracker
      await comfy.page.waitForFunction(ready, null, { timeout: 90000 })
      await comfy.page.waitForTimeout(1000) // the start's own workflow is loaded
    },

    /** One new editor node in an empty graph. */
    async fresh() {
      await comfy.page.evaluate(() => {
        app.canvas.setGraph(app.rootGraph ?? app.graph)
        app.graph.clear()
      })
      await comfy.wait(100) // Nodes 2.0 knows nodes by their ids, and these come again
      await comfy.add()
    },

    async add() {
      await comfy.page.evaluate(() => {
        const node = LiteGraph.createNode('ToraTrajectoryEditor')
        node.pos = [450, 120]
        app.graph.add(node)
        // The host keeps what fields of a node with this id had before the graph was cleared.
        const fields = { width: 720, height: 480, frames: 49, fps: 8 }
        for (const widget of node.widgets) if (widget.name in fields) widget.value = fields[widget.name]
        Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] })
        app.canvas.setDirty(true, true)
      })
      await comfy.shown()
    },

    /**
     * Waits until an editor node of the graph that is open stands still on the screen, and works on it from then on.
     * @param {number} [index] which of them
     */
    async shown(index = 0) {
      const isStill = (/** @type {number} */ index) => {
        const all = app.canvas.graph.nodes.filter((node) => node.type === 'ToraTrajectoryEditor')
        window.node = all[index]
        window.editor = window.node?.widgets?.find((widget) => widget.name === 'drawing')?.editor
        const box = window.editor?.surface.canvas.getBoundingClientRect()
        const place = JSON.stringify(box)
        window.still = window.lastPlace === place ? window.still + 1 : 0
        window.lastPlace = place
        return box?.width > 50 && window.still > 6
      }
      await comfy.page.waitForFunction(isStill, index, { timeout: 10000 }).catch(async (error) => {
        const found = () => [app.canvas.graph.nodes.map((node) => node.type), !!window.editor, window.lastPlace]
        throw new Error(`no editor to be seen: ${JSON.stringify(await comfy.page.evaluate(found))}`, { cause: error })
      })
      await settled(comfy.page)
    },

    /**
     * @param {readonly { x: number, y: number }[]} points image px
     */
    async draw(points) {
      await comfy.focus()
      await comfy.page.keyboard.press('d')
      await dragThrough(comfy.page, points, { steps: 1 })
    },

    /** Opens a workflow file in place of the one that is open. */
    async load(/** @type {Record<string, unknown>} */ file) {
      await comfy.page.evaluate(
        (file) => app.loadGraphData(file, true, true, app.extensionManager.workflow.activeWorkflow),
        file,
      )
    },

    save: () => comfy.page.evaluate(() => JSON.parse(JSON.stringify((app.rootGraph ?? app.graph).serialize()))),

    /** Loads the workflow with another value in the widget, and says what saving makes of it. */
    async loadValue(/** @type {unknown} */ value) {
      const at = await comfy.page.evaluate(() => window.node.widgets.findIndex((widget) => widget.name === 'drawing'))
      const file = await comfy.save()
      file.nodes[0].widgets_values[at] = value
      delete file.nodes[0].widgets_values_named
      await comfy.load(file)
      await comfy.shown()
      await comfy.wait(600) // a look at the size fields, which must not count as an edit
      return (await comfy.save()).nodes[0].widgets_values[at] ?? null
    },

    focus: () => comfy.page.evaluate(() => window.editor.surface.canvas.focus({ preventScroll: true })),
    count: async () => (await tracks(comfy.page)).length,
    value: () => comfy.page.evaluate(() => window.editor.model.value),
    wait: (/** @type {number} */ ms) => comfy.page.waitForTimeout(ms),

    /** What a run would be given for the node. */
    prompt: () =>
      comfy.page.evaluate(async () => {
        const { output } = await app.graphToPrompt()
        return Object.values(output).find((node) => node.class_type === 'ToraTrajectoryEditor').inputs.drawing
      }),

    /** Waits until the host has taken note of what was done, as a step of its undo. */
    async noted() {
      const isNoted = () => {
        const { activeState } = app.extensionManager.workflow.activeWorkflow.changeTracker
        return JSON.stringify(activeState).includes(JSON.stringify(window.editor.model.value.trajectory))
      }
      await comfy.page.waitForFunction(isNoted, null, { timeout: 10000 })
    },

    /** The host's own steps. */
    steps: () => comfy.page.evaluate(() => app.extensionManager.workflow.activeWorkflow.changeTracker.undoQueue.length),

    async hostUndo() {
      await comfy.page.evaluate(() => app.extensionManager.workflow.activeWorkflow.changeTracker.undo())
      await comfy.shown()
    },

    async hostRedo() {
      await comfy.page.evaluate(() => app.extensionManager.workflow.activeWorkflow.changeTracker.redo())
      await comfy.shown()
    },

    /** Width, height and other fields of the node, as a person sets them. */
    async setFields(/** @type {Record<string, number>} */ fields) {
      await comfy.page.evaluate((fields) => {
        for (const [name, value] of Object.entries(fields)) {
          const widget = window.node.widgets.find((one) => one.name === name)
          widget.value = value
          widget.callback?.(value, app.canvas, window.node)
        }
        app.extensionManager.workflow.activeWorkflow.changeTracker.captureCanvasState()
      }, fields)
      await comfy.page.waitForFunction(
        (fields) => Object.entries(fields).every(([name, value]) => window.editor.model.committed[name] === value),
        fields,
      )
    },

    async close() {
      await comfy.page?.close()
      assert.deepEqual(comfy.complaints, [], 'errors in the page')
    },
  }
  return comfy
}
