// The shortcuts, over the drawing area.

import { el, iconButton, toggleClass } from './dom.mjs'
import { COMMANDS, POINTER_HELP, shownKey } from './keys.mjs'
import { t } from './strings.mjs'

export function makeHelp() {
  /** @type {Map<string, string[]>} */
  const byText = new Map()
  for (const { keys, text } of COMMANDS) {
    const shown = keys.filter((key) => !key.includes('Shift+Arrow')).map(shownKey)
    byText.set(text, [...(byText.get(text) ?? []), ...shown])
  }
  const rows = [...byText].map(([text, keys]) => row(keys, t(/** @type {import('./strings.mjs').TextKey} */ (text))))
  const pointer = POINTER_HELP.map(([key, text]) => row([key === '2x' ? t('help.click') : key], t(text)))
  const close = iconButton('close', t('close'), () => toggle(false), 'corner')
  const element = el(
    'div',
    'help gone',
    { role: 'dialog', 'aria-label': t('help.title'), tabindex: -1 },
    close,
    el('h3', '', {}, t('help.title')),
    el('dl', '', {}, ...rows.flat()),
    el('h3', '', {}, t('help.pointer')),
    el('dl', '', {}, ...pointer.flat()),
  )
  let open = false
  const toggle = (to = !open) => {
    open = to
    toggleClass(element, 'gone', !open)
    if (open) close.focus({ preventScroll: true })
  }
  return { element, toggle, isOpen: () => open }
}

/**
 * @param {readonly string[]} keys
 * @param {string} text
 */
function row(keys, text) {
  const shown = keys.flatMap((key, i) => (i > 0 ? [' ', el('kbd', '', {}, key)] : [el('kbd', '', {}, key)]))
  return [el('dt', '', {}, ...shown), el('dd', '', {}, text)]
}
