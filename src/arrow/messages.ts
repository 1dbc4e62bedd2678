import { loadLz4Frames } from '../codecs/lz4.ts'
import type { Unpack } from '../codecs/unpack.ts'
import { loadZstd } from '../codecs/zstd.ts'
import { InputError } from '../errors.ts'
import { InflatedCache } from '../io/inflate.ts'
import { type RandomAccess, requireRange, sliceAccess } from '../io/random-access.ts'
import {
  count64,
  type FlatTable,
  int8Field,
  int16Field,
  int32Field,
  int64Field,
  rootTable,
  stringField,
  structsField,
  tableField,
  tablesField,
} from './flatbuffer.ts'

// Apache Arrow IPC (format/Message.fbs, Schema.fbs, File.fbs). A stream is a run of messages: a schema, then dictionary
// batches and record batches; length 0 ends them. A file has its schema and the places of its messages in a footer.
//
//   message  -1 (i32, absent before 0.15)  length (i32)  Message as FlatBuffer, padded to 8  body
//   file     "ARROW1\0\0"  messages  Footer as FlatBuffer  its length (i32)  "ARROW1"

/** A column's type as far as a reader of filters needs it. */
export interface ColumnType {
  readonly name: string
  /** Arrow's number of the type (2 Int, 3 FloatingPoint, 5 Utf8 …). */
  readonly type: number
  /** Bits of an integer; precision of a float (0 half, 1 single, 2 double); entries of a fixed-size list. */
  readonly size: number
  readonly signed: boolean
  /** Id of the dictionary whose indices are stored instead. */
  readonly dictionary: { readonly id: number; readonly bits: number; readonly signed: boolean } | undefined
  readonly children: readonly ColumnType[]
}

export const ARROW_TYPE = {
  int: 2,
  float: 3,
  utf8: 5,
  bool: 6,
  list: 12,
  fixedSizeList: 16,
  largeUtf8: 20,
  largeList: 21,
  utf8View: 24,
} as const

/** A batch: rows, and the places of its nodes and buffers. */
export interface Batch {
  readonly rows: number
  readonly nodes: readonly { readonly length: number; readonly nulls: number }[]
  /** As stored; `offset` counts from the first byte of the access. See openBuffer. */
  readonly buffers: readonly { readonly offset: number; readonly length: number }[]
  /** Set when each buffer is a frame behind its length: how it is packed, and what has been unpacked. */
  readonly unpacked: { readonly codec: Codec; readonly cache: InflatedCache } | undefined
  /** Number of data buffers of each view column, in order. */
  readonly variadic: readonly number[]
  /** Per id, the batches of each dictionary as they stand for this batch. A stream may replace a dictionary on its way. */
  readonly dictionaries: ReadonlyMap<number, readonly Batch[]>
}

export interface ArrowMessages {
  readonly columns: readonly ColumnType[]
  /** The schema's own metadata. */
  readonly metadata: ReadonlyMap<string, string>
  readonly batches: readonly Batch[]
}

const MAGIC = 'ARROW1'
const LARGEST_MESSAGE = 1 << 26
const MOST_MESSAGES = 1_000_000
const DEEPEST = 16
const KEPT_UNPACKED = 1 << 28
const LARGEST_UNPACKED = 0x7fffffff

interface Codec {
  readonly load: () => Promise<Unpack>
  /** So many bytes at most come out of one. */
  readonly ratio: number
  readonly largest: number
}

/** Codecs by their numbers. In LZ4 a match length byte stands for at most 255 bytes; in ZSTD three bytes can stand for a block. */
const CODECS: readonly Codec[] = [
  { load: loadLz4Frames, ratio: 255, largest: LARGEST_UNPACKED },
  { load: loadZstd, ratio: 1 << 17, largest: 1 << 28 },
]

/** True for the first bytes of an Arrow file. */
export function isArrowFile(head: Uint8Array): boolean {
  return [...MAGIC].every((letter, k) => head[k] === letter.charCodeAt(0))
}

/** True for the first bytes of an Arrow file, or of a stream that begins with a schema. */
export function looksLikeArrow(head: Uint8Array): boolean {
  if (isArrowFile(head)) return true
  if (head.length < 16 || ![0, 1, 2, 3].every((k) => head[k] === 0xff)) return false
  const length = new DataView(head.buffer, head.byteOffset).getInt32(4, true)
  return length > 0 && length <= LARGEST_MESSAGE && length % 8 === 0
}

/**
 * The schema and the places of all batches. With `only: 'schema'` it stops behind the schema.
 * @throws InputError when the file is cut short, damaged, compressed or big-endian
 */
export async function readMessages(access: RandomAccess, only?: 'schema'): Promise<ArrowMessages> {
  const { name } = access
  const head = await access.read(0, Math.min(16, access.byteLength))
  if (!looksLikeArrow(head)) throw new InputError(name, 'is no Arrow file')
  const reader = new Reader(access)
  try {
    if (isArrowFile(head)) await readFile(reader, only)
    else await readStream(reader, only)
  } catch (error) {
    if (error instanceof InputError) throw error
    const detail = error instanceof Error ? error.message : String(error)
    throw new InputError(name, `Arrow: ${detail}; the file is cut short or damaged, write or get it again`, { cause: error })
  }
  return { columns: reader.columns!, metadata: reader.metadata, batches: reader.batches }
}

/** What has been read so far. */
class Reader {
  readonly access: RandomAccess
  columns: ColumnType[] | undefined
  metadata: ReadonlyMap<string, string> = new Map()
  readonly batches: Batch[] = []
  #dictionaries = new Map<number, readonly Batch[]>()
  readonly #unpacked = new InflatedCache(KEPT_UNPACKED)
  #count = 0

  constructor(access: RandomAccess) {
    this.access = access
  }

  /**
   * Takes the message at a byte, which is of the kind that is expected where one is.
   * @returns the byte behind it; undefined for the end mark
   */
  async take(at: number, end: number, expected?: number): Promise<number | undefined> {
    if (++this.#count > MOST_MESSAGES) throw new RangeError('it has more messages than any table')
    const prefix = await this.access.read(at, Math.min(8, end - at))
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
    const marked = view.getInt32(0, true) === -1
    const length = marked ? view.getInt32(4, true) : view.getInt32(0, true)
    const start = at + (marked ? 8 : 4)
    if (length === 0) return undefined
    if (length < 0 || length > LARGEST_MESSAGE || start + length > end)
      throw new RangeError(`the message at byte ${at} cannot have ${length} bytes`)
    const message = rootTable(await this.access.read(start, length))
    const header = tableField(message, 2)
    const body = { start: start + length, length: int64Field(message, 3) }
    if (!header || body.start + body.length > end) throw new RangeError(`the message at byte ${at} runs past the end`)
    const kind = int8Field(message, 1)
    if (expected !== undefined && kind !== expected) throw new RangeError(`another message than a batch lies at byte ${at}`)
    if (kind === 1) this.schema(header)
    else if (kind === 2) {
      const id = int64Field(header, 0)
      const data = tableField(header, 1)
      if (!data) throw new RangeError('a dictionary is empty')
      const before = int8Field(header, 2) ? (this.#dictionaries.get(id) ?? []) : []
      this.#dictionaries = new Map(this.#dictionaries).set(id, [...before, this.#batch(data, body)])
    } else if (kind === 3) this.batches.push(this.#batch(header, body))
    return body.start + body.length
  }

  schema(schema: FlatTable): void {
    if (int16Field(schema, 0) !== 0)
      throw new InputError(this.access.name, 'Arrow: it is big-endian, which is not read; write it on another machine')
    this.columns = tablesField(schema, 1).map((field) => readColumn(field, 0))
    this.metadata = new Map(
      tablesField(schema, 2).map((pair) => [stringField(pair, 0) ?? '', stringField(pair, 1) ?? ''] as const),
    )
  }

  #batch(header: FlatTable, body: { start: number; length: number }): Batch {
    const packing = tableField(header, 3)
    const codec = packing && CODECS[int8Field(packing, 0)]
    if (packing && !codec)
      throw new InputError(
        this.access.name,
        'Arrow: its batches are compressed in a way that is not known; write it with LZ4, ZSTD or without compression',
      )
    const { view } = header
    const nodes = structsField(header, 1, 16).map((at) => ({ length: count64(view, at), nulls: count64(view, at + 8) }))
    const buffers = structsField(header, 2, 16).map((at) => {
      const offset = count64(view, at)
      const length = count64(view, at + 8)
      if (offset + length > body.length) throw new RangeError('a column lies outside its batch')
      return { offset: body.start + offset, length }
    })
    const variadic = structsField(header, 4, 8).map((at) => count64(view, at))
    return {
      rows: int64Field(header, 0),
      nodes,
      buffers,
      unpacked: codec && { codec, cache: this.#unpacked },
      variadic,
      dictionaries: this.#dictionaries,
    }
  }
}

async function readStream(reader: Reader, only: 'schema' | undefined): Promise<void> {
  const end = reader.access.byteLength
  for (let at: number | undefined = 0; at !== undefined && at + 4 <= end; ) {
    at = await reader.take(at, end)
    if (reader.columns && only) return
  }
  if (!reader.columns) throw new RangeError('it has no schema')
}

async function readFile(reader: Reader, only: 'schema' | undefined): Promise<void> {
  const { access } = reader
  const size = access.byteLength
  if (size < 20) throw new RangeError(`it has only ${size} bytes`)
  const tail = await access.read(size - 10, 10)
  if (new TextDecoder().decode(tail.subarray(4)) !== MAGIC) throw new RangeError('its end mark is missing')
  const length = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true)
  if (length <= 0 || length > size - 18 || length > LARGEST_MESSAGE)
    throw new RangeError(`its footer cannot have ${length} bytes`)
  const end = size - 10 - length
  const footer = rootTable(await access.read(end, length))
  const schema = tableField(footer, 1)
  if (!schema) throw new RangeError('its footer has no schema')
  reader.schema(schema)
  if (only) return
  // Lists 2 and 3 of a footer are dictionary batches and record batches, which is also what kinds 2 and 3 of a message are.
  for (const kind of [2, 3])
    for (const at of structsField(footer, kind, 24))
      if ((await reader.take(count64(footer.view, at), end, kind)) === undefined) throw new RangeError('a batch is missing')
}

function readColumn(field: FlatTable, depth: number): ColumnType {
  if (depth > DEEPEST) throw new RangeError('its columns are nested too deeply')
  const type = tableField(field, 3)
  const number = int8Field(field, 2)
  const encoding = tableField(field, 4)
  const index = encoding && tableField(encoding, 1)
  return {
    name: stringField(field, 0) ?? '',
    type: type ? number : 0,
    size: !type
      ? 0
      : number === ARROW_TYPE.float
        ? int16Field(type, 0)
        : number === ARROW_TYPE.int || number === ARROW_TYPE.fixedSizeList
          ? int32Field(type, 0)
          : 0,
    signed: type !== undefined && number === ARROW_TYPE.int && int8Field(type, 1) === 1,
    dictionary: encoding && {
      id: int64Field(encoding, 0),
      bits: index ? int32Field(index, 0, 32) : 32,
      signed: index ? int8Field(index, 1) === 1 : true,
    },
    children: tablesField(field, 5).map((child) => readColumn(child, depth + 1)),
  }
}

/**
 * A buffer's bytes: a part of the file, or what is unpacked from it when it is read.
 * @returns undefined when the batch has no such buffer. @throws RangeError when it is damaged
 */
export async function openBuffer(
  access: RandomAccess,
  { buffers, unpacked }: Batch,
  index: number,
): Promise<RandomAccess | undefined> {
  const place = buffers[index]
  if (!place) return undefined
  const stored = sliceAccess(access, place.offset, place.length)
  if (!unpacked || place.length === 0) return stored
  const prefix = await stored.read(0, 8)
  const byteLength = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigInt64(0, true))
  const packed = sliceAccess(stored, 8, place.length - 8)
  if (byteLength === -1) return packed
  const { codec, cache } = unpacked
  if (byteLength < 0 || byteLength > codec.largest || byteLength > codec.ratio * packed.byteLength)
    throw new RangeError(`a buffer of ${packed.byteLength} bytes claims to unpack to ${byteLength}`)
  const unpack = async (): Promise<Uint8Array> => {
    try {
      const unpack = await codec.load()
      return unpack(await packed.read(0, packed.byteLength), byteLength)
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(
        access.name,
        `Arrow: ${error instanceof Error ? error.message : error}; the file is damaged, get it again`,
        { cause: error },
      )
    }
  }
  return {
    name: access.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(access.name, byteLength, offset, length)
      const part = (await cache.get(String(place.offset), byteLength, unpack)).subarray(offset, offset + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
}

/** Where a column's nodes, buffers and view counts begin in a batch. */
export interface BatchPlace {
  node: number
  buffer: number
  view: number
}

/** The place of each top-level column. */
export function placesOf(columns: readonly ColumnType[], batch: Batch): BatchPlace[] {
  const next: BatchPlace = { node: 0, buffer: 0, view: 0 }
  return columns.map((column) => {
    const place = { ...next }
    skip(column, batch, next)
    return place
  })
}

function skip(column: ColumnType, batch: Batch, next: BatchPlace): void {
  next.node++
  if (column.dictionary) {
    next.buffer += 2
    return
  }
  next.buffer += BUFFERS[column.type] ?? 2
  if (column.type === ARROW_TYPE.utf8View || column.type === ARROW_TYPE.utf8View - 1)
    next.buffer += batch.variadic[next.view++] ?? 0
  for (const child of column.children) skip(child, batch, next)
}

/** Buffers of a type without its children's; 2 (validity, values) for all others. Unions have no validity. */
const BUFFERS: Readonly<Record<number, number>> = { 1: 0, 4: 3, 5: 3, 13: 1, 14: 1, 16: 1, 19: 3, 20: 3, 22: 0, 25: 3, 26: 3 }
