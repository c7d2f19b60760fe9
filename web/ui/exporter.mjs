// The drawing as a file to save: own JSON and coordinates by itself, all other formats by the host.

import { handedOn } from '../editor/document/handed_on.mjs'
import { writeTrajectory } from '../editor/document/write.mjs'
import { coordinatesText } from '../editor/sampling/coordinates.mjs'
import { tracksOf } from './derived.mjs'
import { ReadError } from './reading.mjs'
import { t } from './strings.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./reading.mjs').Formats} Formats */
/** @typedef {import('./reading.mjs').FormatName} FormatName */
/** @typedef {Readonly<{ name: string, content: string | Uint8Array<ArrayBuffer>, notes: readonly string[] }>} Saved */

const OWN = 'tora-json'
const COORDINATES = 'spline-editor'
const NAME = 'trajectory'

/**
 * The formats that there are, those that need nobody first.
 * @param {Formats | null} formats
 * @returns {Promise<FormatName[]>}
 */
export async function savedFormats(formats) {
  const local = [
    { name: OWN, title: t('saveOwn') },
    { name: COORDINATES, title: t('saveCoordinates') },
  ]
  if (formats === null) return local
  const known = await formats.formats()
  return [...local, ...known.filter(({ name, writes }) => writes && name !== OWN && name !== COORDINATES)]
}

/**
 * The drawing without its muted tracks, as the model gets it.
 * @param {Model} model
 * @param {string} format
 * @param {Formats | null} formats
 * @returns {Promise<Saved>} throws ReadError
 */
export async function savedAs({ committed }, format, formats) {
  const handed = handedOn(committed)
  const left = committed.tracks.length - handed.tracks.length
  const notes = left > 0 ? [t('mutedLeftOut', { count: left })] : []
  const document = JSON.stringify(writeTrajectory(handed), null, 1)
  if (format === OWN) return { name: `${NAME}.json`, content: document, notes }
  if (format === COORDINATES) return { name: `coordinates.json`, content: coordinatesText(tracksOf(handed)), notes }
  if (formats === null) throw new ReadError(t('needsComfy'))
  const { name, bytes, notes: lost } = await formats.write(document, format, NAME)
  return { name, content: bytes, notes: [...notes, ...lost.map((loss) => t('lost', { loss }))] }
}

/** @param {Saved} saved the browser puts it where downloads go */
export function download({ name, content }) {
  const type = typeof content === 'string' ? 'application/json' : 'application/octet-stream'
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
