// What is at a node's background input: a file upstream shows at once, anything else as the last run had it.

import { addressOf, backingIn, mediaNamed } from './files.mjs'

/** @typedef {import('./app.mjs').Node} Node */
/** @typedef {import('./run.mjs').Told} Told */
/** @typedef {import('../ui/backings.mjs').Backing} Backing */

/** Nodes that pass pictures on as they are, through their first input. */
const PASSING = ['Reroute', 'GetVideoComponents']
const MOST_STEPS = 8

/** Nodes whose file is what they give, whole. Others may cut or change it: a run tells. */
const EXACT = ['LoadImage', 'LoadImageOutput', 'LoadVideo']

/**
 * @param {Node} node
 * @param {Told} told what the last run told of the node
 * @returns {Backing | null}
 */
export function backgroundOf(node, told) {
  const slot = node.inputs?.findIndex(({ name }) => name === 'background') ?? -1
  const link = slot >= 0 ? (node.inputs?.[slot].link ?? null) : null
  if (link === null) return null
  const from = sourceOf(node, slot)
  const file = fileOf(from)
  const isMoving = (told.background?.count ?? 1) > 1 // where the page would show the first picture only
  const backing = file && backingIn(file)
  const isExact = EXACT.includes(from?.type ?? '') && !(isMoving && backing?.kind === 'picture')
  if (backing && (isExact || !told.background)) return { ...backing, otherwise: told.background }
  return told.background
}

/**
 * The file upstream, by which one sees that another was chosen since the last run.
 * @param {Node} node
 * @returns {string}
 */
export function fileUpstream(node) {
  const slot = node.inputs?.findIndex(({ name }) => name === 'background') ?? -1
  const file = slot >= 0 ? fileOf(sourceOf(node, slot)) : null
  return file ? addressOf(file) : ''
}

/**
 * @param {Node} node
 * @param {number} slot
 */
function sourceOf(node, slot) {
  let from = node.getInputNode?.(slot) ?? null
  for (let step = 0; from && PASSING.includes(from.type) && step < MOST_STEPS; step++) {
    from = from.getInputNode?.(0) ?? null
  }
  return from
}

/** @param {Node | null} from */
function fileOf(from) {
  for (const { value } of from?.widgets ?? []) {
    const file = mediaNamed(value)
    if (file) return file
  }
  return null
}
