import { gunzipSync } from 'fflate'
import { lz4Block } from '../../io/lz4.ts'
import { snappy } from '../../io/snappy.ts'

// parquet-format/src/main/thrift/parquet.thrift, in Thrift's compact protocol. A column chunk is a run of pages:
//
//   PageHeader   1 type  2 unpacked size  3 packed size  5 DataPageHeader  7 DictionaryPageHeader  8 DataPageHeaderV2
//   page         version 1: everything packed; version 2: levels as they are, then values packed

/** A page whose values are unpacked. */
export interface Page {
  readonly kind: 'data' | 'dictionary'
  readonly values: number
  /** Number of the encoding: 0 PLAIN, 2 and 8 dictionary, 9 BYTE_STREAM_SPLIT … */
  readonly encoding: number
  /** Repetition levels, definition levels and values of a version 1 page, in this order; values alone of a version 2 page. */
  readonly bytes: Uint8Array
  /** The levels of a version 2 page. */
  readonly levels: { readonly repetition: Uint8Array; readonly definition: Uint8Array } | undefined
}

type Thrift = Map<number, number | Thrift>

const LARGEST_PAGE = 1 << 28
const DEEPEST = 16

/** Packings that are read. */
export const CODECS = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZ4_RAW'])

/** The pages of a column chunk, one at a time. @throws RangeError when the chunk is damaged */
export function* pagesOf(chunk: Uint8Array, codec: string): Generator<Page> {
  const cursor = { bytes: chunk, at: 0 }
  while (cursor.at < chunk.length) {
    const header = readStruct(cursor, 0)
    const [type, unpacked, packed] = [1, 2, 3].map((field) => whole(header, field)) as [number, number, number]
    if (unpacked > LARGEST_PAGE || cursor.at + packed > chunk.length) throw new RangeError('a page runs past its end')
    const body = chunk.subarray(cursor.at, cursor.at + packed)
    cursor.at += packed
    if (type === 0 || type === 2) {
      const about = inner(header, type === 0 ? 5 : 7)
      const bytes = unpack(body, unpacked, codec)
      yield {
        kind: type === 0 ? 'data' : 'dictionary',
        values: whole(about, 1),
        encoding: whole(about, 2),
        bytes,
        levels: undefined,
      }
    } else if (type === 3) {
      const about = inner(header, 8)
      const [definition, repetition] = [whole(about, 5), whole(about, 6)]
      if (repetition + definition > Math.min(packed, unpacked)) throw new RangeError('the levels of a page run past its end')
      const rest = body.subarray(repetition + definition)
      const size = unpacked - repetition - definition
      yield {
        kind: 'data',
        values: whole(about, 1),
        encoding: whole(about, 4),
        bytes: about.get(7) === 0 ? rest : unpack(rest, size, codec),
        levels: { repetition: body.subarray(0, repetition), definition: body.subarray(repetition, repetition + definition) },
      }
    }
  }
}

function unpack(input: Uint8Array, byteLength: number, codec: string): Uint8Array {
  if (codec === 'UNCOMPRESSED') return input
  if (codec === 'SNAPPY') return snappy(input, byteLength)
  const out = new Uint8Array(byteLength)
  const length = codec === 'GZIP' ? gunzipSync(input, { out }).length : lz4Block(input, out)
  if (length !== byteLength) throw new RangeError(`a page holds ${length} of ${byteLength} bytes`)
  return out
}

function whole(struct: Thrift, field: number): number {
  const value = struct.get(field)
  if (typeof value !== 'number' || value < 0) throw new RangeError('a page header is damaged')
  return value
}

function inner(struct: Thrift, field: number): Thrift {
  const value = struct.get(field)
  if (!(value instanceof Map)) throw new RangeError('a page header is damaged')
  return value
}

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

function byteOf(cursor: Cursor): number {
  if (cursor.at >= cursor.bytes.length) throw new RangeError('a page header ends early')
  return cursor.bytes[cursor.at++]!
}

function varint(cursor: Cursor): number {
  let value = 0
  for (let unit = 1, byte = 128; byte >= 128; unit *= 128) {
    byte = byteOf(cursor)
    value += (byte & 127) * unit
    if (unit > 0x1000000000000) throw new RangeError('a number in a page header is too long')
  }
  return value
}

const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)

/** The numbers and structs of a struct; texts, lists and doubles are passed over. */
function readStruct(cursor: Cursor, depth: number): Thrift {
  if (depth > DEEPEST) throw new RangeError('a page header is nested too deeply')
  const struct: Thrift = new Map()
  for (let field = 0; ; ) {
    const head = byteOf(cursor)
    if (head === 0) return struct
    field = head >> 4 === 0 ? zigzag(varint(cursor)) : field + (head >> 4)
    const value = readValue(cursor, head & 15, depth)
    if (value !== undefined) struct.set(field, value)
  }
}

function readValue(cursor: Cursor, type: number, depth: number): number | Thrift | undefined {
  switch (type) {
    case 1:
      return 1
    case 2:
      return 0
    case 3:
      return byteOf(cursor)
    case 4:
    case 5:
    case 6:
      return zigzag(varint(cursor))
    case 7:
      cursor.at += 8
      return undefined
    case 8:
      cursor.at += varint(cursor)
      return undefined
    case 9:
    case 10: {
      const head = byteOf(cursor)
      const count = head >> 4 === 15 ? varint(cursor) : head >> 4
      for (let k = 0; k < count; k++) (head & 15) <= 2 ? byteOf(cursor) : readValue(cursor, head & 15, depth + 1)
      return undefined
    }
    case 12:
      return readStruct(cursor, depth + 1)
    default:
      throw new RangeError('a page header holds a type that it cannot have')
  }
}
