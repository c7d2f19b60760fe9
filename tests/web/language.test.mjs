// The translations of the editor's texts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LANGUAGES, languageOf, setLanguage } from '../../web/ui/language.mjs'
import { ENGLISH, languageTag, t, use } from '../../web/ui/strings.mjs'

const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
const translated = Object.entries(LANGUAGES).filter(([tag]) => tag !== 'en')

test('there is Japanese and Chinese', () => {
  assert.deepEqual(Object.keys(LANGUAGES), ['en', 'ja', 'zh'])
})

for (const [tag, table] of translated) {
  test(`${tag} has every text of the English one and no other`, () => {
    const missing = Object.keys(ENGLISH).filter((key) => !(key in table))
    const unknown = Object.keys(table).filter((key) => !(key in ENGLISH))
    assert.deepEqual({ missing, unknown }, { missing: [], unknown: [] })
  })

  test(`${tag} has the same {names} in each text, and is written in its own signs`, () => {
    for (const [key, text] of Object.entries(table)) {
      assert.deepEqual(names(text), names(ENGLISH[key] ?? ''), key)
      assert.equal(text, text.trim(), key)
    }
    const signs = { ja: /[\u3040-\u30ff\u4e00-\u9fff]/, zh: /[\u4e00-\u9fff]/ }
    const foreign = Object.keys(table).filter((key) => !signs[tag].test(table[key]))
    assert.deepEqual(foreign, ['x', 'y', 'ownFormat'])
    // Kana in a Chinese text would be one that slipped into the wrong table.
    if (tag === 'zh') assert.deepEqual(Object.keys(table).filter((key) => /[\u3040-\u30ff]/.test(table[key])), []) // prettier-ignore
  })
}

test('the language is found by its tag, and is English where there is none', () => {
  const found = (tags) => tags.map(languageOf)
  assert.deepEqual(found(['ja', 'ja-JP', 'JA', 'ja_JP']), ['ja', 'ja', 'ja', 'ja'])
  assert.deepEqual(found(['zh', 'zh-CN', 'zh-Hans', 'zh-Hans-SG']), ['zh', 'zh', 'zh', 'zh'])
  assert.deepEqual(found(['zh-TW', 'zh-Hant', 'zh_HK', 'zh-Hant-TW']), ['en', 'en', 'en', 'en'])
  assert.deepEqual(found(['', 'en-GB', 'de', 'jam', 'toString', 'undefined']), ['en', 'en', 'en', 'en', 'en', 'en'])
})

test('a text that a table lacks is shown in English, and values are put in', () => {
  use({ undo: 'X {number}' }, 'xx')
  assert.deepEqual([t('undo', { number: 3 }), t('redo'), languageTag()], ['X 3', 'Redo', 'xx'])
  assert.equal(t('track'), 'Track {number}')
  setLanguage('ja')
  assert.deepEqual([t('track', { number: 2 }), languageTag()], ['トラック 2', 'ja'])
  setLanguage('fr')
  assert.deepEqual([t('track', { number: 2 }), languageTag()], ['Track 2', 'en'])
})
