// Edits that the document's limits refuse: too many tracks or points, or points too far out. The user is told.

import { EditorError } from '../editor/base/checks.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/**
 * @template T
 * @param {Model} model
 * @param {() => T} edit
 * @returns {T | null} null: it was refused, and that is told; a gesture under way is given up
 */
export function attempt(model, edit) {
  try {
    return edit()
  } catch (error) {
    if (!(error instanceof EditorError)) throw error
    model.cancel()
    model.become({ message: error.message })
    return null
  }
}
