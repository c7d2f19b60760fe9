// ComfyUI's entry: it imports each .js file below this folder, and this is the only one.

import { comfy } from './host/app.mjs'
import { followLanguage } from './host/language.mjs'
import { followRuns } from './host/results.mjs'
import { NEW_SIZE, WIDGET_TYPE, makeWidget } from './host/widget.mjs'

comfy().app.registerExtension({
  name: 'Tora.TrajectoryEditor',
  getCustomWidgets: () => ({ [WIDGET_TYPE]: makeWidget }),
  init: () => {
    followLanguage()
    followRuns()
  },
  nodeCreated: (/** @type {import('./host/app.mjs').Node} */ node) => {
    if (node.comfyClass !== 'ToraTrajectoryEditor') return
    node.setSize([Math.max(node.size[0], NEW_SIZE[0]), Math.max(node.size[1], NEW_SIZE[1])])
  },
})
