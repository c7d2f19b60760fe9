// Trajectories of other programs, read and written by the pack's routes on ComfyUI's server (nodes/host/routes.py).

import { ReadError } from '../ui/reading.mjs'
import { comfy } from './app.mjs'

/** @typedef {import('../ui/reading.mjs').Formats} Formats */
/** @typedef {import('../ui/reading.mjs').KnownFormat} KnownFormat */

const ROUTE = '/tora/trajectory'

/** @type {readonly KnownFormat[] | null} */
let known = null

/** @type {Formats} */
export const formats = {
  read: async (parts, { width, height, frames }, format) => {
    const query = new URLSearchParams({ width: `${width}`, height: `${height}`, frames: `${frames}` })
    if (format !== null) query.set('format', format)
    return asked(`/read?${query}`, bodyOf(parts))
  },
  write: async (document, format, name) => {
    const answer = await asked(`/write?${new URLSearchParams({ format, name })}`, document)
    const bytes = Uint8Array.from(atob(answer.base64), (letter) => letter.charCodeAt(0))
    return { name: answer.name, bytes, notes: answer.notes }
  },
  formats: async () => {
    known ??= /** @type {readonly KnownFormat[]} */ ((await asked('/formats')).formats)
    return known
  },
}

/**
 * One text or file is the body itself, several are a form.
 * @param {readonly (File | string)[]} parts
 * @returns {BodyInit}
 */
function bodyOf(parts) {
  if (parts.length === 1 && typeof parts[0] === 'string') return parts[0]
  const form = new FormData()
  for (const part of parts) form.append('file', typeof part === 'string' ? new File([part], 'text.txt') : part)
  return form
}

/**
 * @param {string} route
 * @param {BodyInit} [body]
 * @returns {Promise<any>} throws ReadError in words
 */
async function asked(route, body) {
  let answer
  try {
    answer = await comfy().api.fetchApi(`${ROUTE}${route}`, body === undefined ? {} : { method: 'POST', body })
  } catch (error) {
    throw new ReadError(String(error)) // the server is gone, or a file can't be read any more
  }
  const text = await answer.text()
  const value = parsed(text)
  if (answer.ok && value) return value
  throw new ReadError(value?.error ?? `${answer.status} ${answer.statusText}`, value?.formats ?? [])
}

/**
 * @param {string} text
 * @returns {any} null where it is no JSON, as of a proxy's own pages
 */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
