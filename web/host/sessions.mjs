// What editors were when their node was last changed: a host undo builds the node anew, and so does another workflow.

import { comfy } from './app.mjs'

/** @typedef {import('./app.mjs').Node} Node */
/** @typedef {import('../ui/model.mjs').Session} Session */

/** By graph, subgraph and node. @type {Map<string, Session>} */
const sessions = new Map()
const MOST_SESSIONS = 40

/**
 * @param {Node} node
 * @param {Session} session
 */
export function keepSession(node, session) {
  const [place] = placesOf(node)
  if (place === undefined) return
  sessions.delete(place)
  sessions.set(place, session)
  const [oldest] = sessions.keys()
  if (sessions.size > MOST_SESSIONS) sessions.delete(oldest)
}

/**
 * @param {Node} node
 * @returns {Session | null} of the last editor in the place of this node; it may have been another's
 */
export function sessionOf(node) {
  const known = placesOf(node).find((place) => sessions.has(place))
  return known === undefined ? null : (sessions.get(known) ?? null)
}

const NO_GRAPH_ID = '00000000-0000-0000-0000-000000000000'

/**
 * Names for the place of a node, the best one first. By the id of its graph, as the workflow that is being loaded is
 * not the active one yet. A graph has none until it was loaded once, so an undo also goes by the workflow's path.
 * @param {Node} node
 * @returns {string[]} none before it is in a graph
 */
function placesOf({ graph, id }) {
  if (!graph || id === -1) return []
  const root = graph.rootGraph ?? graph
  const inside = root === graph ? '' : (graph.id ?? '')
  const { path = '', changeTracker } = comfy().app.extensionManager?.workflow?.activeWorkflow ?? {}
  const isNamed = root.id && root.id !== NO_GRAPH_ID
  const owners = isNamed ? [root.id, ...(changeTracker?._restoringState ? [path] : [])] : [path]
  return owners.map((owner) => [owner, inside, id].join('|'))
}
