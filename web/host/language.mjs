// The editor's texts in the language of ComfyUI's page.

import { setLanguage } from '../ui/language.mjs'
import { comfy } from './app.mjs'

const SETTING = 'Comfy.Locale'

/** When the language changes, ComfyUI loads the workflow anew, and with it each editor. */
export function followLanguage() {
  const { app } = comfy()
  setLanguage(String(app.extensionManager?.setting?.get?.(SETTING) ?? navigator.language))
  app.ui?.settings?.addEventListener?.(`${SETTING}.change`, (event) => {
    setLanguage(String(/** @type {CustomEvent} */ (event).detail?.value ?? ''))
  })
}
