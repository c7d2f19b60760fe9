// The keyboard: one table, for what keys do and for the help panel.

import * as actions from './actions.mjs'
import { chooseCamera } from './camera_actions.mjs'
import { attempt } from './refused.mjs'
import { t } from './strings.mjs'
import * as times from './time_actions.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./model.mjs').Tool} Tool */
/** @typedef {import('./surface.mjs').Surface} Surface */
/** @typedef {import('./strings.mjs').TextKey} TextKey */

/**
 * @typedef {Readonly<{
 *   model: Model, surface: Surface, toggleLarge: () => void, togglePanel: () => void, toggleHelp: () => void,
 *   toggleFiles: () => void, closePopups: () => boolean, closeLarge: () => boolean,
 * }>} Context
 */

/**
 * keys: as `keyName` writes them, the first is shown. run: false where the key means nothing now.
 * everywhere: also while a button or field of the editor has the focus.
 * @typedef {Readonly<{
 *   keys: readonly string[], text: TextKey, run: (context: Context, event: KeyboardEvent) => boolean | void,
 *   everywhere?: boolean,
 * }>} Command
 */

/** @type {(tool: Tool) => Command['run']} */
const tool =
  (name) =>
  ({ model }) =>
    model.become({ tool: name })

/** @type {(dx: number, dy: number) => Command['run']} */
const move =
  (dx, dy) =>
  ({ model }, event) => {
    const by = event.shiftKey ? 10 : 1
    actions.nudge(model, dx * by, dy * by)
  }

/** @type {(sign: 1 | -1) => Command['run']} */
const turn =
  (sign) =>
  ({ model }, event) =>
    actions.turn(model, sign * (event.shiftKey ? 15 : 1))

/** @type {(sign: 1 | -1) => Command['run']} */
const scale =
  (sign) =>
  ({ model }, event) =>
    actions.scale(model, (event.shiftKey ? 1.1 : 1.01) ** sign)

/** @type {readonly Command[]} */
export const COMMANDS = [
  { keys: ['V'], text: 'tool.select', run: tool('select') },
  { keys: ['D'], text: 'tool.draw', run: tool('draw') },
  { keys: ['P'], text: 'tool.pen', run: tool('pen') },
  { keys: ['S'], text: 'tool.preset', run: tool('preset') },
  { keys: ['H'], text: 'tool.hand', run: tool('hand') },
  { keys: ['Enter'], text: 'help.enter', run: enter },
  { keys: ['Escape'], text: 'help.escape', run: escape, everywhere: true },
  { keys: ['Ctrl+Z'], text: 'undo', run: ({ model }) => model.undo(), everywhere: true },
  { keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], text: 'redo', run: ({ model }) => model.redo(), everywhere: true },
  { keys: ['Delete', 'Backspace'], text: 'help.delete', run: ({ model }) => actions.remove(model) },
  { keys: ['Ctrl+D'], text: 'duplicate', run: ({ model }) => actions.duplicate(model) },
  { keys: ['Ctrl+A'], text: 'help.all', run: ({ model }) => actions.chooseAll(model) },
  { keys: ['ArrowLeft', 'Shift+ArrowLeft'], text: 'help.nudge', run: move(-1, 0) },
  { keys: ['ArrowRight', 'Shift+ArrowRight'], text: 'help.nudge', run: move(1, 0) },
  { keys: ['ArrowUp', 'Shift+ArrowUp'], text: 'help.nudge', run: move(0, -1) },
  { keys: ['ArrowDown', 'Shift+ArrowDown'], text: 'help.nudge', run: move(0, 1) },
  { keys: ['Alt+ArrowLeft', 'Alt+Shift+ArrowLeft'], text: 'help.turn', run: turn(-1) },
  { keys: ['Alt+ArrowRight', 'Alt+Shift+ArrowRight'], text: 'help.turn', run: turn(1) },
  { keys: ['Alt+ArrowUp', 'Alt+Shift+ArrowUp'], text: 'help.scale', run: scale(1) },
  { keys: ['Alt+ArrowDown', 'Alt+Shift+ArrowDown'], text: 'help.scale', run: scale(-1) },
  { keys: ['C'], text: 'chooseCamera', run: ({ model }) => chooseCamera(model) },
  { keys: ['PageDown'], text: 'help.nextTrack', run: ({ model }) => actions.chooseTrack(model, 1) },
  { keys: ['PageUp'], text: 'help.lastTrack', run: ({ model }) => actions.chooseTrack(model, -1) },
  { keys: [']'], text: 'help.nextPoint', run: ({ model }) => actions.choosePoint(model, 1) },
  { keys: ['['], text: 'help.lastPoint', run: ({ model }) => actions.choosePoint(model, -1) },
  { keys: ['I', 'Insert'], text: 'help.insert', run: ({ model }) => actions.insertAfter(model) },
  { keys: ['R'], text: 'reverse', run: ({ model }) => actions.reverse(model) },
  { keys: ['X'], text: 'mirrorX', run: ({ model }) => actions.mirror(model, 'x') },
  { keys: ['Y'], text: 'mirrorY', run: ({ model }) => actions.mirror(model, 'y') },
  { keys: ['Space'], text: 'play', run: ({ model }) => model.become({ playing: !model.playing }) },
  { keys: ['.'], text: 'help.nextFrame', run: ({ model }) => model.goTo(model.frame + 1) },
  { keys: [','], text: 'help.lastFrame', run: ({ model }) => model.goTo(model.frame - 1) },
  { keys: ['K'], text: 'keyHere', run: ({ model }) => times.toggleKey(model) },
  { keys: ['Shift+K'], text: 'pinHere', run: ({ model }) => times.pinChosenPoint(model) },
  { keys: ['E'], text: 'visibleHere', run: ({ model }) => times.toggleVisible(model) },
  { keys: ['Home'], text: 'help.firstFrame', run: ({ model }) => model.goTo(0) },
  { keys: ['End'], text: 'help.endFrame', run: ({ model }) => model.goTo(model.document.frames - 1) },
  { keys: ['M'], text: 'flow', run: ({ model }) => actions.toggleFlow(model) },
  { keys: ['T'], text: 'panel', run: ({ togglePanel }) => togglePanel() },
  { keys: ['F', '0'], text: 'fit', run: ({ surface }) => surface.showAll() },
  { keys: ['+', '='], text: 'help.zoomIn', run: ({ surface }) => surface.zoomBy(1.25) },
  { keys: ['-'], text: 'help.zoomOut', run: ({ surface }) => surface.zoomBy(0.8) },
  { keys: ['O'], text: 'files', run: ({ toggleFiles }) => toggleFiles() },
  { keys: ['L'], text: 'large', run: ({ toggleLarge }) => toggleLarge() },
  { keys: ['?'], text: 'help', run: ({ toggleHelp }) => toggleHelp() },
]

/** What the pointer does with a key held, for the help panel. @type {readonly (readonly [string, TextKey])[]} */
export const POINTER_HELP = [
  ['Shift', 'help.shift'],
  ['Alt', 'help.alt'],
  ['2x', 'help.double'],
  ['2x', 'help.timeline'],
]

/** @type {Command['run']} */
function enter({ model }) {
  if (model.tool === 'preset') return actions.addPreset(model)
  if (model.penTrack === null) return false
  return model.become({ penTrack: null })
}

/** @type {Command['run']} */
function escape({ model, surface, closePopups, closeLarge }) {
  if (closePopups()) return
  if (surface.cancel()) return
  if (model.penTrack !== null) return model.become({ penTrack: null })
  if (model.selection.size > 0) return actions.chooseNothing(model)
  return closeLarge()
}

/**
 * @param {KeyboardEvent} event
 * @returns {string} such as Ctrl+Shift+Z; Command is taken for Ctrl
 */
export function keyName(event) {
  const { key } = event
  const name = key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key
  const ctrl = event.ctrlKey || event.metaKey ? 'Ctrl+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  // With a sign, shift is in the sign already.
  const shift = event.shiftKey && (key.length > 1 || key.toUpperCase() !== key.toLowerCase()) ? 'Shift+' : ''
  return ctrl + alt + shift + name
}

/**
 * What a field makes of keys: a typed text keeps them all, a choice its letters and arrows.
 * @param {EventTarget | null} target
 * @returns {'types' | 'chooses' | null}
 */
function fieldKind(target) {
  if (!(target instanceof HTMLElement)) return null
  if (target.matches('input[type=text], input[type=number], textarea')) return 'types'
  return target.matches('select, input') ? 'chooses' : null
}

/**
 * @param {KeyboardEvent} event
 * @param {Context} context
 * @returns {boolean} whether the key did something
 */
export function onKey(event, context) {
  const name = keyName(event)
  const command = COMMANDS.find((one) => one.keys.includes(name))
  const field = fieldKind(event.target)
  if (!command) return false
  if (field === 'types' && !isUndoOfDrawing(command, event.target)) {
    if (name === 'Escape') context.surface.canvas.focus()
    return name === 'Escape'
  }
  const onSurface = event.target === context.surface.canvas
  if (!onSurface && !command.everywhere && (field || !isGlobal(name, event))) return false
  return attempt(context.model, () => command.run(context, event)) !== false
}

/**
 * A number that is not being typed has nothing to undo itself.
 * @param {Command} command
 * @param {EventTarget | null} target
 */
function isUndoOfDrawing({ text }, target) {
  const done = target instanceof HTMLElement && target.matches('input[type=number]:not([data-typing])')
  return done && (text === 'undo' || text === 'redo')
}

/**
 * Single letters and Delete work wherever the focus is in the editor, as buttons have no use for them.
 * @param {string} name
 * @param {KeyboardEvent} event
 */
function isGlobal(name, event) {
  const slider = event.target instanceof HTMLElement && event.target.matches('[role=slider], input[type=range]')
  return !['Space', 'Enter', 'Home', 'End', 'PageUp', 'PageDown'].includes(name) && !(slider && name.includes('Arrow'))
}

/**
 * @param {string} key
 * @returns {string} as it is shown
 */
export function shownKey(key) {
  const signs = { ArrowLeft: '\u2190', ArrowRight: '\u2192', ArrowUp: '\u2191', ArrowDown: '\u2193' }
  return key.replace(/Arrow\w+/, (name) => signs[/** @type {keyof typeof signs} */ (name)] ?? name)
}

/**
 * The key of a command, for tooltips.
 * @param {TextKey} text
 * @returns {string} the text with its key
 */
export function withKey(text) {
  const command = COMMANDS.find((one) => one.text === text)
  return command ? `${t(text)} (${shownKey(command.keys[0])})` : t(text)
}
