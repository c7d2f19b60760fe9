// The golden files, and comparing with them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'

const FOLDER = new URL('../golden/editor/', import.meta.url)

/** The parsed file `name`.json of tests/golden/editor. */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'))
}

/** The bytes of a packed array. */
export function unpacked(text) {
  return inflateSync(Buffer.from(text, 'base64'))
}

/** Numbers agree within `absolute`, or `relative` of their size if that is more. */
export function assertNear(actual, expected, { absolute, relative = 0, what }) {
  assert.equal(actual.length, expected.length, `${what}: length`)
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i] - expected[i])
    worst = Math.max(worst, off)
    const allowed = Math.max(absolute, relative * Math.abs(expected[i]))
    assert.ok(off <= allowed, `${what}: number ${i} is ${actual[i]}, expected ${expected[i]}, ${off} off`)
  }
  return worst
}
