// The picture at a node's background input, by reference: a Load Image node upstream names a file of the input folder.

import { comfy } from './app.mjs'

/** @typedef {import('./app.mjs').Node} Node */

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|avif)$/i
/** "folder/name.png [input]", as file widgets write it. */
const NAMED = /^(?:(.*)[\\/])?([^\\/]+?)(?: \[(input|output|temp)\])?$/
/** Nodes that pass a picture on as it is. */
const MOST_STEPS = 8

/**
 * @param {Node} node
 * @param {import('../editor/document/settings.mjs').FileReference | null} last what the last run had there
 * @returns {string | null} its address
 */
export function pictureOf(node, last) {
  const slot = node.inputs?.findIndex((input) => input.name === 'background') ?? -1
  let from = slot >= 0 ? node.getInputNode?.(slot) : null
  for (let step = 0; from?.type === 'Reroute' && step < MOST_STEPS; step++) from = from.getInputNode?.(0) ?? null
  const file = from?.widgets?.find((widget) => typeof widget.value === 'string' && PICTURE.test(bare(widget.value)))
  if (!file) return from && last ? addressOf(last) : null
  const [, subfolder = '', filename = '', type = 'input'] = NAMED.exec(file.value) ?? []
  return filename ? addressOf({ filename, subfolder, type }) : null
}

/** @param {Readonly<{ filename: string, subfolder?: string, type?: string }>} file */
function addressOf({ filename, subfolder = '', type = 'input' }) {
  return comfy().api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`)
}

/** @param {string} name */
function bare(name) {
  return name.replace(/ \[\w+\]$/, '')
}
