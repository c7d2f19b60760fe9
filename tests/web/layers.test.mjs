// Who may import whom (web/README.md), read off the source.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const EDITOR = fileURLToPath(new URL('../../web/editor/', import.meta.url))

/** From the top down. An import goes to a lower floor or stays in its room; rooms on one floor don't know each other. */
const FLOORS = [
  ['readout'],
  ['edit', 'flow'],
  ['document', 'draw', 'view'],
  ['camera'],
  ['sampling'],
  ['time', 'curves'],
  ['base'],
]
const LONGEST = 250

const floorOf = (room) => FLOORS.findIndex((rooms) => rooms.includes(room))

const files = readdirSync(EDITOR, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(EDITOR, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))

/** What a file imports, also as a type, each as a path below editor/ or as it stands if that is not relative. */
function imported(file, source) {
  const names = [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1])
  return names.map((name) => (name.startsWith('.') ? join(dirname(file), name).replaceAll('\\', '/') : name))
}

/** What of it is not allowed. */
function breaches(file, source) {
  const [room] = file.split('/')
  return imported(file, source).filter((target) => {
    const [other] = target.split('/')
    return !files.includes(target) || (other !== room && floorOf(other) <= floorOf(room))
  })
}

test('there are modules in every room, and no room without a floor', () => {
  assert.deepEqual([...new Set(files.map((file) => file.split('/')[0]))].sort(), FLOORS.flat().sort())
})

for (const file of files) {
  const source = readFileSync(join(EDITOR, file), 'utf8')
  test(`imports go down, the file is short and is no script that ComfyUI loads: ${file}`, () => {
    assert.deepEqual(breaches(file, source), [])
    assert.ok(source.split('\n').length - 1 <= LONGEST, `more than ${LONGEST} lines`)
    assert.ok(Math.max(...source.split('\n').map((line) => line.length)) <= 120, 'a line of more than 120 characters')
    assert.match(file, /\.mjs$/)
  })
}

test('the reader of imports sees a breach', () => {
  const seen = (file, source) => breaches(file, source).length
  assert.equal(seen('base/x.mjs', "import { pick } from '../view/picking.mjs'"), 1)
  assert.equal(seen('flow/x.mjs', "/** @typedef {import('../edit/change.mjs').X} X */"), 1)
  assert.equal(seen('flow/x.mjs', "await import('three')"), 1)
  assert.equal(seen('view/x.mjs', "import { clamp } from '../base/geometry.mjs'"), 0)
})

const WEB = fileURLToPath(new URL('../../web/', import.meta.url))
/** Above the editor's rooms: who may import from which folder. Only host/ and the entry know ComfyUI. */
const PAGE = { ui: ['ui', 'worker', 'editor'], worker: ['editor'], host: ['host', 'ui', 'editor'], 'tora.js': ['host'] }
const LONGEST_OF_PAGE = 300

const scripts = readdirSync(WEB, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.m?js$/.test(entry.name))
  .map((entry) => relative(WEB, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))

test('ComfyUI loads one file by itself, the entry', () => {
  assert.deepEqual(
    scripts.filter((file) => file.endsWith('.js')),
    ['tora.js'],
  )
})

for (const file of scripts.filter((file) => !file.startsWith('editor/'))) {
  test(`the page's part keeps to its layer and is short: ${file}`, () => {
    const source = readFileSync(join(WEB, file), 'utf8')
    const allowed = PAGE[file.split('/')[0]]
    assert.ok(allowed, 'a folder that no layer is known of')
    const bad = imported(file, source).filter(
      (target) => !scripts.includes(target) || !allowed.includes(target.split('/')[0]),
    )
    assert.deepEqual(bad, [])
    if (!file.startsWith('host/') && file !== 'tora.js') assert.doesNotMatch(source, /comfyAPI|LiteGraph|window\.app\b/)
    assert.ok(source.split('\n').length - 1 <= LONGEST_OF_PAGE, `more than ${LONGEST_OF_PAGE} lines`)
    if (file !== 'ui/icons.mjs') {
      assert.ok(Math.max(...source.split('\n').map((line) => line.length)) <= 120, 'a line of more than 120 characters')
    }
  })
}

test('every text of the editor is used, and every used one is there', () => {
  const strings = readFileSync(join(WEB, 'ui/strings.mjs'), 'utf8')
  const known = [...strings.matchAll(/^ {2}'?([\w.-]+)'?: ['"]/gm)].map((match) => match[1])
  const code = scripts.filter((file) => /^ui\/(?!strings|languages)/.test(file))
  const source = code.map((file) => readFileSync(join(WEB, file), 'utf8')).join('\n')
  assert.ok(known.length > 100)
  const made = /^(tool|preset|curve|easing|outside|background|fit|empty|warning)\./
  assert.deepEqual(
    known.filter((key) => !made.test(key) && !source.includes(`'${key}'`)),
    [],
  )
})

test('every class of the stylesheets has the prefix of the editor', () => {
  const folder = join(WEB, 'ui/styles')
  const sheets = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const asked = readFileSync(join(WEB, 'ui/editor.mjs'), 'utf8').match(/STYLES = \[(.*)\]/)?.[1] ?? ''
  assert.deepEqual(
    readdirSync(folder).sort(),
    asked
      .replaceAll("'", '')
      .split(', ')
      .map((name) => `${name}.css`)
      .sort(),
  )
  for (const sheet of sheets) assert.ok(sheet.split('\n').length <= 300, 'a stylesheet of more than 300 lines')
  const css = sheets.join('\n').replace(/\/\*.*?\*\//gs, '')
  const classes = [...css.matchAll(/\.([a-z][\w-]*)/gi)].map((match) => match[1])
  assert.ok(classes.length > 50)
  assert.deepEqual(
    classes.filter((name) => !name.startsWith('tora-')),
    [],
  )
  const selectors = [...css.matchAll(/^([^@}\s][^{}]*)\{/gm)].flatMap((match) => match[1].split(','))
  assert.deepEqual(
    selectors.filter((selector) => !selector.trim().startsWith('.tora-')),
    [],
  )
})
