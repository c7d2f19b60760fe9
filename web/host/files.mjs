// Pictures and videos in ComfyUI's folders, by reference.

import { backingOf } from '../ui/backdrop.mjs'
import { ReadError } from '../ui/reading.mjs'
import { comfy } from './app.mjs'

/** @typedef {import('../editor/document/settings.mjs').FileReference} FileReference */
/** @typedef {import('../ui/backings.mjs').Backing} Backing */

const MEDIA = /\.(png|jpe?g|webp|gif|bmp|avif|mp4|m4v|webm|mov|mkv|ogv|avi)$/i
/** "folder/name.png [input]", as file widgets write it. */
const NAMED = /^(?:(.*)[\\/])?([^\\/]+?)(?: \[(input|output|temp)\])?$/

/** Below the input folder: what was dropped on an editor. */
const FOLDER = 'tora'

/**
 * @param {Readonly<{ filename: string, subfolder?: string, type?: string }>} file
 * @returns {string}
 */
export function addressOf({ filename, subfolder = '', type = 'input' }) {
  return comfy().api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`)
}

/**
 * @param {unknown} value of a widget
 * @returns {FileReference | null} the picture or video that it names
 */
export function mediaNamed(value) {
  if (typeof value !== 'string') return null
  const [, subfolder = '', filename = '', type = 'input'] = NAMED.exec(value) ?? []
  if (!isMedia(filename)) return null
  return { filename, subfolder, type: /** @type {FileReference['type']} */ (type) }
}

/** @param {string} filename */
export function isMedia(filename) {
  return MEDIA.test(filename)
}

/**
 * @param {Readonly<{ filename: string, subfolder?: string, type?: string }>} file
 * @returns {Backing}
 */
export function backingIn(file) {
  return backingOf(file, addressOf(file))
}

/**
 * Puts a picture or video into the input folder. A file of the same name that holds something else stays.
 * @param {File} file
 * @returns {Promise<FileReference>} throws ReadError
 */
export async function keep(file) {
  const body = new FormData()
  body.append('image', file, file.name)
  body.append('subfolder', FOLDER)
  try {
    const answer = await comfy().api.fetchApi('/upload/image', { method: 'POST', body })
    if (!answer.ok) throw new ReadError(`${answer.status} ${answer.statusText}`)
    const { name, subfolder } = await answer.json()
    return { filename: name, subfolder, type: 'input' }
  } catch (error) {
    throw error instanceof ReadError ? error : new ReadError(String(error))
  }
}
