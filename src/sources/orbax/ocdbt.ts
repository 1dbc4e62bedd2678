import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import { type Folder, memoryAccess, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import { requireInside } from '../part-path.ts'
import { OCDBT_MANIFEST, OCDBT_NODE, type OcdbtCursor, openFrame } from './ocdbt-frame.ts'
import type { Store } from './store.ts'

const DEEPEST = 16
const MOST_KEYS = 1_000_000
const MOST_NODES = 100_000
const MOST_FILES = 10_000
const LONGEST_KEY = 4096
const LONGEST_PATH = 65_535
const NUMBERED = 1

/** A file of the database, and the part of its path that the files named in it begin with. */
interface DataFile {
  readonly path: string
  readonly base: string
}

/** Bytes in a file of the database. */
interface Place {
  readonly file: DataFile
  readonly offset: number
  readonly length: number
}

/** A value: in a file, or in the tree itself. */
type Value = Place | Uint8Array

/** What is still allowed of a whole tree. */
interface Left {
  nodes: number
  keys: number
  last: string | undefined
}

/**
 * Opens the OCDBT database whose manifest this is, at its newest version. The whole tree of keys is read, no values; every node's CRC
 * is checked. @throws InputError when it is damaged, or a file is missing
 */
export async function openOcdbt(manifest: RandomAccess, folder: Folder): Promise<Store> {
  const files = new Map<string, Promise<RandomAccess>>()
  const parts: RandomAccess[] = []
  const opening = async (path: string): Promise<RandomAccess> => {
    requireInside(manifest.name, path)
    if (files.size > MOST_FILES) throw new InputError(manifest.name, `names more than ${MOST_FILES} files`)
    const part = await folder.open(path)
    if (!part) throw new InputError(manifest.name, `keeps its data in ${path}, which is not beside it; give the whole folder`)
    parts.push(part)
    return part
  }
  const at = async ({ file, offset, length }: Place, name?: string): Promise<RandomAccess> => {
    let part = files.get(file.path)
    if (!part) files.set(file.path, (part = opening(file.path)))
    const whole = await part
    if (offset + length > whole.byteLength)
      throw new InputError(
        whole.name,
        `ends at byte ${whole.byteLength}, but bytes ${offset} to ${offset + length} are needed; it is cut short or of another checkpoint`,
      )
    return sliceAccess(whole, offset, length, name === undefined ? whole.name : `${whole.name}/${name}`)
  }
  const close = async (): Promise<void> => {
    for (const part of parts) await part.close?.()
  }
  const values = new Map<string, Value>()
  try {
    const root = await rootOf(manifest)
    const left: Left = { nodes: MOST_NODES, keys: MOST_KEYS, last: undefined }
    if (root) await readNode(root.place, root.height, '', left, at, values)
  } catch (error) {
    await close()
    throw error
  }
  return {
    keys: async () => [...values.keys()],
    async get(key) {
      const value = values.get(key)
      if (value === undefined) return undefined
      return value instanceof Uint8Array ? memoryAccess(`${manifest.name}/${key}`, value) : at(value, key)
    },
    parts,
    close,
  }
}

/** The root of the newest version; undefined when the database is empty. */
async function rootOf(manifest: RandomAccess): Promise<{ place: Place; height: number } | undefined> {
  const c = await openFrame(manifest, OCDBT_MANIFEST, 'its manifest')
  c.bytes(16) // its id
  if (c.varint() === NUMBERED)
    throw new InputError(
      manifest.name,
      'is an OCDBT database with numbered manifests, which orbax does not write and is not read',
    )
  c.varint() // most bytes of a value in the tree
  c.varint() // most bytes of a node
  c.byte() // how many versions a node of versions has
  if (c.varint() !== 0) c.bytes(4) // the level of compression
  const files = readFiles(c, '')
  const count = c.varint()
  if (count === 0) return undefined
  c.varints(count) // generations, rising: the last is the newest
  const heights = c.bytes(count)
  const [ids, offsets, lengths] = [c.varints(count), c.varints(count), c.varints(count)]
  const newest = count - 1
  // A database without keys has no root.
  if (lengths[newest] === Number.POSITIVE_INFINITY) return undefined
  return {
    place: { file: fileAt(c, files, ids[newest]!), offset: offsets[newest]!, length: lengths[newest]! },
    height: heights[newest]!,
  }
}

function fileAt(c: OcdbtCursor, files: readonly DataFile[], id: number): DataFile {
  const file = files[id]
  if (!file) throw c.damaged(`refers to file ${id} of ${files.length}`)
  return file
}

/** The table of files that a manifest or a node begins with. `above`: what their paths begin with. */
function readFiles(c: OcdbtCursor, above: string): DataFile[] {
  const count = c.varint()
  if (count > MOST_FILES) throw c.damaged('names more files than any checkpoint has')
  if (count === 0) return []
  const shared = [0, ...c.varints(count - 1)]
  const lengths = c.varints(count)
  const bases = c.varints(count)
  const utf8 = new TextDecoder()
  let path = new Uint8Array(0)
  return lengths.map((length, k) => {
    path = joined(c, path, shared[k]!, c.bytes(length), LONGEST_PATH)
    if (bases[k]! > path.length) throw c.damaged('names a file whose path does not hold together')
    return { path: above + utf8.decode(path), base: above + utf8.decode(path.subarray(0, bases[k])) }
  })
}

/** A key or path that begins as the one before it. */
function joined(c: OcdbtCursor, before: Uint8Array, shared: number, end: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  if (shared > before.length) throw c.damaged('holds a name that begins like none')
  if (shared + end.length > most) throw c.damaged(`holds a name of ${shared + end.length} bytes`)
  const whole = new Uint8Array(shared + end.length)
  whole.set(before.subarray(0, shared))
  whole.set(end, shared)
  return whole
}

/** Reads a node and all below it. Every node is one lower than that which names it, so that none can lead to itself. */
async function readNode(
  place: Place,
  height: number,
  prefix: string,
  left: Left,
  at: (place: Place) => Promise<RandomAccess>,
  values: Map<string, Value>,
): Promise<void> {
  const c = await openFrame(await at(place), OCDBT_NODE, `a node of its tree (at byte ${place.offset})`)
  if (height > DEEPEST || --left.nodes < 0) throw c.damaged('belongs to a tree that is larger than any checkpoint')
  const own = c.byte()
  if (own !== height) throw c.damaged(`has the height ${own} where ${height} is due`)
  const files = readFiles(c, place.file.base)
  const count = c.varint()
  if (count === 0) throw c.damaged('is empty')
  left.keys -= height === 0 ? count : 0
  if (left.keys < 0) throw c.damaged(`belongs to a tree of more than ${MOST_KEYS} keys`)
  if (height === 0) return readLeaf(c, count, prefix, files, left, values)
  const keys = readKeys(c, count, true)
  const [ids, offsets, lengths] = [c.varints(count), c.varints(count), c.varints(count)]
  for (const [k, { key, inherited }] of keys.entries()) {
    const below = prefix + key.slice(0, inherited)
    const child = { file: fileAt(c, files, ids[k]!), offset: offsets[k]!, length: lengths[k]! }
    await readNode(child, height - 1, below, left, at, values)
  }
}

function readLeaf(
  c: OcdbtCursor,
  count: number,
  prefix: string,
  files: readonly DataFile[],
  left: Left,
  values: Map<string, Value>,
): void {
  const keys = readKeys(c, count, false)
  const lengths = c.varints(count)
  const kinds = c.varints(count)
  const elsewhere = kinds.filter((kind) => kind === 1).length
  const ids = c.varints(elsewhere)
  const offsets = c.varints(elsewhere)
  let k = 0
  for (const [entry, { key }] of keys.entries()) {
    const name = prefix + key
    if (left.last !== undefined && name <= left.last) throw c.damaged('does not keep its keys in order')
    left.last = name
    const length = lengths[entry]!
    const utf8 = asUtf8(name)
    if (kinds[entry]! > 1) throw c.damaged(`keeps a value in a way that is not known (${kinds[entry]})`)
    if (kinds[entry] === 0) values.set(utf8, c.bytes(length).slice())
    else {
      values.set(utf8, { file: fileAt(c, files, ids[k]!), offset: offsets[k]!, length })
      k++
    }
  }
}

/** Keys of a node, a character for each byte, without what all keys below its parent's entry begin with. */
function readKeys(c: OcdbtCursor, count: number, isInterior: boolean): { readonly key: string; readonly inherited: number }[] {
  const shared = [0, ...c.varints(count - 1)]
  const lengths = c.varints(count)
  const inherited = isInterior ? c.varints(count) : undefined
  let bytes = new Uint8Array(0)
  return lengths.map((length, k) => {
    bytes = joined(c, bytes, shared[k]!, c.bytes(length), LONGEST_KEY)
    const most = inherited?.[k] ?? 0
    if (most > bytes.length) throw c.damaged('holds keys that do not hold together')
    return { key: byteText(bytes), inherited: most }
  })
}

/** A key as people wrote it, from a character for each byte. */
function asUtf8(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is no ASCII
  return /^[\u0000-\u007f]*$/.test(key) ? key : new TextDecoder().decode(Uint8Array.from(key, (char) => char.charCodeAt(0)))
}
