// The row of tools and switches.

import { PRESETS } from '../editor/draw/presets.mjs'
import { toggleFlow } from './actions.mjs'
import { choiceField, el, iconButton, labelled, numberField, press, relabel, toggleClass } from './dom.mjs'
import { PRESETS_WITH_COUNT } from './new_tracks.mjs'
import { withKey } from './keys.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./model.mjs').Tool} Tool */
/** @typedef {import('./keys.mjs').Context} Context */
/** @typedef {import('../editor/draw/presets.mjs').PresetName} PresetName */

/** @type {readonly (readonly [Tool, import('./icons.mjs').IconName])[]} */
const TOOLS = [
  ['select', 'select'],
  ['draw', 'draw'],
  ['pen', 'pen'],
  ['preset', 'shapes'],
]

/**
 * @param {Context} context
 * @param {{ display: () => void, isLarge: () => boolean, canBeLarge: boolean }} options
 */
export function makeToolbar(context, { display, isLarge, canBeLarge }) {
  const { model, surface } = context
  const tools = TOOLS.map(([name, icon]) => ({
    name,
    button: iconButton(icon, withKey(`tool.${name}`), () => {
      model.become({ tool: name })
      surface.canvas.focus({ preventScroll: true })
    }),
  }))
  const presets = /** @type {PresetName[]} */ (Object.keys(PRESETS))
  const presetField = choiceField(
    t('tool.preset'),
    presets.map((name) => [name, t(`preset.${name}`)]),
    (preset) => {
      model.become({ preset })
      surface.canvas.focus({ preventScroll: true })
    },
  )
  const countField = numberField({ label: t('preset.count'), min: 1, max: 40 }, (presetCount) =>
    model.become({ presetCount }),
  )
  const count = labelled(t('preset.count'), countField)
  const presetRow = el('div', 'group options', {}, presetField, count)
  const undo = iconButton('undo', withKey('undo'), () => model.undo())
  const redo = iconButton('redo', withKey('redo'), () => model.redo())
  const flow = iconButton('flow', withKey('flow'), () => toggleFlow(model))
  const fit = iconButton('fit', withKey('fit'), () => surface.showAll())
  const show = iconButton('sliders', t('display'), display)
  const panel = iconButton('tracks', withKey('panel'), context.togglePanel)
  const files = iconButton('file', withKey('files'), context.toggleFiles)
  const help = iconButton('help', withKey('help'), context.toggleHelp)
  const large = iconButton('large', withKey('large'), context.toggleLarge)
  const element = el(
    'div',
    'toolbar',
    { role: 'toolbar', 'aria-label': t('editor') },
    el('div', 'group', {}, ...tools.map(({ button }) => button)),
    presetRow,
    el('div', 'group', {}, undo, redo),
    el('div', 'group', {}, flow, fit, show),
    el('div', 'group last', {}, files, panel, help, canBeLarge && large),
  )
  const update = () => {
    for (const { name, button } of tools) press(button, model.tool === name)
    toggleClass(presetRow, 'gone', model.tool !== 'preset')
    toggleClass(count, 'gone', !PRESETS_WITH_COUNT.includes(model.preset))
    presetField.value = model.preset
    countField.show(model.presetCount)
    undo.disabled = !model.canUndo
    redo.disabled = !model.canRedo
    press(flow, model.settings.flowOpacity > 0)
    press(panel, model.opened)
    relabel(large, isLarge() ? 'small' : 'large', isLarge() ? t('small') : withKey('large'))
  }
  return { element, update }
}
