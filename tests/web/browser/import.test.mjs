// Files, pasted texts, backgrounds, notes of a run and languages, on a plain page with a real browser.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { dragThrough, screenPoints, settled, tracks } from './browser.mjs'
import { plainPage } from './plain_page.mjs'

const at = plainPage({ viewport: { width: 1000, height: 720 } })
let page
beforeEach(async () => {
  page = at.page
  await watch()
})

async function open(options) {
  await at.open(options)
  await watch()
}

async function watch() {
  // What reaches the page itself, as ComfyUI's own handler would get it.
  await page.evaluate(() => {
    window.reached = []
    for (const name of ['drop', 'paste']) document.addEventListener(name, () => window.reached.push(name))
  })
  await countImports()
  await settled(page)
}

/** Counts in the page what the importer was given, `window.begun`, and what came to an end, `window.ended`. */
async function countImports() {
  await page.evaluate(() => {
    Object.assign(window, { begun: 0, ended: 0, waitedFor: 0 })
    const { importer } = window.editor
    for (const name of ['addFiles', 'addText']) {
      const take = importer[name].bind(importer)
      importer[name] = async (given) => {
        window.begun++
        await take(given)
        window.ended++
      }
    }
  })
}

/** The editor with somebody to ask: `answer` is called in the page, and what it was asked is in `window.asked`. */
async function openWithFormats(answer) {
  await page.evaluate(async (source) => {
    const { makeEditor } = await import('../web/ui/editor.mjs')
    const { ReadError } = await import('../web/ui/reading.mjs')
    const answer = new Function('asked', 'ReadError', `return (${source})(asked, ReadError)`)
    window.editor.end()
    document.querySelector('#place').replaceChildren()
    window.asked = []
    const ask = async (what) => {
      window.asked.push(what)
      return answer(what, ReadError)
    }
    const named = (part) => (typeof part === 'string' ? part : part.name)
    window.editor = makeEditor(null, {
      formats: {
        read: (parts, canvas, format) => {
          const { width, height, frames } = canvas
          return ask({ parts: parts.map(named), canvas: [width, height, frames], format })
        },
        write: (document, format, name) => ask({ document: JSON.parse(document), format, name }),
        formats: async () => [
          { name: 'tora-json', title: 'Own', reads: true, writes: true },
          { name: 'point-lists', title: 'Pairs, pixels', reads: true, writes: true },
          { name: 'dragnuwa', title: 'Pairs, 576x320', reads: true, writes: true },
          { name: 'dense-flow', title: 'Flow', reads: false, writes: false },
        ],
      },
    })
    document.querySelector('#place').append(window.editor.element)
  }, answer.toString())
  await countImports()
  await settled(page)
}

const drawing = (points, size = {}) => ({
  ...{ format: 'tora-trajectory', version: 1, width: 720, height: 480, frames: 49, fps: 8, ...size },
  tracks: points.map((places) => ({ points: places.map(([x, y]) => ({ x, y })), curve: 'polyline' })),
})
const LINE = drawing([
  [
    [100, 240],
    [580, 240],
  ],
])

/** A drop of files and texts in the middle of the drawing area; whether the page was told to take it. */
const drop = (files, text = '') =>
  page
    .evaluate(
      ({ files, text }) => {
        const dropped = new DataTransfer()
        for (const { name, type, content } of files) {
          const bytes = typeof content === 'string' ? content : new Uint8Array(content)
          dropped.items.add(new File([bytes], name, { type: type ?? '' }))
        }
        if (text) dropped.setData('text/plain', text)
        const surface = window.editor.surface.canvas
        const options = { dataTransfer: dropped, bubbles: true, cancelable: true }
        const taken = !surface.dispatchEvent(new DragEvent('dragover', options))
        surface.dispatchEvent(new DragEvent('drop', options))
        return taken
      },
      { files, text },
    )
    .then(async (taken) => {
      await said()
      return taken
    })

const paste = async (text) => {
  await page.locator('.tora-surface').focus()
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', text)
    document.activeElement.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    )
  }, text)
  await said()
}

/** Waits until what was given last is read, or a question is asked. */
async function said() {
  await page.waitForFunction(() => {
    const { shown } = window.editor.importer
    return window.begun > window.waitedFor && (window.ended === window.begun || shown?.kind === 'question')
  })
  await page.evaluate(() => (window.waitedFor = window.begun))
  await settled(page)
}

/** Waits until it is read as another format. */
async function readAnew() {
  await page.waitForFunction(() => window.editor.importer.shown?.kind === 'report')
  await settled(page)
}

const panel = () => page.locator('.tora-import')
const undo = async () => {
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('Control+z')
  await settled(page)
}
const starts = async () => (await tracks(page)).map(({ points }) => [points[0].x, points[0].y])

/** The colour of the screen at image points. */
async function colors(points) {
  const places = await screenPoints(page, points)
  const shots = []
  for (const { x, y } of places) {
    const clip = { x: Math.round(x), y: Math.round(y), width: 1, height: 1 }
    shots.push([...(await page.screenshot({ clip }))])
  }
  return page.evaluate(
    (shots) =>
      Promise.all(
        shots.map(async (bytes) => {
          const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
          const g = new OffscreenCanvas(1, 1).getContext('2d')
          g.drawImage(picture, 0, 0)
          return [...g.getImageData(0, 0, 1, 1).data].slice(0, 3)
        }),
      ),
    shots,
  )
}
/** The same as soon as they are as wanted: pictures and motion are shown when they are there. */
async function colorsOnce(points, isWanted) {
  const end = Date.now() + 10000
  let found = await colors(points)
  while (!isWanted(found) && Date.now() < end) {
    await settled(page)
    found = await colors(points)
  }
  return found
}
const isNear = (found, wanted, within = 6) => found.every((value, i) => Math.abs(value - wanted[i]) <= within)
const near = (found, wanted, within = 6) =>
  assert.ok(
    found.every((value, i) => Math.abs(value - wanted[i]) <= within),
    `${found} is not ${wanted}`,
  )

// --- Import -----------------------------------------------------------------------------------------------------------

test('own JSON is pasted without anybody to ask, scaled to this canvas, in one step', async () => {
  await open('?width=1440&height=960')
  await paste(JSON.stringify(LINE))
  assert.deepEqual(await starts(), [[200, 480]])
  assert.match(await panel().innerText(), /Tracks from Pasted text: 1/)
  await undo()
  assert.deepEqual(await tracks(page), [])
  assert.deepEqual(await page.evaluate(() => window.reached), [])
})

test('a saved state and a broken drawing are read too, and what was mended is told', async () => {
  await paste(JSON.stringify({ version: 1, trajectory: LINE, editor: { hidden: [0] } }))
  assert.deepEqual(await starts(), [[100, 240]])
  const broken = structuredClone(LINE)
  broken.tracks[0].points[1].x = 'far'
  await paste(JSON.stringify(broken))
  assert.equal((await tracks(page)).length, 2)
  assert.match(await panel().innerText(), /points\[1\].* is "far"/)
})

test('without ComfyUI other texts are refused in words, and the drawing stays', async () => {
  await paste(JSON.stringify(LINE))
  const before = await tracks(page)
  for (const text of ['[[{"x":1,"y":2}]]', 'hello', '{"nodes": [], "links": []}', '[1, 2', '{"tracks": 5']) {
    await paste(text)
    assert.match(await panel().innerText(), /read and written by ComfyUI, which is not here/, text)
  }
  await paste('{"version": 99, "tracks": []}')
  assert.match(await panel().innerText(), /later release/)
  await paste('{"version": 1, "width": 10, "height": 10, "frames": 9, "tracks": []}')
  assert.match(await panel().innerText(), /No tracks in Pasted text/)
  assert.deepEqual(await tracks(page), before)
  await paste(' \n ')
  assert.deepEqual(await tracks(page), before)
})

test('dropped files are taken before the page gets them, all in one step of undo', async () => {
  const files = [
    { name: 'b.json', content: JSON.stringify(drawing([[[20, 20], [30, 30]]])) }, // prettier-ignore
    { name: 'a.json', content: JSON.stringify(drawing([[[10, 10]], [[15, 15]]])) },
    { name: 'broken.json', content: '{"tracks": ' },
  ]
  assert.equal(await drop(files), true)
  assert.deepEqual(await starts(), [[10, 10], [15, 15], [20, 20]]) // prettier-ignore
  assert.match(await panel().innerText(), /from a\.json: 2[\s\S]*from b\.json: 1[\s\S]*broken\.json: /)
  assert.deepEqual(await page.evaluate(() => window.reached), [])
  await undo()
  assert.deepEqual(await tracks(page), [])
})

test('of a text with its picture, as spreadsheets copy it, the text is read', async () => {
  const paste = (text) =>
    page.evaluate((text) => {
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File(['x'], 'image.png', { type: 'image/png' }))
      if (text) clipboardData.setData('text/plain', text)
      const options = { clipboardData, bubbles: true, cancelable: true }
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', options))
    }, text)
  await page.locator('.tora-surface').focus()
  await paste(JSON.stringify(LINE))
  await page.waitForFunction(() => window.editor.model.document.tracks.length === 1)
  assert.equal(await page.evaluate(() => window.editor.model.settings.backgroundSource), 'input')
  await paste('')
  await page.waitForFunction(() => window.editor.model.settings.backgroundSource === 'file')
})

test('a dropped text is read as a pasted one, and what pages drag within themselves is left to them', async () => {
  await drop([], JSON.stringify(LINE))
  assert.deepEqual(await starts(), [[100, 240]])
  const left = await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.setData('application/vnd.pdnd', '')
    dataTransfer.setData('text/plain', 'a node')
    const options = { dataTransfer, bubbles: true, cancelable: true }
    return window.editor.surface.canvas.dispatchEvent(new DragEvent('dragover', options))
  })
  assert.equal(left, true)
})

test('files are chosen by the button, also several', async () => {
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('o')
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open files...' }).click()
  const chooser = await choosing
  assert.equal(chooser.isMultiple(), true)
  await chooser.setFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(LINE)) })
  await page.waitForFunction(() => window.editor.model.document.tracks.length === 1)
  await said()
  assert.match(await panel().innerText(), /x\.json/)
})

test('other formats go to the host, together and in the order of their numbers, with this canvas', async () => {
  await openWithFormats(() => ({
    trajectory: {
      ...{ version: 1, width: 720, height: 480, frames: 49, fps: 8 },
      tracks: [{ points: [{ x: 1, y: 2 }] }, { points: [{ x: 3, y: 4 }] }],
    },
    ...{ format: 'tora-txt', title: 'Tora text', reason: 'lines of two numbers', notes: ['scaled from 256x256'] },
  }))
  await drop(['10.txt', '2.txt', '1.txt'].map((name) => ({ name, content: '1,2' })))
  assert.deepEqual(await page.evaluate(() => window.asked), [
    { parts: ['1.txt', '2.txt', '10.txt'], canvas: [720, 480, 49], format: null },
  ])
  assert.deepEqual(await starts(), [[1, 2], [3, 4]]) // prettier-ignore
  const told = await panel().innerText()
  assert.match(told, /from 1\.txt and 2 more: 2/)
  assert.match(told, /Tora text.*lines of two numbers[\s\S]*scaled from 256x256/)
})

test('files that make no sense together are read one by one, and which failed is told', async () => {
  await openWithFormats((asked, ReadError) => {
    if (asked.parts.length > 1) throw new ReadError('two texts, expected one')
    if (asked.parts[0] === 'b.svg') throw new ReadError('no path in it')
    const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: [{ points: [{ x: 5, y: 6 }] }] }
    return { trajectory, format: 'svg', title: 'SVG paths', reason: 'svg', notes: [] }
  })
  const svg = (name) => ({ name, type: 'image/svg+xml', content: '<svg/>' })
  await drop([svg('a.svg'), svg('b.svg')])
  assert.deepEqual(await starts(), [[5, 6]])
  assert.match(await panel().innerText(), /from a\.svg: 1[\s\S]*b\.svg: no path in it/)
})

const AMBIGUOUS = (asked, ReadError) => {
  const formats = [
    { name: 'point-lists', title: 'Pairs, pixels' },
    { name: 'dragnuwa', title: 'Pairs, 576x320' },
  ]
  if (asked.format === null) throw new ReadError('a list of pairs fits 2 formats', formats)
  const x = asked.format === 'dragnuwa' ? 50 : 40
  const trajectory = { version: 1, width: 720, height: 480, frames: 49, tracks: [{ points: [{ x, y: 7 }] }] }
  return { trajectory, format: asked.format, title: asked.format, reason: 'the caller said so', notes: [] }
}

test('where several formats fit the user is asked, by keys as well, and can read it as another one later', async () => {
  await openWithFormats(AMBIGUOUS)
  await paste('[[1,2],[3,4]]')
  assert.match(await panel().innerText(), /Pasted text: which format\?/)
  assert.deepEqual(await tracks(page), [])
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Pairs, pixels')
  await page.keyboard.press('Enter')
  await readAnew()
  assert.deepEqual(await starts(), [[40, 7]])
  await panel().getByLabel('Read it as').selectOption('dragnuwa')
  await page.waitForFunction(() => window.editor.model.document.tracks[0].points[0].x === 50)
  await readAnew()
  assert.deepEqual(await starts(), [[50, 7]])
  assert.deepEqual(await panel().locator('option').allInnerTexts(), ['Own', 'Pairs, pixels', 'Pairs, 576x320'])
  await undo()
  assert.deepEqual(await tracks(page), [])
})

test('a question that is not answered leaves everything as it was', async () => {
  await openWithFormats(AMBIGUOUS)
  await paste('[[1,2],[3,4]]')
  await page.keyboard.press('Escape')
  await settled(page)
  assert.equal(await panel().isVisible(), false)
  assert.deepEqual(await tracks(page), [])
  assert.equal(await page.evaluate(() => window.editor.model.canUndo), false)
})

test('an answer that comes after the user has closed the panel adds nothing', async () => {
  await openWithFormats(() => new Promise((done) => (window.answer = done)))
  await page.locator('.tora-surface').focus()
  await page.evaluate(() => void window.editor.importer.addText('1,2'))
  await page.waitForFunction(() => window.answer)
  await page.keyboard.press('Escape')
  await page.evaluate((trajectory) => {
    window.answer({ trajectory, format: 'csv', title: 'CSV', reason: '', notes: [] })
  }, LINE)
  await settled(page)
  assert.deepEqual(await tracks(page), [])
  assert.equal(await page.evaluate(() => window.editor.importer.shown), null)
})

test('more tracks than a drawing can have are refused, and the drawing stays', async () => {
  await paste(JSON.stringify(LINE))
  await paste(JSON.stringify(drawing(Array.from({ length: 1000 }, (_, i) => [[i, i]]))))
  assert.match(await panel().innerText(), /1000 at most/)
  assert.equal((await tracks(page)).length, 1)
})

// --- Saving -----------------------------------------------------------------------------------------------------------

async function saved(format) {
  if (!(await page.getByLabel('Save as').isVisible())) {
    await page.locator('.tora-surface').focus()
    await page.keyboard.press('o')
  }
  await page.getByLabel('Save as').selectOption(format)
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  const download = await coming
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}

test('the drawing is saved as own JSON and as coordinates, without what is muted, and that is said', async () => {
  await paste(
    JSON.stringify(drawing([[[0, 0], [480, 96]], [[7, 7]]])), // prettier-ignore
  )
  await page.evaluate(async () => {
    const { setFields } = await import('../web/editor/edit/tracks.mjs')
    const { model } = window.editor
    model.edit(setFields(model.document, [model.document.tracks[1].id], { muted: true }))
  })
  const own = await saved('tora-json')
  assert.equal(own.name, 'trajectory.json')
  const { tracks: written, ...canvas } = JSON.parse(own.bytes)
  assert.deepEqual(canvas, { ...LINE, tracks: undefined, fps: 8 }.tracks ?? { ...canvas })
  assert.deepEqual([canvas.format, canvas.width, written.length], ['tora-trajectory', 720, 1])
  assert.match(await page.locator('.tora-popup .tora-notes:visible').innerText(), /Muted tracks are not in the file: 1/)
  const { name, bytes } = await saved('spline-editor')
  assert.equal(name, 'coordinates.json')
  const lists = JSON.parse(bytes)
  assert.deepEqual([lists.length, lists[0].length], [1, 49])
  assert.deepEqual([lists[0][0], lists[0][24], lists[0][48]], [{ x: 0, y: 0 }, { x: 240, y: 48 }, { x: 480, y: 96 }]) // prettier-ignore
})

test('other formats are written by the host, and what they lose is told', async () => {
  await openWithFormats(() => ({ name: 'trajectory.npz', bytes: new Uint8Array([80, 75, 0, 255]), notes: ['colors'] }))
  await paste(JSON.stringify(LINE))
  const { name, bytes } = await saved('dragnuwa')
  assert.deepEqual([name, [...bytes]], ['trajectory.npz', [80, 75, 0, 255]])
  assert.match(await page.locator('.tora-popup .tora-notes:visible').innerText(), /Not in the file: colors/)
  const [asked] = await page.evaluate(() => window.asked)
  assert.deepEqual([asked.format, asked.name, asked.document.tracks.length], ['dragnuwa', 'trajectory', 1])
})

// --- Background -------------------------------------------------------------------------------------------------------

/** A PNG of two halves: `left` and `right` of width x height. */
const halves = (width, height, left, right) =>
  page.evaluate(
    async ([width, height, left, right]) => {
      const canvas = new OffscreenCanvas(width, height)
      const g = canvas.getContext('2d')
      g.fillStyle = left
      g.fillRect(0, 0, width / 2, height)
      g.fillStyle = right
      g.fillRect(width / 2, 0, width / 2, height)
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
    },
    [width, height, left, right],
  )

test('a dropped picture is drawn on, cropped, fitted or stretched, and its choice is saved', async () => {
  const content = await halves(1440, 480, '#ff0000', '#0000ff')
  await drop([{ name: 'two.png', type: 'image/png', content }])
  await page.waitForFunction(() => window.editor.model.hasPicture)
  await settled(page)
  const edges = [{ x: 20, y: 40 }, { x: 350, y: 140 }, { x: 370, y: 140 }, { x: 700, y: 440 }] // prettier-ignore
  const [red, blue] = [[255, 0, 0], [0, 0, 255]] // prettier-ignore
  for (const fit of ['crop', 'fill']) {
    await page.evaluate((backgroundFit) => window.editor.model.set({ backgroundFit }), fit)
    await settled(page)
    const found = await colors(edges)
    found.forEach((color, i) => near(color, [red, red, blue, blue][i]))
  }
  await page.evaluate(() => window.editor.model.set({ backgroundFit: 'fit', backgroundOpacity: 0.5 }))
  await settled(page)
  const [top, left, right, bottom] = await colors(edges)
  near(top, bottom) // 120 px of border above and below
  assert.ok(top[0] < 60 && top[2] < 60, `${top}`)
  near(left, [(255 + top[0]) / 2, top[1] / 2, top[2] / 2])
  near(right, [top[0] / 2, top[1] / 2, (255 + top[2]) / 2])
  const { editor } = await page.evaluate(() => window.editor.model.value)
  assert.deepEqual(editor, {
    ...{ backgroundSource: 'file', background: { filename: 'two.png', subfolder: '', type: 'temp' } },
    ...{ backgroundFit: 'fit', backgroundOpacity: 0.5 },
  })
})

test('a video follows the timeline, frame by frame', async () => {
  const content = [...readFileSync(new URL('grays.webm', import.meta.url))] // 49 frames of gray 0, 5, ... 240
  await drop([{ name: 'grays.webm', type: 'video/webm', content }])
  await page.waitForFunction(() => window.editor.model.hasPicture)
  for (const frame of [0, 1, 24, 48, 7]) {
    await page.evaluate((frame) => window.editor.model.goTo(frame), frame)
    const wanted = [5 * frame, 5 * frame, 5 * frame]
    const [gray] = await colorsOnce([{ x: 400, y: 100 }], ([found]) => isNear(found, wanted, 2))
    near(gray, wanted, 2)
  }
})

test('frames on a sheet and pictures by themselves follow the timeline too', async () => {
  // Three pictures of 20x12 on a raster of 32x16, two in a row.
  const sheet = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 32)
    const g = canvas.getContext('2d')
    for (const [color, x, y] of [
      ['#ff0000', 0, 0],
      ['#00ff00', 32, 0],
      ['#0000ff', 0, 16],
    ]) {
      // prettier-ignore
      g.fillStyle = color
      g.fillRect(x, y, 20, 12)
    }
    return URL.createObjectURL(await canvas.convertToBlob())
  })
  const backing = { kind: 'sheet', name: 'sheet', addresses: [sheet], width: 200, height: 120, count: 3, columns: 2 }
  const singles = []
  for (const color of ['#ff0000', '#00ff00', '#0000ff']) {
    const bytes = await halves(20, 12, color, color)
    singles.push(
      await page.evaluate(
        (bytes) => URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' })),
        bytes,
      ),
    )
  }
  for (const input of [
    { ...backing, tileWidth: 20, tileHeight: 12 },
    { kind: 'pictures', name: 'three', addresses: singles },
  ]) {
    await page.evaluate((input) => window.editor.offer({ input }), input)
    const shown = [[0, [255, 0, 0]], [24, [0, 255, 0]], [48, [0, 0, 255]], [11, [255, 0, 0]]] // prettier-ignore
    for (const [frame, color] of shown) {
      await page.evaluate((frame) => window.editor.model.goTo(frame), frame)
      // Corners as well: no other picture of the sheet shines in.
      const corners = [{ x: 2, y: 2 }, { x: 717, y: 477 }] // prettier-ignore
      const found = await colorsOnce(corners, (all) => all.every((one) => isNear(one, color)))
      for (const one of found) near(one, color)
    }
  }
})

test('the menu says where the background comes from, what is missing, and takes the last result', async () => {
  await page.getByTitle('Background and snapping').click()
  await settled(page)
  const popup = page.locator('.tora-popup:visible')
  assert.match(await popup.innerText(), /Nothing is wired in/)
  await popup.getByLabel('Background', { exact: true }).selectOption('result')
  await settled(page)
  assert.match(await popup.innerText(), /No run has given pictures/)
  const content = await halves(72, 48, '#00ff00', '#00ff00')
  await page.evaluate((bytes) => {
    const address = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
    window.editor.offer({ result: { kind: 'picture', name: 'green', addresses: [address] } })
  }, content)
  await page.waitForFunction(() => window.editor.model.hasPicture)
  await settled(page)
  near((await colors([{ x: 50, y: 400 }]))[0], [0, 255, 0])
  assert.doesNotMatch(await popup.innerText(), /No run/)
  await popup.getByLabel('Background', { exact: true }).selectOption('none')
  await settled(page)
  assert.equal(await page.evaluate(() => window.editor.model.hasPicture), false)
})

test('where a browser can not show a video, what a run gave of it is shown', async () => {
  const content = await halves(72, 48, '#00ff00', '#00ff00')
  await page.evaluate((bytes) => {
    const address = (bytes) => URL.createObjectURL(new Blob([new Uint8Array(bytes)]))
    const otherwise = { kind: 'picture', name: 'green', addresses: [address(bytes)] }
    window.editor.offer({ input: { kind: 'video', name: 'no.mp4', addresses: [address([1, 2, 3])], otherwise } })
  }, content)
  await page.waitForFunction(() => window.editor.model.hasPicture)
  await settled(page)
  near((await colors([{ x: 50, y: 400 }]))[0], [0, 255, 0])
  assert.equal(await page.evaluate(() => window.editor.model.message), '')
})

test('a background that can not be shown is told of', async () => {
  await drop([{ name: 'no.png', type: 'image/png', content: 'no picture' }])
  await page.waitForFunction(() => window.editor.model.message.includes('no.png'))
  await settled(page)
  assert.ok(await page.locator('.tora-message').isVisible())
})

// --- What the model gets ----------------------------------------------------------------------------------------------

/** The motion picture at full opacity, computed. */
async function flowShown() {
  await page.evaluate(() => window.editor.model.set({ flowOpacity: 1 }))
  await page.evaluate(() => window.editor.model.goTo(24))
  await settled(page)
}
const white = (color) => near(color, [255, 255, 255], 0)

test('tracks that are wired in are in the motion picture, and seen beside the drawn ones', async () => {
  await paste(JSON.stringify(LINE))
  await page.evaluate(async (wired) => {
    const { loadState } = await import('../web/editor/document/load.mjs')
    window.editor.model.become({ wired: loadState(wired).document.tracks })
  }, drawing([[[580, 100], [100, 100]]])) // prettier-ignore
  await flowShown()
  const places = [{ x: 330, y: 250 }, { x: 350, y: 108 }, { x: 330, y: 400 }] // prettier-ignore
  // Red and blue, not just dark: the places are looked at one after the other, the first perhaps before the picture came.
  const isShown = ([right, left, empty]) => right[0] > 225 && right[2] < 200 && left[2] > 225 && empty[0] === 255
  const [right, left, empty] = await colorsOnce(places, isShown)
  assert.ok(right[0] > 225 && right[2] < 200, `to the right is red, this is ${right}`)
  assert.ok(left[0] < 200 && left[2] > 225, `to the left is blue, this is ${left}`)
  white(empty)
  await page.evaluate(() => window.editor.model.become({ wired: [] }))
  white((await colorsOnce([{ x: 350, y: 108 }], ([found]) => isNear(found, [255, 255, 255], 0)))[0])
})

test('wired tracks are copied into the drawing in one step, to be changed there', async () => {
  await page.evaluate(async (wired) => {
    const { loadState } = await import('../web/editor/document/load.mjs')
    const { setFields } = await import('../web/editor/edit/tracks.mjs')
    const { document } = loadState(wired)
    window.editor.model.become({ wired: setFields(document, [1], { muted: true }).tracks })
  }, LINE)
  await page.locator('.tora-surface').focus()
  await page.keyboard.press('o')
  await page.getByRole('button', { name: 'Copy the wired tracks into the drawing: 1' }).click()
  await settled(page)
  assert.deepEqual(await starts(), [[100, 240]])
  assert.equal(await page.evaluate(() => window.editor.model.document.tracks[0].muted), false)
  assert.match(await panel().innerText(), /Tracks from the wires: 1[\s\S]*Remove the wire/)
  await undo()
  assert.deepEqual(await tracks(page), [])
})

test('a muted track is in the list, and in nothing that the model gets', async () => {
  await paste(JSON.stringify(LINE))
  await page.keyboard.press('t')
  await settled(page)
  await page.getByTitle('Mute: the model does not get the track').click()
  await settled(page)
  assert.equal((await tracks(page)).length, 1)
  const sent = await page.evaluate(() => window.editor.model.promptValue)
  assert.deepEqual([Object.keys(sent), sent.trajectory.tracks], [['version', 'trajectory'], []])
  await flowShown()
  white((await colorsOnce([{ x: 330, y: 250 }], ([found]) => isNear(found, [255, 255, 255], 0)))[0])
  await page.getByTitle('Muted: give').click()
  const [shown] = await colorsOnce([{ x: 330, y: 250 }], ([found]) => found[0] > 225 && found[1] < 200)
  assert.ok(shown[0] > 225 && shown[1] < 200, `${shown}`)
  await undo()
  assert.deepEqual(await page.evaluate(() => window.editor.model.value.editor.muted), [0])
})

test('notes of a run stand in the status line, open at length and are put away', async () => {
  const notes = ['The drawing is stretched from 9 frames to 17.', 'Nothing moves.']
  const height = () => page.evaluate(() => window.editor.surface.canvas.clientHeight)
  const before = await height()
  await page.evaluate((notes) => window.editor.model.become({ notes }), notes)
  await settled(page)
  const line = page.locator('.tora-told')
  assert.equal(await line.innerText(), `${notes[0]} (+1)`)
  assert.equal(await height(), before, 'nothing moves below the pointer')
  await line.click()
  await settled(page)
  assert.deepEqual(await page.locator('.tora-low li').allInnerTexts(), notes)
  await page.keyboard.press('Escape')
  await settled(page)
  assert.equal(await page.locator('.tora-low').isVisible(), false)
  await line.click()
  await page.getByRole('button', { name: 'Understood' }).click()
  await settled(page)
  assert.equal(await line.isVisible(), false)
})

// --- Languages --------------------------------------------------------------------------------------------------------

test('texts are in the language that is asked for, and fall back to English', async () => {
  for (const [tag, lang] of [
    ['ja', 'ja'],
    ['zh-CN', 'zh'],
    ['de', 'en'],
    ['zh-TW', 'en'],
  ]) {
    // prettier-ignore
    await open(`?language=${tag}`)
    assert.equal(await page.locator('.tora-editor').getAttribute('lang'), lang)
    const hint = await page.locator('.tora-hint').innerText()
    const signs = { ja: /[\u3040-\u30ff]/, zh: /[\u4e00-\u9fff]/, en: /^[\x20-\x7e]+$/ }
    assert.match(hint, signs[lang])
  }
})

test('what was drawn and dropped while a picture was being dragged about stays where it was', async () => {
  await dragThrough(page, [{ x: 100, y: 100 }, { x: 300, y: 200 }, { x: 400, y: 400 }]) // prettier-ignore
  const before = await tracks(page)
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'x.json'))
    const options = { dataTransfer, bubbles: true, cancelable: true }
    window.editor.surface.canvas.dispatchEvent(new DragEvent('dragover', options))
  })
  assert.ok(await page.locator('.tora-drop').isVisible())
  await page.waitForFunction(() => !document.querySelector('.tora-drop').checkVisibility())
  assert.deepEqual(await tracks(page), before)
})
