// Which of the tables of texts is shown.

import { JAPANESE } from './languages/ja.mjs'
import { CHINESE } from './languages/zh.mjs'
import { use } from './strings.mjs'

/** @typedef {Readonly<Partial<Record<import('./strings.mjs').TextKey, string>>>} Texts */

/** @type {Readonly<Record<string, Texts>>} */
export const LANGUAGES = { en: {}, ja: JAPANESE, zh: CHINESE }

/** Tags of Chinese that is not written in simplified signs. */
const TRADITIONAL = /^zh-(tw|hk|mo|hant)\b/i

/**
 * Editors made from now on are in this language.
 * @param {string} tag such as ja, zh-CN or en-US; what there is no table for is English
 */
export function setLanguage(tag) {
  const name = languageOf(tag)
  use(LANGUAGES[name], name)
}

/**
 * @param {string} tag
 * @returns {string} one of LANGUAGES
 */
export function languageOf(tag) {
  const [name] = tag.toLowerCase().split(/[-_]/)
  return Object.hasOwn(LANGUAGES, name) && !TRADITIONAL.test(tag.replace('_', '-')) ? name : 'en'
}
