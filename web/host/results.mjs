// The newest pictures or video that the graph has made, by reference.

import { comfy } from './app.mjs'
import { addressOf, backingIn, isMedia } from './files.mjs'

/** @typedef {import('./app.mjs').Output} Output */
/** @typedef {import('../ui/backings.mjs').Backing} Backing */
/** @typedef {Readonly<{ filename: string, subfolder?: string, type?: string }>} File */

/** Under these keys nodes give pictures and videos, core's and others'. */
const KEYS = ['images', 'gifs', 'video', 'videos']

/** So many of the last runs are looked at after the page was loaded anew. */
const LAST_RUNS = 8

let runs = 0
/** In which run a node's output came. @type {WeakMap<object, number>} */
const cameIn = new WeakMap()

/** What runs had left before the page was loaded, by the workflow's id. @type {Map<string, Backing | null>} */
const before = new Map()

export function followRuns() {
  const { api } = comfy()
  api.addEventListener('execution_start', () => void runs++)
  api.addEventListener('executed', (event) => {
    const output = /** @type {CustomEvent} */ (event).detail?.output
    if (output) cameIn.set(output, runs)
  })
}

/**
 * Of the last run that gave any; a video or several pictures before a single one, a saved file before a preview.
 * @param {() => void} onLater called where it has to be asked for, and is known then
 * @returns {Backing | null}
 */
export function lastResult(onLater) {
  const { app } = comfy()
  const found = best(Object.values(app.nodeOutputs ?? {}))
  if (found !== null) return found
  const id = app.rootGraph?.id
  if (!id) return null
  const known = before.get(id)
  if (known !== undefined) return known
  before.set(id, null)
  void lastRunOf(id).then((backing) => {
    before.set(id, backing)
    if (backing !== null) onLater()
  })
  return null
}

/**
 * @param {readonly Output[]} outputs
 * @returns {Backing | null}
 */
function best(outputs) {
  const found = outputs.flatMap((output) => {
    const files = mediaIn(output)
    if (files.length === 0) return []
    const backing = together(files)
    const isMoving = backing.kind !== 'picture' ? 1 : 0
    return [{ backing, rank: [cameIn.get(output) ?? 0, isMoving, files[0].type === 'temp' ? 0 : 1] }]
  })
  found.sort((a, b) => b.rank.reduce((order, value, i) => order || value - a.rank[i], 0))
  return found[0]?.backing ?? null
}

/**
 * @param {Output} output
 * @returns {File[]}
 */
function mediaIn(output) {
  return KEYS.flatMap((key) => (Array.isArray(output?.[key]) ? output[key] : [])).filter(
    (file) => typeof file?.filename === 'string' && isMedia(file.filename) && file.type !== 'input',
  )
}

/**
 * @param {readonly File[]} files one or more of one node
 * @returns {Backing}
 */
function together(files) {
  const backings = files.map(backingIn)
  const video = backings.find(({ kind }) => kind === 'video')
  if (video || files.length === 1) return video ?? backings[0]
  return { ...backings[0], kind: 'pictures', addresses: files.map(addressOf) }
}

/**
 * @param {string} id of a workflow
 * @returns {Promise<Backing | null>}
 */
async function lastRunOf(id) {
  try {
    const answer = await comfy().api.fetchApi(`/history?max_items=${LAST_RUNS}`)
    const items = Object.values(await answer.json()).reverse()
    for (const item of items) {
      if (item.prompt?.[3]?.extra_pnginfo?.workflow?.id !== id) continue
      const found = best(Object.values(item.outputs ?? {}))
      if (found !== null) return found
    }
  } catch {
    // Without the history there is no result yet, as after a start of the server.
  }
  return null
}
