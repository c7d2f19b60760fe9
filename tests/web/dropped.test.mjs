// What is dropped, files and folders alike.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOf } from '../../web/ui/dropped.mjs'

const file = (name) => ({ isFile: true, isDirectory: false, name, file: (done) => done(new File(['x'], name)) })

/** A folder that gives its entries by twos, as browsers give them by hundreds. */
function folder(name, ...entries) {
  const createReader = () => {
    const left = [...entries]
    return { readEntries: (done) => done(left.splice(0, 2)) }
  }
  return { isFile: false, isDirectory: true, name, createReader }
}

const dropped = (...entries) => ({
  items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry, getAsFile: () => null })),
})
const names = async (...entries) => (await filesOf(dropped(...entries))).map(({ name }) => name)

test('folders are looked through, however many entries they have', async () => {
  const inner = folder('inner', file('4.txt'))
  assert.deepEqual(await names(file('a.json'), folder('clip', file('1.txt'), file('2.txt'), file('3.txt'), inner)), [
    ...['a.json', '1.txt', '2.txt', '3.txt', '4.txt'],
  ])
})

test('hidden files, and files that can not be read, are left out', async () => {
  const broken = { ...file('b.txt'), file: (done, failed) => failed(new Error('gone')) }
  assert.deepEqual(await names(folder('clip', file('.DS_Store'), broken, file('1.txt')), folder('.git', file('x'))), [
    '1.txt',
  ])
})

test('of a huge folder only so many files are taken', async () => {
  const many = Array.from({ length: 1500 }, (_, i) => file(`${i}.txt`))
  assert.equal((await names(folder('all', ...many))).length, 1000)
})

test('where a browser knows no entries the files themselves are taken, and texts are none', async () => {
  const one = new File(['x'], 'x.svg')
  const items = [
    { kind: 'file', getAsFile: () => one },
    { kind: 'string', getAsFile: () => null },
    { kind: 'file', webkitGetAsEntry: () => null, getAsFile: () => null },
  ]
  assert.deepEqual(await filesOf({ items }), [one])
})
