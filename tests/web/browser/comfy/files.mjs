// Files, backgrounds, what a run tells, and languages, with ComfyUI's own server and page.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { screenPoints, settled, tracks } from '../browser.mjs'

/** @param {import('./page.mjs').Comfy} on */
export function files(on) {
  const said = async () => {
    await on.page.waitForFunction(() => !['busy', undefined].includes(window.editor.importer.shown?.kind))
    await settled(on.page)
  }
  const panel = () => on.page.locator('.tora-import')

  /** As from another window; whether ComfyUI's own handler would still take it. */
  async function drop(dropped) {
    const files = dropped.map(([name, content, type = '']) => ({ name, content, type }))
    return on.page.evaluate((files) => {
      const dataTransfer = new DataTransfer()
      for (const { name, content, type } of files) {
        const bytes = typeof content === 'string' ? content : new Uint8Array(content)
        dataTransfer.items.add(new File([bytes], name, { type }))
      }
      window.editor.importer.close()
      const surface = window.editor.surface.canvas
      const options = { dataTransfer, bubbles: true, cancelable: true, clientX: 900, clientY: 500 }
      window.leaked = false
      document.addEventListener('drop', () => (window.leaked = true), { once: true })
      surface.dispatchEvent(new DragEvent('dragover', options))
      surface.dispatchEvent(new DragEvent('drop', options))
      return window.leaked
    }, files)
  }

  async function paste(text) {
    await on.focus()
    await on.page.evaluate((text) => {
      window.editor.importer.close()
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', text)
      const options = { clipboardData, bubbles: true, cancelable: true }
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', options))
    }, text)
    await said()
  }

  /** The gray of the screen at image points, 0 to 255. */
  async function grays(points) {
    const found = []
    for (const { x, y } of await screenPoints(on.page, points)) {
      const shot = await on.page.screenshot({ clip: { x: Math.round(x), y: Math.round(y), width: 1, height: 1 } })
      found.push(
        await on.page.evaluate(
          async (bytes) => {
            const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
            const g = new OffscreenCanvas(1, 1).getContext('2d')
            g.drawImage(picture, 0, 0)
            return g.getImageData(0, 0, 1, 1).data[1]
          },
          [...shot],
        ),
      )
    }
    return found
  }

  /** The same as soon as they are as wanted: pictures and motion are shown when they are there. */
  async function graysOnce(points, isWanted) {
    const end = Date.now() + 10000
    let found = await grays(points)
    while (!isWanted(found) && Date.now() < end) {
      await settled(on.page)
      found = await grays(points)
    }
    return found
  }

  async function grayAt(frame, gray, within = 4) {
    await on.page.evaluate((frame) => window.editor.model.goTo(frame), frame)
    const [found] = await graysOnce([{ x: 200, y: 60 }], ([found]) => Math.abs(found - gray) <= within)
    assert.ok(Math.abs(found - gray) <= within, `frame ${frame}: ${found} is not ${gray}`)
  }

  const hasPicture = (wanted = true) =>
    on.page.waitForFunction((wanted) => window.editor.model.hasPicture === wanted, wanted, { timeout: 10000 })

  /** Adds nodes and wires: [type, fields, [[input, from node, output]...]], and into the editor by `wires`. */
  const build = (nodes, wires) =>
    on.page.evaluate(
      ({ nodes, wires }) => {
        const slot = (node, name) => node.inputs.findIndex((input) => input.name === name)
        const made = []
        for (const [type, fields = {}, inputs = []] of nodes) {
          const node = LiteGraph.createNode(type)
          node.pos = [60, 100 + 250 * made.length]
          app.graph.add(node)
          for (const [name, value] of Object.entries(fields)) {
            const widget = node.widgets.find((one) => one.name === name)
            widget.options?.values?.push?.(value)
            widget.value = value
          }
          for (const [name, from, output] of inputs) made[from].connect(output, node, slot(node, name))
          made.push(node)
        }
        for (const [name, from, output] of wires) made[from].connect(output, window.node, slot(window.node, name))
        window.made = made
      },
      { nodes, wires },
    )

  /** Queues the graph, and the editor with it: somebody has to ask for what it makes. */
  async function run() {
    await on.page.evaluate(() => {
      const asks = LiteGraph.createNode('PreviewAny')
      asks.pos = [1100, 120]
      app.graph.add(asks)
      window.node.connect(2, asks, 0)
      window.ended = null
      for (const name of ['execution_success', 'execution_error']) {
        app.api.addEventListener(name, () => (window.ended ??= name), { once: true })
      }
      return app.queuePrompt(0, 1)
    })
    await on.page.waitForFunction(() => window.ended, null, { timeout: 60000 })
    assert.equal(await on.page.evaluate(() => window.ended), 'execution_success')
    await settled(on.page)
  }

  const upload = (name, bytes, type) =>
    on.page.evaluate(
      async ([name, bytes, type]) => {
        const body = new FormData()
        body.append('image', new File([new Uint8Array(bytes)], name, { type }))
        body.append('overwrite', 'true')
        await fetch('/upload/image', { method: 'POST', body })
      },
      [name, [...bytes], type],
    )

  const picture = (width, height, color) =>
    on.page.evaluate(
      async ([width, height, color]) => {
        const canvas = new OffscreenCanvas(width, height)
        const g = canvas.getContext('2d')
        g.fillStyle = color
        g.fillRect(0, 0, width, height)
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
      },
      [width, height, color],
    )

  const VIDEO = readFileSync(new URL('../grays.webm', import.meta.url)) // 49 frames of gray 0, 5, ... 240

  test('files of other programs are dropped, read by Python and told; ComfyUI opens no workflow', async () => {
    const leaked = await drop([
      ['10.txt', '128,64\n64,128\n'],
      ['2.txt', '0,0\n255,255\n'],
    ])
    assert.equal(leaked, false)
    await said()
    const found = await tracks(on.page)
    assert.deepEqual(
      found.map(({ name }) => name),
      ['2', '10'],
    )
    // Tora's text is on 256x256, this canvas has 720x480.
    assert.deepEqual([found[1].points[0].x, found[1].points[0].y], [(128 * 720) / 256, (64 * 480) / 256])
    assert.match(await panel().innerText(), /from 2\.txt and 1 more: 2[\s\S]*Tora text/)
    await on.focus()
    await on.page.keyboard.press('Control+z')
    await settled(on.page)
    assert.equal(await on.count(), 0)
    await drop([['flow.json', JSON.stringify(await on.save())]])
    await said()
    assert.match(await panel().innerText(), /no known trajectory format/)
    assert.equal(await on.page.evaluate(() => app.graph.nodes.length), 1)
  })

  test('where several formats fit ComfyUI is asked which, and the chosen one is read', async () => {
    await paste('[[[288, 160], [576, 320]]]')
    assert.match(await panel().innerText(), /Pasted text: which format\?/)
    await panel()
      .getByRole('button', { name: /DragNUWA/ })
      .click()
    await said()
    const [track] = await tracks(on.page)
    assert.deepEqual([track.points[0].x, track.points[0].y], [360, 240]) // of 576x320 on 720x480
    await panel().getByLabel('Read it as').selectOption('point-lists')
    await on.page.waitForFunction(() => window.editor.model.document.tracks[0].points[0].x === 288)
    assert.equal(await on.count(), 1)
  })

  test('arrays are dropped and saved as well', async () => {
    await paste('[[{"x": 100, "y": 50}, {"x": 300, "y": 250}]]')
    assert.match(await panel().innerText(), /SplineEditor/)
    await on.page.keyboard.press('o')
    await on.page.getByLabel('Save as').locator('option[value="wan-move"]').waitFor({ state: 'attached' })
    await on.page.getByLabel('Save as').selectOption('tracks')
    const coming = on.page.waitForEvent('download')
    await on.page.getByRole('button', { name: 'Save', exact: true }).click()
    const download = await coming
    assert.equal(download.suggestedFilename(), 'trajectory.npz')
    const bytes = [...readFileSync(await download.path())]
    await on.page.keyboard.press('Escape')
    const before = await tracks(on.page)
    await drop([['trajectory.npz', bytes]])
    await on.page.waitForFunction(() => window.editor.model.document.tracks.length === 2)
    const [, read] = await tracks(on.page)
    assert.deepEqual([read.points.at(-1).x, read.points.at(-1).y], [300, 250])
    assert.equal(before.length, 1)
  })

  test('a dropped picture goes to the input folder, and the workflow holds its name only', async () => {
    await drop([['tora drop.png', await picture(72, 48, '#808080'), 'image/png']])
    await hasPicture()
    await grayAt(0, 128, 2)
    const { editor } = await on.value()
    assert.deepEqual(editor.background, { filename: 'tora drop.png', subfolder: 'tora', type: 'input' })
    const file = await on.save()
    assert.doesNotMatch(JSON.stringify(file), /base64|blob:/)
    assert.deepEqual(Object.keys(await on.prompt()), ['version', 'trajectory'])
    await on.load(file)
    await on.shown()
    await hasPicture()
    await grayAt(0, 128, 2)
    assert.equal(await on.page.evaluate(() => app.graph.nodes.length), 1)
  })

  test('a video of Load Video shows at once and follows the timeline', async () => {
    await upload('tora grays.webm', VIDEO, 'video/webm')
    const load = ['LoadVideo', { file: 'tora grays.webm' }]
    await build([load, ['GetVideoComponents', {}, [['video', 0, 0]]]], [['background', 1, 0]])
    await hasPicture()
    for (const frame of [0, 48, 20]) await grayAt(frame, 5 * frame)
  })

  test('frames that are wired in follow the timeline after a run, by reference', async () => {
    const gray = (color) => ['EmptyImage', { width: 96, height: 64, batch_size: 1, color }]
    const batch = ['ImageBatch', {}, [['image1', 0, 0], ['image2', 1, 0]]] // prettier-ignore
    await build([gray(0x404040), gray(0xc0c0c0), batch], [['background', 2, 0]])
    await on.wait(700)
    assert.equal(await on.page.evaluate(() => window.editor.model.hasPicture), false)
    await run()
    await hasPicture()
    await grayAt(0, 0x40)
    await grayAt(48, 0xc0)
    await grayAt(23, 0x40)
  })

  test('wired tracks are in the motion picture after a run, outlive an undo of the host, and go with the wire', async () => {
    const text = '[[{"x": 100, "y": 60}, {"x": 600, "y": 60}]]'
    const size = { width: 720, height: 480, frames: 49 }
    await build([['ToraTrajectoryFromText', { text, ...size }]], [['trajectory', 0, 0]])
    const wired = (count) => on.page.waitForFunction((n) => window.editor.model.wired.length === n, count)
    await run()
    await wired(1)
    assert.equal(await on.count(), 0)
    await on.page.evaluate(() => {
      window.editor.model.set({ flowOpacity: 1 })
      window.editor.model.goTo(24)
    })
    const isMoving = ([moving, still]) => moving < 200 && still === 255
    const found = await graysOnce([{ x: 345, y: 70 }, { x: 345, y: 300 }], isMoving) // prettier-ignore
    assert.ok(isMoving(found), `${found}`)
    await on.page.evaluate(() => {
      const { changeTracker } = app.extensionManager.workflow.activeWorkflow
      changeTracker.captureCanvasState()
      window.node.pos = [460, 130]
      changeTracker.captureCanvasState()
      window.node.marked = true
    })
    await on.hostUndo()
    assert.equal(await on.page.evaluate(() => window.node.marked), undefined, 'the node is another one')
    await wired(1)
    await on.page.evaluate(() =>
      window.node.disconnectInput(window.node.inputs.findIndex((i) => i.name === 'trajectory')),
    )
    await wired(0)
  })

  test('the last result of the graph is a background, and stays one when the workflow is loaded anew', async () => {
    const gray = ['EmptyImage', { width: 72, height: 48, batch_size: 1, color: 0x909090 }]
    await build([gray, ['SaveImage', { filename_prefix: 'tora_result' }, [['images', 0, 0]]]], [])
    await on.page.evaluate(() => window.editor.model.set({ backgroundSource: 'result' }))
    await run()
    await hasPicture()
    await grayAt(0, 0x90)
    const file = await on.save()
    assert.doesNotMatch(JSON.stringify(file), /base64/)
    await on.load(file)
    await on.shown()
    await hasPicture()
  })

  test('the last result is still a background after a reload of the page', async () => {
    const gray = ['EmptyImage', { width: 72, height: 48, batch_size: 1, color: 0x707070 }]
    await build([gray, ['SaveImage', { filename_prefix: 'tora_reloaded' }, [['images', 0, 0]]]], [])
    await on.load(await on.save()) // it has an id from here on, by which its runs are known
    await on.shown()
    await on.page.evaluate(() => window.editor.model.set({ backgroundSource: 'result' }))
    await run()
    await hasPicture()
    await on.draw([{ x: 111, y: 333 }, { x: 300, y: 200 }, { x: 400, y: 400 }]) // prettier-ignore
    const drawn = await tracks(on.page)
    await on.noted()
    await on.page.waitForFunction(
      (x) => [localStorage, sessionStorage].some((kept) => Object.values({ ...kept }).some((text) => text.includes(x))),
      String(drawn[0].points[1].x),
    )
    await on.page.reload()
    await on.started()
    await on.shown()
    assert.deepEqual(await tracks(on.page), drawn)
    await hasPicture()
    await on.page.evaluate(() => Object.assign(app.canvas.ds, { scale: 1, offset: [0, 0] }))
    await on.shown()
    await grayAt(0, 0x70)
  })

  test('notes of a run stand in the status line', async () => {
    await on.draw([{ x: 100, y: 100 }, { x: 300, y: 200 }, { x: 400, y: 400 }]) // prettier-ignore
    await build([['PrimitiveInt', { value: 17 }]], [['frames', 0, 0]])
    await run()
    const line = on.page.locator('.tora-told')
    await line.waitFor()
    assert.match(await line.innerText(), /stretched from 49 frames to 17/)
  })

  test('the editor speaks the language of the page, and changes it with the page', async () => {
    const set = async (/** @type {string} */ tag) => {
      await on.page.evaluate((tag) => app.extensionManager.setting.set('Comfy.Locale', tag), tag)
      await on.page.waitForFunction(
        (tag) => document.querySelector('.tora-editor')?.getAttribute('lang') === tag,
        tag,
        { timeout: 20000 },
      )
      await on.shown()
    }
    await on.draw([{ x: 100, y: 100 }, { x: 300, y: 200 }, { x: 400, y: 400 }]) // prettier-ignore
    const before = await tracks(on.page)
    try {
      await set('ja')
      assert.deepEqual(await tracks(on.page), before)
      await on.page.reload()
      await on.started()
      await on.fresh()
      assert.equal(await on.page.locator('.tora-editor').getAttribute('lang'), 'ja')
    } finally {
      await set('en')
    }
  })
}
