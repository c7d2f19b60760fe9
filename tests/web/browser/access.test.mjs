// For everybody: each control has a name and is reached by Tab with its focus to be seen, the shortcuts that the help
// panel lists are true, nothing moves by itself, and an editor that nobody touches costs nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../../web/ui/keys.mjs'
import { settled } from './browser.mjs'
import { plainPage } from './plain_page.mjs'

const at = plainPage()

const points = (...places) => places.map(([x, y]) => ({ x, y }))
const DRAWING = {
  version: 1,
  trajectory: {
    ...{ version: 1, width: 720, height: 480, frames: 49, fps: 8 },
    tracks: [
      { points: points([100, 300], [300, 350], [500, 400]), visibility: [{ t: 0.5, visible: false }] },
      { points: points([100, 100], [500, 150], [560, 300]), curve: 'bezier' },
    ],
  },
}

/** Everything there is to show: two tracks, a point chosen, the panel, and what can be opened over the drawing. */
async function opened(button) {
  await at.page.evaluate((drawing) => {
    window.editor.model.load(drawing)
    window.editor.surface.canvas.focus()
  }, DRAWING)
  await at.press('t', 'PageUp', ']', 'Shift+K', 's')
  if (button) await at.page.getByRole('button', { name: button, exact: false }).first().click()
  await settled(at.page)
}

const POPUPS = [null, 'Background and snapping', 'Files', 'Shortcuts']

for (const popup of POPUPS) {
  test(`every control has a name for screen readers: ${popup ?? 'the editor'}`, async () => {
    await opened(popup)
    const client = await at.page.context().newCDPSession(at.page)
    const { nodes } = await client.send('Accessibility.getFullAXTree')
    const shown = nodes.filter(({ ignored }) => !ignored)
    const roles = [
      ...['button', 'textbox', 'spinbutton', 'slider', 'combobox', 'checkbox', 'ColorWell', 'listbox', 'grid', 'row'],
      ...['application', 'Canvas', 'group', 'toolbar', 'dialog', 'menuitem', 'radio', 'tab', 'option'],
    ]
    const named = shown.filter(({ role }) => roles.includes(role.value))
    assert.ok(named.length > 30, `${named.length} controls`)
    const nameless = named.filter(({ name, role }) => !name?.value?.trim() && role.value !== 'group')
    assert.deepEqual(
      nameless.map(({ role, description }) => [role.value, description?.value]),
      [],
    )
    // As many as there are to be seen: none is hidden from a screen reader.
    const controls = await at.page.evaluate(() => {
      const all = [...document.querySelectorAll('.tora-editor :is(button, input, select, [role=slider])')]
      return all.filter((one) => one.checkVisibility({ visibilityProperty: true })).length
    })
    const CONTROLS = ['button', 'textbox', 'spinbutton', 'slider', 'combobox', 'checkbox', 'ColorWell', 'radio']
    const told = shown.filter(({ role }) => CONTROLS.includes(role.value)).length
    assert.ok(told >= controls, `${told} of ${controls} controls are told of`)
    // What such a role holds is a mere picture to a screen reader, by the standard if not by this browser.
    const buried = await at.page.evaluate(() => {
      const leaves = ['button', 'option', 'slider', 'img', 'checkbox', 'radio', 'tab'].map((role) => `[role=${role}]`)
      return document.querySelectorAll(`:is(button, ${leaves}) :is(button, input, select, [tabindex], [role=slider])`)
        .length
    })
    assert.equal(buried, 0)
  })

  test(`Tab leads to every control, and each shows that it has the focus: ${popup ?? 'the editor'}`, async () => {
    await opened(popup)
    const wanted = await at.page.evaluate(() => {
      const all = [...document.querySelectorAll('.tora-editor :is(button, input, select, canvas, [tabindex="0"])')]
      const reachable = all.filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility())
      window.met = new Set()
      document.activeElement.blur()
      return reachable.length
    })
    const unseen = new Set()
    for (let i = 0; i < wanted + 20; i++) {
      await at.page.keyboard.press('Tab')
      const told = await at.page.evaluate(() => {
        const now = document.activeElement
        if (!now?.closest('.tora-editor')) return null
        if (window.met.has(now)) return 'again'
        window.met.add(now)
        const { outlineStyle, outlineWidth } = getComputedStyle(now)
        const ring = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1
        const box = now.getBoundingClientRect()
        const isInside = box.width > 0 && box.bottom > 0 && box.top < innerHeight
        return ring && isInside ? null : (now.getAttribute('aria-label') ?? now.className)
      })
      if (told === 'again') break // round once: the list chooses another track, whose fields are other ones
      if (told) unseen.add(told)
    }
    assert.deepEqual([...unseen], [])
    const missed = await at.page.evaluate(() => {
      const all = [...document.querySelectorAll('.tora-editor :is(button, input, select, canvas, [tabindex="0"])')]
      const reachable = all.filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility())
      return reachable
        .filter((one) => !window.met.has(one))
        .map((one) => one.getAttribute('aria-label') ?? one.className)
    })
    assert.deepEqual(missed, [])
  })
}

/** As they are typed on an American keyboard. */
const TYPED = {
  '?': 'Shift+Slash',
  '+': 'Shift+Equal',
  '=': 'Equal',
  '-': 'Minus',
  '[': 'BracketLeft',
  ']': 'BracketRight',
}
Object.assign(TYPED, { '.': 'Period', ',': 'Comma', 0: 'Digit0' })

/** The key as playwright names it: its place, with the shift that a person holds. */
function typed(name) {
  const parts = name.split('+').filter(Boolean)
  const key = name.endsWith('+') ? '+' : parts.at(-1)
  const held = name.endsWith('+') ? [] : parts.slice(0, -1).map((part) => part.replace('Ctrl', 'Control'))
  const place = TYPED[key] ?? (/^[A-Z]$/.test(key) ? `Key${key}` : key)
  return [...held, place].join('+')
}

/** What is done to a track as a whole, not to one of its points. */
const WHOLE = ['help.turn', 'help.scale', 'mirrorX', 'mirrorY']

test('every key that the help panel lists does something on the drawing area', async () => {
  await opened()
  const state = () =>
    at.page.evaluate(() => {
      const { model, surface, large } = window.editor
      const { value, frame, tool, playing, opened, penTrack } = model
      const seen = [...document.querySelectorAll('.tora-area > *')].map((one) => one.checkVisibility())
      return JSON.stringify([
        value,
        frame,
        tool,
        playing,
        opened,
        penTrack,
        [...model.selection],
        surface.view,
        seen,
        large.isOpen(),
      ])
    })
  const idle = []
  for (const { keys, text } of COMMANDS) {
    for (const key of keys) {
      await at.page.evaluate(
        ([drawing, tool]) => {
          const { model, surface, large } = window.editor
          large.toggle(false)
          model.load(structuredClone(drawing))
          model.become({ tool, playing: false, message: '', opened: false })
          surface.showAll()
          surface.zoomBy(2)
          surface.canvas.focus()
          model.goTo(5)
        },
        [DRAWING, { 'help.enter': 'preset', 'tool.select': 'draw' }[text] ?? 'select'],
      )
      await at.press('PageUp', ...(WHOLE.includes(text) ? [] : [']']))
      if (text === 'undo' || text === 'redo') await at.press('Delete')
      if (text === 'redo') await at.press('Control+z')
      const before = await state()
      await at.press(typed(key))
      if ((await state()) === before) idle.push(`${key}: ${text}`)
      await at.press('Escape')
    }
  }
  assert.deepEqual(idle, [])
})

test('the help panel shows every key of the table once', async () => {
  await at.page.locator('.tora-surface').focus()
  await at.press('Shift+Slash')
  const shown = await at.page.locator('.tora-help kbd').allTextContents()
  assert.ok(shown.length >= COMMANDS.length)
  const doubled = shown.filter((key, i) => shown.indexOf(key) !== i && !['Shift', 'Alt', 'Click twice'].includes(key))
  assert.deepEqual(doubled, [])
})

test('nothing moves by itself where less motion is asked for', async () => {
  await at.fresh('', { reducedMotion: 'reduce' })
  await opened('Shortcuts')
  await at.press('Escape', 'l')
  const moving = await at.page.evaluate(() => document.getAnimations().length)
  assert.equal(moving, 0)
  const slow = await at.page.evaluate(
    () =>
      [...document.querySelectorAll('.tora-large, .tora-large *')].filter((one) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(one)
        return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior === 'smooth'
      }).length,
  )
  assert.equal(slow, 0)
  assert.equal(await at.page.evaluate(() => window.editor.model.playing), false)
})

test('an editor that nobody touches asks for no frame and sets no timer', async () => {
  await opened()
  await at.page.waitForTimeout(1500) // the motion picture is computed
  const counted = await at.page.evaluate(async () => {
    const real = { requestAnimationFrame, setTimeout, setInterval }
    let count = 0
    for (const [name, run] of Object.entries(real)) {
      window[name] = (...args) => {
        count++
        return run.call(window, ...args)
      }
    }
    await new Promise((done) => real.setTimeout.call(window, done, 1200))
    Object.assign(window, real)
    return count
  })
  assert.equal(counted, 0)
})
