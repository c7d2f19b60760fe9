// Saved states of a random sequence of edits, a JSON text a line, each with the positions of its tracks: for
// test_javascript.py, which gives them to Python.
//
//   node print_random_edits.mjs SEED COUNT EVERY

import { randomEdits } from './random_edits.mjs'
import { saveState } from '../../web/editor/document/save.mjs'
import { trackFrames } from '../../web/editor/sampling/sample.mjs'

const [seed, count, every] = process.argv.slice(2).map(Number)
let number = 0
for (const document of randomEdits(seed, count)) {
  if (++number % every !== 0) continue
  const frames = Math.min(document.frames, 13)
  const samples = document.tracks.map((track) => trackFrames(track, frames))
  const points = samples.map((sample) => [...sample.points])
  const visible = samples.map((sample) => [...sample.visible])
  process.stdout.write(`${JSON.stringify({ state: saveState(document), frames, points, visible })}\n`)
}
