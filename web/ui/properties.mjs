// What is chosen, in numbers: a point, a track, or the camera.

import { isCameraTrack } from '../editor/camera/members.mjs'
import * as actions from './actions.mjs'
import { makeCameraPanel } from './camera_panel.mjs'
import { el, iconButton, toggleClass } from './dom.mjs'
import { withKey } from './keys.mjs'
import { makePointPanel } from './point_panel.mjs'
import { t } from './strings.mjs'
import { makeTrackPanel } from './track_panel.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/** @param {Model} model */
export function makeProperties(model) {
  const none = el('p', 'dim', {}, t('nothingSelected'))
  const count = el('p', 'dim')
  const point = makePointPanel(model)
  const track = makeTrackPanel(model)
  const camera = makeCameraPanel(model)
  const up = iconButton('up', t('up'), () => actions.reorder(model, 1))
  const down = iconButton('down', t('down'), () => actions.reorder(model, -1))
  const ofTracks = [
    iconButton('copy', withKey('duplicate'), () => actions.duplicate(model)),
    iconButton('reverse', withKey('reverse'), () => actions.reverse(model)),
    iconButton('mirrorX', withKey('mirrorX'), () => actions.mirror(model, 'x')),
    iconButton('mirrorY', withKey('mirrorY'), () => actions.mirror(model, 'y')),
  ]
  const bin = iconButton('trash', withKey('help.delete'), () => actions.remove(model))
  const buttons = el('div', 'group edits', {}, ...ofTracks, up, down, bin)
  const some = el('div', 'some', {}, count, buttons, point.element, track.element)
  const update = () => {
    const { document, selection } = model
    const chosen = document.tracks.filter((one) => selection.has(one.id))
    const drawn = chosen.filter((one) => !isCameraTrack(document, one.id))
    const onlyCamera = chosen.length > 0 && drawn.length === 0
    toggleClass(none, 'gone', chosen.length > 0 || document.tracks.length === 0)
    toggleClass(some, 'gone', chosen.length === 0)
    if (!onlyCamera) camera.element.remove()
    else if (!camera.element.isConnected) some.append(camera.element)
    for (const part of [point, track]) toggleClass(part.element, 'gone', drawn.length === 0)
    if (chosen.length === 0) return
    for (const button of ofTracks) toggleClass(button, 'gone', onlyCamera)
    bin.disabled = chosen.every((one) => one.locked)
    const rows = drawn.length + (drawn.length < chosen.length ? 1 : 0)
    up.disabled = down.disabled = rows !== 1
    const points = drawn.reduce((sum, one) => sum + (selection.get(one.id)?.length || one.points.length), 0)
    count.textContent = t('selectedMany', { tracks: drawn.length, points })
    toggleClass(count, 'gone', drawn.length < 2)
    if (onlyCamera) return camera.show(chosen[0], document)
    track.show(drawn, document)
    point.show(drawn, document)
  }
  return { element: el('div', 'properties', {}, none, some), update }
}
