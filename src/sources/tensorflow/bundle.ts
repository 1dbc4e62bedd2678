import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import { checkedAccess } from '../../io/checked-access.ts'
import { concatAccess, type Folder, memoryAccess, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { BYTES, FIXED32, VARINT, WireCursor } from '../protobuf/wire.ts'
import { readScalar } from '../scalar.ts'
import { interleaved } from './interleaved.ts'
import { type SliceExtent, sliceKey } from './ordered-code.ts'
import { tableEntries, unmasked } from './table.ts'
import { tensorType } from './types.ts'

// A checkpoint of TensorFlow's second kind (tensorflow/core/protobuf/tensor_bundle.proto): NAME.index is a table of
// BundleEntryProto by tensor name ("" is the header), NAME.data-00000-of-00001 … hold the bytes.

const MOST_DIMENSIONS = 254
const MOST_SHARDS = 100_000
const MOST_SLICES = 100_000
const LARGEST_OBJECT_GRAPH = 1 << 27

interface Entry {
  dtype: number
  readonly shape: number[]
  shard: number
  offset: number
  size: number
  crc: number
  readonly slices: SliceExtent[][]
}

/** A tensor of a checkpoint. */
export interface BundleTensor {
  readonly key: string
  readonly shape: readonly number[]
  /** The name of its element type. */
  readonly type: string
  /** The masked CRC-32C of its bytes, as the index states it. */
  readonly crc: number
}

/** An opened checkpoint. */
export interface Bundle {
  /** In the order of the keys' bytes, which is alphabetical. */
  readonly tensors: readonly BundleTensor[]
  find(key: string): BundleTensor | undefined
  /** Where a tensor's elements lie, row-major; the name of what cannot be read as weights instead. @throws InputError */
  stored(tensor: BundleTensor): Promise<Omit<WeightPlan, 'strides'> | { readonly unsupported: string }>
  /** A single number; null for anything else. @throws InputError */
  number(key: string): Promise<number | null>
  /** The content of a scalar string (the object graph); undefined when there is none. */
  text(key: string): Promise<RandomAccess | undefined>
  /** The shards that were opened. */
  readonly parts: readonly RandomAccess[]
  close(): Promise<void>
}

/**
 * Opens the checkpoint that an index file describes. Shards are looked for beside it as `<stem>.data-00000-of-00001` and opened
 * when a tensor in them is asked for.
 * @throws InputError when the index is damaged or of the first kind
 */
export async function openBundle(index: RandomAccess, folder: Folder, stem: string): Promise<Bundle> {
  const entries = new Map<string, Entry>()
  let shards = 0
  let hasHeader = false
  for await (const { key, value } of tableEntries(index)) {
    const access = memoryAccess(index.name, value)
    if (key.length === 0) {
      hasHeader = true
      shards = await readHeader(access)
    } else {
      entries.set(byteText(key), await readEntry(access))
    }
  }
  if (!hasHeader) throw new InputError(index.name, 'is a LevelDB table and no index of a TensorFlow checkpoint')
  const utf8 = new TextDecoder()
  const tensors: BundleTensor[] = []
  const byKey = new Map<string, { tensor: BundleTensor; entry: Entry; raw: string }>()
  for (const [raw, entry] of entries) {
    if (raw.startsWith('\0')) continue // a part of a tensor, found through the whole
    const key = utf8.decode(Uint8Array.from(raw, (char) => char.charCodeAt(0)))
    const tensor = { key, shape: entry.shape, type: tensorType(entry.dtype).name, crc: entry.crc }
    tensors.push(tensor)
    byKey.set(key, { tensor, entry, raw })
  }

  const opened = new Map<number, Promise<RandomAccess>>()
  const parts: RandomAccess[] = []
  const openShard = async (number: number): Promise<RandomAccess> => {
    if (number < 0 || number >= shards) throw new InputError(index.name, `refers to part ${number} of ${shards}; it is damaged`)
    const five = (value: number): string => String(value).padStart(5, '0')
    const name = `${stem}.data-${five(number)}-of-${five(shards)}`
    const shard = await folder.open(name)
    if (!shard)
      throw new InputError(
        index.name,
        `keeps its weights in ${name}, which is not beside it; put both into one folder, or choose both`,
      )
    parts.push(shard)
    return shard
  }
  const place = async (key: string, { dtype, shape, shard, offset, size, crc }: Entry): Promise<RandomAccess> => {
    const { bytes } = tensorType(dtype)
    const expected = shape.reduce((product, n) => product * n, bytes)
    if (expected !== size)
      throw new InputError(
        index.name,
        `says that ${key} of shape ${shape.join('×') || '()'} takes ${size} bytes, where it needs ${expected}; it is damaged, get it again`,
      )
    let access = opened.get(shard)
    if (!access) opened.set(shard, (access = openShard(shard)))
    const whole = await access
    if (offset + size > whole.byteLength)
      throw new InputError(
        whole.name,
        `ends at byte ${whole.byteLength}, but ${key} lies at bytes ${offset} to ${offset + size}; it is cut short or of another checkpoint`,
      )
    const part = sliceAccess(whole, offset, size, `${whole.name}/${key}`)
    // 0 where none is stated.
    return crc === 0 ? part : checkedAccess(part, 'CRC-32C', unmasked(crc))
  }
  return {
    tensors,
    find: (key) => byKey.get(key)?.tensor,
    async stored({ key }) {
      const { entry, raw } = byKey.get(key)!
      const { name, stored } = tensorType(entry.dtype)
      if (!stored) return { unsupported: name }
      if (entry.slices.length === 0) return { access: await place(key, entry), offset: 0, dtype: stored }
      const joined = await joinSlices(key, raw, entry)
      return 'unsupported' in joined ? joined : { access: joined, offset: 0, dtype: stored }
    },
    async number(key) {
      const entry = byKey.get(key)?.entry
      if (!entry || entry.slices.length > 0 || entry.shape.some((size) => size !== 1)) return null
      return readScalar(await place(key, entry), 0, tensorType(entry.dtype).name)
    },
    async text(key) {
      const found = byKey.get(key)
      if (found?.entry.dtype !== 7 || found.entry.shape.length > 0) return undefined
      const { shard, offset, size } = found.entry
      let access = opened.get(shard)
      if (!access) opened.set(shard, (access = openShard(shard)))
      const whole = await access
      if (size > LARGEST_OBJECT_GRAPH || offset + size > whole.byteLength)
        throw new InputError(
          whole.name,
          `does not hold ${key} at bytes ${offset} to ${offset + size}; it is cut short or damaged`,
        )
      return onlyString(sliceAccess(whole, offset, size), key)
    },
    parts,
    async close() {
      for (const part of parts) await part.close?.()
    },
  }

  /** A tensor that was saved in parts along one axis, whole again. */
  async function joinSlices(key: string, raw: string, whole: Entry): Promise<RandomAccess | { unsupported: string }> {
    const { shape, slices } = whole
    const axes = shape.flatMap((size, axis) => (slices.some((slice) => (slice[axis]?.length ?? size) !== size) ? [axis] : []))
    const axis = axes[0] ?? 0
    if (axes.length > 1) return { unsupported: 'parts along more than one axis' }
    const sorted = [...slices].sort((a, b) => (a[axis]?.start ?? 0) - (b[axis]?.start ?? 0))
    const accesses: RandomAccess[] = []
    const rows: number[] = []
    let at = 0
    for (const slice of sorted) {
      const { start = 0, length = shape[axis]! } = slice[axis] ?? {}
      const entry = entries.get(sliceKey(raw, shape, slice))
      const part = shape.map((size, k) => (k === axis ? length : size))
      if (!entry || start !== at || entry.dtype !== whole.dtype || entry.shape.join() !== part.join())
        throw new InputError(index.name, `does not list the parts of ${key} as its whole says; it is damaged, get it again`)
      accesses.push(await place(key, entry))
      rows.push(shape.slice(axis + 1).reduce((product, size) => product * size, length * tensorType(entry.dtype).bytes))
      at += length
    }
    if (at !== shape[axis])
      throw new InputError(index.name, `lists ${at} of ${shape[axis]} of ${key} along axis ${axis}; it is damaged, get it again`)
    return axis === 0 ? concatAccess(index.name, accesses) : interleaved(index.name, accesses, rows)
  }
}

/** A string tensor of one element: its length as a varint, a CRC of the lengths, its bytes. */
async function onlyString(access: RandomAccess, key: string): Promise<RandomAccess> {
  const cursor = new WireCursor(access)
  await cursor.load()
  const length = cursor.varint()
  const start = cursor.position + 4
  if (start + length > access.byteLength) throw new InputError(access.name, `holds a ${key} of ${length} bytes that is cut short`)
  return sliceAccess(access, start, length)
}

/** @returns the number of shards */
async function readHeader(access: RandomAccess): Promise<number> {
  const cursor = new WireCursor(access)
  let shards = 0
  let isBig = false
  while (cursor.position < access.byteLength) {
    if (cursor.lacks()) await cursor.load()
    const field = cursor.field(access.byteLength)
    if (field === 1 && cursor.wire === BYTES)
      throw new InputError(
        access.name,
        'is a TensorFlow checkpoint of the first kind (before 0.12); load it and save it again with tf.compat.v1.train.Saver()',
      )
    if (field === 1 && cursor.wire === VARINT) shards = cursor.varint()
    else if (field === 2 && cursor.wire === VARINT) isBig = cursor.varint() === 1
    else cursor.skip()
  }
  if (isBig)
    throw new InputError(access.name, 'was written on a big-endian machine, which is not read; load and save it on another')
  if (shards < 1 || shards > MOST_SHARDS) throw new InputError(access.name, `states ${shards} parts; it is damaged, get it again`)
  return shards
}

async function readEntry(access: RandomAccess): Promise<Entry> {
  const cursor = new WireCursor(access)
  const entry: Entry = { dtype: 0, shape: [], shard: 0, offset: 0, size: 0, crc: 0, slices: [] }
  while (cursor.position < access.byteLength) {
    if (cursor.lacks()) await cursor.load()
    const field = cursor.field(access.byteLength)
    const { wire } = cursor
    if (field === 1 && wire === VARINT) entry.dtype = cursor.varint()
    else if (field === 2 && wire === BYTES) await readShape(cursor, cursor.position + cursor.size, entry.shape)
    else if (field === 3 && wire === VARINT) entry.shard = cursor.varint()
    else if (field === 4 && wire === VARINT) entry.offset = cursor.varint()
    else if (field === 5 && wire === VARINT) entry.size = cursor.varint()
    else if (field === 6 && wire === FIXED32) entry.crc = cursor.fixed32()
    else if (field === 7 && wire === BYTES) {
      if (entry.slices.length >= MOST_SLICES) throw cursor.damaged(cursor.position, `more than ${MOST_SLICES} parts of a tensor`)
      entry.slices.push(await readSlice(cursor, cursor.position + cursor.size))
    } else cursor.skip()
  }
  return entry
}

/** TensorShapeProto, appended to `shape`. */
export async function readShape(cursor: WireCursor, end: number, shape: number[]): Promise<void> {
  while (cursor.position < end) {
    if (cursor.lacks()) await cursor.load()
    if (cursor.field(end) === 2 && cursor.wire === BYTES) shape.push((await readNumbers(cursor))[0] ?? 0)
    else cursor.skip()
    if (shape.length > MOST_DIMENSIONS) throw cursor.damaged(cursor.position, `a tensor of more than ${MOST_DIMENSIONS} axes`)
  }
}

/** TensorSliceProto. */
async function readSlice(cursor: WireCursor, end: number): Promise<SliceExtent[]> {
  const extents: SliceExtent[] = []
  while (cursor.position < end) {
    if (cursor.lacks()) await cursor.load()
    if (cursor.field(end) === 1 && cursor.wire === BYTES) {
      const [start = 0, length] = await readNumbers(cursor)
      extents.push({ start, length })
    } else cursor.skip()
    if (extents.length > MOST_DIMENSIONS) throw cursor.damaged(cursor.position, 'a part of a tensor of too many axes')
  }
  return extents
}

/** The first two fields of a small message, where they are numbers. */
async function readNumbers(cursor: WireCursor): Promise<[number?, number?]> {
  const end = cursor.position + cursor.size
  const numbers: [number?, number?] = []
  while (cursor.position < end) {
    if (cursor.lacks()) await cursor.load()
    const field = cursor.field(end)
    if ((field === 1 || field === 2) && cursor.wire === VARINT) numbers[field - 1] = cursor.signed()
    else cursor.skip()
  }
  return numbers
}
