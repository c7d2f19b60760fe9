// Where an edit takes away, hides or switches off what has the focus, the focus goes on to what is next to it: else the
// page would have it, and keys would do nothing.

const FOCUSABLE = 'button, input, select, canvas, [tabindex]'
/** Beyond these nothing is next to what was lost. */
const WHOLES = '.tora-editor, .tora-area, .tora-tracks, .tora-properties'

/**
 * Where an element stood, from itself up to the part of the editor that it is in.
 * @typedef {Readonly<{ element: Element, next: Element | null, previous: Element | null }>[]} Trail
 */

/**
 * @param {HTMLElement} body the editor
 * @param {HTMLElement} home what gets the focus where nothing is near
 * @returns {() => void} to be called when something may have changed
 */
export function keepFocus(body, home) {
  /** @type {Trail} */
  let trail = []
  body.addEventListener('focusin', ({ target }) => {
    trail = target instanceof Element ? trailOf(target) : []
  })
  body.addEventListener('focusout', ({ target }) => {
    requestAnimationFrame(() => {
      const last = trail[0]?.element
      // Where it is still there, the user has left it.
      if (last && last === target && document.activeElement !== last && canHaveFocus(last)) trail = []
    })
  })
  const look = () => {
    const lost = trail[0]?.element
    if (!lost || lost === home || canHaveFocus(lost)) return
    const { activeElement } = document
    const isElsewhere = activeElement !== null && activeElement !== document.body && activeElement !== lost
    const near = isElsewhere ? null : (nearestOf(trail) ?? home)
    trail = []
    near?.focus({ preventScroll: true })
  }
  // What opens and closes by itself tells nobody.
  for (const name of ['click', 'keydown', 'change']) {
    body.addEventListener(name, () => void requestAnimationFrame(look))
  }
  return look
}

/**
 * @param {Element} element
 * @returns {Trail}
 */
function trailOf(element) {
  const trail = []
  for (let at = /** @type {Element | null} */ (element); at && !at.matches(WHOLES); at = at.parentElement) {
    trail.push({ element: at, next: at.nextElementSibling, previous: at.previousElementSibling })
  }
  return trail
}

/** @param {Trail} trail */
function nearestOf(trail) {
  for (const { element, next, previous } of trail) {
    if (element.parentElement?.matches('.tora-area')) return null
    for (const near of [next, previous]) {
      if (!near?.isConnected) continue
      const found = [near, ...near.querySelectorAll(FOCUSABLE)].find(canHaveFocus)
      if (found instanceof HTMLElement) return found
    }
  }
  return null
}

/** @param {Element} element */
function canHaveFocus(element) {
  if (!element.matches(FOCUSABLE) || element.matches(':disabled')) return false
  return element.isConnected && element.checkVisibility({ visibilityProperty: true })
}
