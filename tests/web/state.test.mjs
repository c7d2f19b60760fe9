// The saved dict: what is written is read again, and whatever else stands there loads without loss.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTrajectory } from '../../web/editor/document/read.mjs'
import { DEFAULT_CANVAS, loadState } from '../../web/editor/document/load.mjs'
import { saveState } from '../../web/editor/document/save.mjs'
import { SETTING_DEFAULTS, changeSettings } from '../../web/editor/document/settings.mjs'
import { discardKept } from '../../web/editor/edit/canvas.mjs'
import { setFields } from '../../web/editor/edit/tracks.mjs'
import { sameDrawing } from '../../web/editor/edit/history.mjs'
import { drawing, frozen, points } from './drawings.mjs'

const TWO = drawing({ points: points([1, 2], [3, 4]), name: 'a' }, { points: points([5, 6]), curve: 'polyline' })
const SAVED = JSON.parse(JSON.stringify(saveState(TWO)))

/** SAVED with another trajectory field. */
function withTrajectory(changes) {
  return frozen({ ...SAVED, trajectory: { ...SAVED.trajectory, ...changes } })
}

function withTrack(changes) {
  return withTrajectory({ tracks: [SAVED.trajectory.tracks[0], { ...SAVED.trajectory.tracks[1], ...changes }] })
}

test('nothing is a new empty drawing of the given canvas', () => {
  for (const value of [undefined, null, '']) {
    const canvas = { width: 64, height: 48, frames: 9, fps: 12 }
    const { document, settings, problems, untouched } = loadState(value, canvas)
    assert.deepEqual(document, { ...canvas, tracks: [], camera: null, nextId: 1, kept: [] })
    assert.deepEqual([settings, problems, untouched], [SETTING_DEFAULTS, [], false])
  }
  assert.deepEqual(loadState(null).document.width, DEFAULT_CANVAS.width)
})

test('what is saved is read again, as a dict and as its JSON text', () => {
  const hidden = setFields(setFields(TWO, [2], { hidden: true }), [1, 2], { locked: true })
  const settings = changeSettings(SETTING_DEFAULTS, {
    background: { filename: 'dog.png', subfolder: 'pets', type: 'input' },
    gridPx: 24,
    view: { scale: 2, x: 80, y: 40.5 },
  })
  const saved = saveState(hidden, settings)
  for (const value of [JSON.parse(JSON.stringify(saved)), JSON.stringify(saved)]) {
    const loaded = loadState(value)
    assert.deepEqual(loaded.document, hidden)
    assert.deepEqual(loaded.settings, settings)
    assert.deepEqual(loaded.problems, [])
  }
})

test('the trajectory of a saved dict is what Python reads strictly, without anything of the editor', () => {
  const saved = saveState(setFields(TWO, [1], { hidden: true }))
  assert.doesNotThrow(() => readTrajectory(saved.trajectory))
  assert.deepEqual(saved.editor, { hidden: [0] })
  assert.deepEqual(Object.keys(saved), ['version', 'trajectory', 'editor'])
})

test('only settings that differ from their default are written', () => {
  assert.deepEqual(saveState(TWO).editor, {})
  assert.deepEqual(saveState(TWO, changeSettings(SETTING_DEFAULTS, { loop: false })).editor, { loop: false })
})

test('a bare trajectory is a drawing', () => {
  const { document, problems, untouched } = loadState(SAVED.trajectory)
  assert.ok(sameDrawing(document, TWO))
  assert.deepEqual([problems, untouched], [[], false])
})

test('a broken track is mended as far as it goes, and kept whole with the reason', () => {
  const value = withTrack({ strength: 'much', radius: 20, points: [{ x: 5, y: 6, z: 7 }, { x: 'left', y: 0 }, null] })
  const { document, problems } = loadState(value)
  assert.equal(document.tracks.length, 2)
  assert.deepEqual(document.tracks[1].points, points([5, 6]))
  assert.deepEqual([document.tracks[1].strength, document.tracks[1].radius], [1, 20])
  assert.deepEqual(
    problems.map(({ code, place }) => [code, place]),
    [['broken', 'tracks[1]']],
  )
  assert.match(problems[0].reason, /tracks\[1\]\.strength is "much"/)
  assert.deepEqual(document.kept[0].value, value.trajectory.tracks[1])
})

test('a track without a usable point is left out and kept, and hidden ones keep their place', () => {
  const tracks = [{ points: [] }, SAVED.trajectory.tracks[0], 7, SAVED.trajectory.tracks[1]]
  const value = frozen({ ...withTrajectory({ tracks }), editor: { hidden: [3], locked: [1] } })
  const { document } = loadState(value)
  assert.deepEqual(
    document.tracks.map(({ hidden, locked }) => [hidden, locked]),
    [
      [false, true],
      [true, false],
    ],
  )
  assert.deepEqual(
    document.kept.map(({ value: kept }) => kept),
    [{ points: [] }, 7],
  )
})

test('key times that contradict each other are dropped in a mended track', () => {
  const value = withTrack({
    end: 0.5,
    points: [
      { x: 1, y: 1, t: 0.2 },
      { x: 2, y: 2, t: 0.1 },
      { x: 3, y: 3, t: 0.9 },
    ],
  })
  const [, track] = loadState(value).document.tracks
  assert.deepEqual(track.points, [
    { x: 1, y: 1, t: 0.2 },
    { x: 2, y: 2 },
    { x: 3, y: 3 },
  ])
})

for (const [what, changes] of Object.entries({
  'a width that is none': { width: 'wide' },
  'no frames': { frames: null },
  'an unknown key': { colour: 'red' },
  'a missing version': { version: undefined },
  'tracks that are no list': { tracks: 'all' },
})) {
  test(`the rest of the drawing stays, and the value is kept: ${what}`, () => {
    const value = JSON.parse(JSON.stringify(withTrajectory(changes)))
    const loaded = loadState(value, { width: 64, height: 48, frames: 9, fps: 8 })
    assert.equal(loaded.problems.length, 1)
    assert.equal(loaded.untouched, false)
    assert.equal(loaded.document.kept.length, 1)
    assert.equal(loaded.document.height, 96)
    assert.equal(loaded.document.tracks.length, what === 'tracks that are no list' ? 0 : 2)
  })
}

test('what was kept is saved, read again without a new complaint, and gone when it is discarded', () => {
  const first = loadState(withTrack({ points: 'none' }))
  const again = loadState(JSON.parse(JSON.stringify(saveState(first.document))))
  assert.deepEqual(again.document.kept, first.document.kept)
  assert.deepEqual(again.problems, [])
  assert.deepEqual(saveState(discardKept(again.document)).editor, {})
})

test('settings are read one by one: a broken one has its default and is kept', () => {
  const value = frozen({ ...SAVED, editor: { gridPx: 'small', loop: false, view: { scale: 0, x: 0, y: 0 } } })
  const { settings, problems, document } = loadState(value)
  assert.deepEqual([settings.gridPx, settings.loop, settings.view], [32, false, null])
  assert.deepEqual(
    problems.map(({ place }) => place),
    ['editor.gridPx', 'editor.view.scale'],
  )
  assert.deepEqual(
    document.kept.map((kept) => kept.value),
    ['small', { scale: 0, x: 0, y: 0 }],
  )
})

test('keys of the editor that this version does not know are written back', () => {
  const { document, settings, other, problems } = loadState(frozen({ ...SAVED, editor: { onion: { skin: 3 } } }))
  assert.deepEqual(problems, [])
  assert.deepEqual(saveState(document, settings, other).editor, { onion: { skin: 3 } })
})

for (const background of [
  { filename: '../../etc/passwd', subfolder: '', type: 'input' },
  { filename: 'a.png', subfolder: 'x/../..', type: 'input' },
  { filename: 'a.png', subfolder: '', type: 'anywhere' },
  { filename: '', subfolder: '', type: 'input' },
  { filename: '..', subfolder: '', type: 'input' },
  'data:image/png;base64,AAAA',
]) {
  test(`a background must be a file of the host's folders: ${JSON.stringify(background)}`, () => {
    const { settings, problems } = loadState(frozen({ ...SAVED, editor: { background } }))
    assert.equal(settings.background, null)
    assert.equal(problems.length, 1)
    assert.throws(() => changeSettings(SETTING_DEFAULTS, { background }))
  })
}

test('a later version is not touched: empty to the user, kept whole, and told', () => {
  for (const value of [{ version: 2, motion: [] }, withTrajectory({ version: 2, tracks: [{ shape: 'new' }] })]) {
    const { document, problems, untouched } = loadState(value)
    assert.equal(untouched, true)
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['later'],
    )
    assert.equal(document.tracks.length, 0)
    assert.equal(document.kept[0].value, value)
  }
})

/** A list in a list in a list ... */
function nested(levels) {
  let value = []
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

const loop = { trajectory: {} }
loop.trajectory.tracks = [loop]

for (const [what, value] of Object.entries({
  'text that is no JSON': '[{"x":1,',
  'a list': [1, 2],
  'a number': 5,
  true: true,
  'an empty object': {},
  'a spline of another pack': '[{"x":10,"y":20}]',
  'a trajectory that is null': { version: 1, trajectory: null },
  'a version that is text': { version: 'one', trajectory: SAVED.trajectory },
  'a version from before the first': { version: 0, trajectory: SAVED.trajectory },
  'a thousand levels': { version: 1, trajectory: nested(1000) },
  'a hundred thousand levels': nested(100_000),
  'a text of a hundred thousand brackets': '['.repeat(100_000),
  'a thousand levels where nothing is read': { ...SAVED, editor: { onion: nested(1000) } },
  'a loop': loop,
  'text beyond 16 MiB': ' '.repeat(16 * 1024 * 1024 + 1),
})) {
  test(`something else is kept whole and given back untouched: ${what}`, () => {
    const { document, problems, untouched } = loadState(value)
    assert.equal(untouched, true)
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['unreadable'],
    )
    assert.equal(document.kept[0].value, value)
    assert.equal(document.tracks.length, 0)
  })
}

test('keys that reach into prototypes do nothing', () => {
  const text = `{"version":1,"trajectory":${JSON.stringify(SAVED.trajectory)},"editor":{"__proto__":{"loop":false},"constructor":1}}`
  const { settings } = loadState(text)
  assert.equal(settings.loop, true)
  assert.equal({}.loop, undefined)
})

test('more tracks than Python takes: the first thousand are used, the rest is kept', () => {
  const value = withTrajectory({ tracks: Array(1003).fill(SAVED.trajectory.tracks[1]) })
  const { document } = loadState(value)
  assert.equal(document.tracks.length, 1000)
  assert.equal(document.kept[0].value.length, 3)
})
