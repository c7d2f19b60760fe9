// The files of a drop, those in folders too.

/** So many files of folders are looked at; no drawing has more. */
const MOST_FILES = 1000

/**
 * Must be called in the event itself: afterwards a browser forgets what was dropped.
 * @param {DataTransfer} dropped
 * @returns {Promise<File[]>}
 */
export async function filesOf(dropped) {
  const items = [...dropped.items].filter((item) => item.kind === 'file')
  const found = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile())
  /** @type {File[]} */
  const files = []
  for (const one of found) {
    if (one instanceof File) files.push(one)
    else if (one) await addEntry(one, files)
  }
  return files
}

/**
 * @param {FileSystemEntry} entry
 * @param {File[]} files
 */
async function addEntry(entry, files) {
  if (files.length >= MOST_FILES || entry.name.startsWith('.')) return
  if (isFile(entry)) {
    const file = await new Promise((done) => entry.file(done, () => done(null)))
    if (file) files.push(file)
  } else if (isFolder(entry)) {
    for (const inner of await entriesOf(entry)) await addEntry(inner, files)
  }
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader()
  /** @type {FileSystemEntry[]} */
  const all = []
  for (;;) {
    /** @type {FileSystemEntry[]} a browser gives a hundred at a time, and none at the end */
    const some = await new Promise((done) => reader.readEntries(done, () => done([])))
    if (some.length === 0 || all.length >= MOST_FILES) return all
    all.push(...some)
  }
}

/** @type {(entry: FileSystemEntry) => entry is FileSystemFileEntry} */
const isFile = (entry) => entry.isFile

/** @type {(entry: FileSystemEntry) => entry is FileSystemDirectoryEntry} */
const isFolder = (entry) => entry.isDirectory
