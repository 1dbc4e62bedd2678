import { type ArrowMessages, placesOf } from '../arrow/messages.ts'
import { readPlainFile } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import { memoryOutput, nowhere } from '../io/memory-folder.ts'
import { type Folder, memoryAccess, type RandomAccess } from '../io/random-access.ts'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { compareFiles, wholeFile } from './compare-files.ts'
import { type Difference, MOST_DIFFERENCES } from './compare-rows.ts'

/** Bytes of files that are held to be compared cell by cell: tables, which are read in batches, and JSON, which is read whole. */
const MOST_HELD = { '.arrow': 128 << 20, other: 24 << 20 }

/**
 * Where files of results and the same files made again differ. `write` makes them, and may make others. As many as fit are held
 * and compared cell by cell; larger ones are compared while they are written, and the first byte is told that differs, in a table
 * with its column and its rows.
 */
export async function differencesIn(
  paths: Iterable<string>,
  folder: Folder,
  write: (output: OutputFolder) => Promise<void>,
): Promise<Difference[]> {
  const kept = memoryOutput('made again')
  const none = nowhere('made again')
  const found = new Map<string, readonly Difference[]>()
  const whole = new Set<string>()
  const left = { ...MOST_HELD }
  for (const path of paths) {
    const bytes = await sizeOf(folder, path)
    const kind = path.endsWith('.arrow') ? '.arrow' : 'other'
    found.set(path, bytes === undefined ? [wholeFile(path, false, true)] : [])
    if (bytes === undefined || bytes > left[kind]) continue
    left[kind] -= bytes
    whole.add(path)
  }
  await write({
    ...none,
    async create(path) {
      const known = found.get(path)
      if (whole.has(path)) return kept.create(path)
      const stored = known?.length === 0 ? await folder.open(path) : undefined
      return stored ? comparing(path, stored, (one) => found.set(path, [one])) : none.create(path)
    },
  })
  for (const path of whole) {
    const bytes = kept.files().get(path)
    found.set(path, bytes ? await compareFiles(path, folder, memoryAccess(path, bytes)) : [wholeFile(path, true, false)])
  }
  return [...found.values()].flat().slice(0, MOST_DIFFERENCES)
}

async function sizeOf(folder: Folder, path: string): Promise<number | undefined> {
  const access = await folder.open(path)
  await access?.close?.()
  return access?.byteLength
}

/** Compares what is written with a file, and keeps nothing of it. */
function comparing(path: string, stored: RandomAccess, tell: (difference: Difference) => void): Sink {
  let at = 0
  let isTold = false
  const differ = async (byte: number, made: Uint8Array): Promise<void> => {
    if (isTold) return
    isTold = true
    const place = await placeOf(stored, byte)
    const before = await stored.read(byte, Math.min(SHOWN, stored.byteLength - byte))
    tell({ table: path, ...place, stored: hexOf(before), recomputed: hexOf(made.subarray(0, SHOWN)) })
  }
  return {
    async write(bytes) {
      const own = await stored.read(Math.min(at, stored.byteLength), Math.max(0, Math.min(bytes.length, stored.byteLength - at)))
      const k = bytes.findIndex((byte, i) => byte !== own[i])
      if (k >= 0) await differ(at + k, bytes.subarray(k))
      at += bytes.length
    },
    async flush() {},
    readBack: async () => stored,
    async commit() {
      if (at < stored.byteLength) await differ(at, new Uint8Array(0))
      await stored.close?.()
    },
    async discard() {
      await stored.close?.()
    },
  }
}

const SHOWN = 8

function hexOf(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'the end' : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** The column and the rows that a byte of a table belongs to; of any other file the byte's number. */
async function placeOf(stored: RandomAccess, byte: number): Promise<Pick<Difference, 'row' | 'column'>> {
  const messages = await messagesOf(stored)
  let row = 0
  for (const batch of messages?.batches ?? []) {
    const k = batch.buffers.findIndex(({ offset, length }) => byte >= offset && byte < offset + length)
    if (k >= 0) {
      const after = placesOf(messages!.columns, batch).findIndex(({ buffer }) => buffer > k)
      const column = messages!.columns.at(after < 0 ? -1 : after - 1)
      return { row: `${row} to ${row + batch.rows - 1}`, column: `${column?.name}, byte ${byte}` }
    }
    row += batch.rows
  }
  return { row: 'all', column: `byte ${byte}` }
}

async function messagesOf(stored: RandomAccess): Promise<ArrowMessages | undefined> {
  if (!stored.name.endsWith('.arrow')) return undefined
  try {
    return await readPlainFile(stored)
  } catch (error) {
    if (error instanceof InputError) return undefined // no table any more: its bytes are told
    throw error
  }
}
