// Nodes 2.0 keeps the elements of a node that is gone on the screen where a new node has its id: after an undo, in
// another workflow. Frontend 1.58 then leaves the old widget in it, so that one would draw into a node that is no more.

import { comfy } from './app.mjs'

/** @typedef {import('./app.mjs').Node} Node */

/** So long the frontend may take to show a new node. */
const MOST_FRAMES = 60

/**
 * Put a new widget's element in the place of the one that its node's forerunner left, should the frontend not do so.
 * @param {Node} node
 * @param {HTMLElement} element
 */
export function takePlace(node, element) {
  let frames = 0
  const look = () => {
    if (element.isConnected || frames++ > MOST_FRAMES) return
    const isShown = node.graph && node.graph === comfy().app.canvas?.graph
    const place = `[data-node-id="${CSS.escape(String(node.id))}"]`
    const old = isShown && document.querySelector(`${place} .tora-holder`)
    if (old) old.replaceWith(element)
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
