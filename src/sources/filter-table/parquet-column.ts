import type { Unpack } from '../../codecs/unpack.ts'
import { type Page, pagesOf } from './parquet-pages.ts'

// Parquet's Encodings.md. Levels and dictionary indices are runs: a varint header, its lowest bit 1 for groups of eight bit-packed
// values, 0 for one value repeated.

/** A column as its schema and its chunk describe it. */
export interface ColumnChunk {
  readonly name: string
  /** Number of the physical type. */
  readonly type: number
  /** Unpacks a page. */
  readonly unpack: Unpack
  /** Highest repetition level: 1 for a list, 0 for a plain column. */
  readonly repetition: number
  /** Highest definition level: what is there has it. */
  readonly definition: number
}

/** Physical types by their numbers. */
export const PARQUET_TYPE = { int32: 1, int64: 2, float: 4, double: 5, bytes: 6 } as const

const DICTIONARY = new Set([2, 8])
const DAMAGED = 'is damaged'

/**
 * The values of a list column whose every row has `each` of them, row behind row.
 * @throws RangeError when a row has fewer or more or an empty entry, or the chunk is damaged
 */
export function readLists(bytes: Uint8Array, column: ColumnChunk, rows: number, each: number): Float32Array {
  const out = new Float32Array(rows * each)
  let dictionary: Float32Array | Float64Array | undefined
  let done = 0
  for (const page of pagesOf(bytes, column.unpack)) {
    if (page.kind === 'dictionary') {
      dictionary = floats(page.bytes, 0, page.values, column, 0)
      continue
    }
    if (page.values > out.length - done) throw new RangeError('has more values than its rows')
    const { repetition, definition, at } = levelsOf(page, column)
    for (let k = 0; k < page.values; k++) {
      const row = Math.floor((done + k) / each)
      const begins = (done + k) % each === 0
      if ((repetition[k] === 0) !== begins) throw new RangeError(`row ${begins ? row - 1 : row} does not have ${each} values`)
      if (definition[k] !== column.definition) throw new RangeError(`row ${row} has an empty entry`)
    }
    out.set(floatsOf(page, at, column, dictionary), done)
    done += page.values
  }
  if (done !== out.length) throw new RangeError(`has ${done} of ${out.length} values`)
  return out
}

/** The values of a plain column of texts or whole numbers, as texts. @throws RangeError when one is empty or the chunk is damaged */
export function* readLabels(bytes: Uint8Array, column: ColumnChunk, rows: number): Generator<string> {
  let dictionary: string[] | undefined
  let done = 0
  for (const page of pagesOf(bytes, column.unpack)) {
    if (page.kind === 'dictionary') {
      dictionary = [...labels(page.bytes, 0, page.values, column)]
      continue
    }
    if (page.values > rows - done) throw new RangeError('has more values than its rows')
    const { definition, at } = levelsOf(page, column)
    for (let k = 0; k < page.values; k++)
      if (definition[k] !== column.definition) throw new RangeError(`row ${done + k} has an empty entry`)
    if (page.encoding === 0) yield* labels(page.bytes, at, page.values, column)
    else if (DICTIONARY.has(page.encoding)) {
      for (const index of indices(page, at)) {
        const label = dictionary?.[index]
        if (label === undefined) throw new RangeError(DAMAGED)
        yield label
      }
    } else throw new RangeError(`has values in encoding ${page.encoding}, which is not read`)
    done += page.values
  }
  if (done !== rows) throw new RangeError(`has ${done} of ${rows} values`)
}

interface Levels {
  readonly repetition: Uint8Array
  readonly definition: Uint8Array
  /** Where the values begin. */
  readonly at: number
}

function levelsOf({ bytes, values, levels }: Page, column: ColumnChunk): Levels {
  const bits = (highest: number): number => 32 - Math.clz32(highest)
  const read = (part: Uint8Array, highest: number): Uint8Array => {
    const out = new Uint8Array(values)
    if (highest > 0) readRuns(part, bits(highest), out)
    return out
  }
  if (levels)
    return {
      repetition: read(levels.repetition, column.repetition),
      definition: read(levels.definition, column.definition),
      at: 0,
    }
  let at = 0
  const next = (highest: number): Uint8Array => {
    if (highest === 0) return new Uint8Array(values)
    if (at + 4 > bytes.length) throw new RangeError(DAMAGED)
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
    at += 4 + length
    if (at > bytes.length) throw new RangeError(DAMAGED)
    return read(bytes.subarray(at - length, at), highest)
  }
  return { repetition: next(column.repetition), definition: next(column.definition), at }
}

/** Fills `out` from runs of values of `bits` bits. */
function readRuns(input: Uint8Array, bits: number, out: Uint8Array | Int32Array): void {
  let at = 0
  const take = (): number => {
    if (at >= input.length) throw new RangeError(DAMAGED)
    return input[at++]!
  }
  for (let done = 0; done < out.length; ) {
    let header = 0
    for (let unit = 1, byte = 128; byte >= 128; unit *= 128) {
      byte = take()
      header += (byte & 127) * unit
      if (unit > 0x10000000) throw new RangeError(DAMAGED)
    }
    const count = Math.floor(header / 2)
    if (header % 2 === 0) {
      let value = 0
      for (let k = 0, unit = 1; k < Math.ceil(bits / 8); k++, unit *= 256) value += take() * unit
      if (count === 0) throw new RangeError(DAMAGED)
      out.fill(value, done, Math.min(out.length, done + count))
      done += count
      continue
    }
    if (count === 0) throw new RangeError(DAMAGED)
    const wanted = Math.min(out.length - done, count * 8)
    if (at + Math.ceil((wanted * bits) / 8) > input.length) throw new RangeError(DAMAGED)
    for (let k = 0; k < wanted; k++) {
      const first = at + Math.floor((k * bits) / 8)
      const skipped = (k * bits) % 8
      // Up to 38 bits: more than a bitwise operator holds, so in plain numbers.
      let held = 0
      for (let n = 0, unit = 1; n * 8 < skipped + bits; n++, unit *= 256) held += input[first + n]! * unit
      out[done + k] = Math.floor(held / (1 << skipped)) % ((1 << bits) >>> 0)
    }
    at += count * bits
    done += count * 8
  }
}

function indices({ bytes, values }: Page, at: number): Int32Array {
  const out = new Int32Array(values)
  const bits = bytes[at]
  if (values === 0) return out
  if (bits === undefined || bits > 31) throw new RangeError(DAMAGED)
  if (bits > 0) readRuns(bytes.subarray(at + 1), bits, out)
  return out
}

function floatsOf(
  page: Page,
  at: number,
  column: ColumnChunk,
  dictionary: Float32Array | Float64Array | undefined,
): ArrayLike<number> {
  if (page.encoding === 0 || page.encoding === 9) return floats(page.bytes, at, page.values, column, page.encoding)
  if (!DICTIONARY.has(page.encoding)) throw new RangeError(`has values in encoding ${page.encoding}, which is not read`)
  const out = new Float32Array(page.values)
  for (const [k, index] of indices(page, at).entries()) {
    const value = dictionary?.[index]
    if (value === undefined) throw new RangeError(DAMAGED)
    out[k] = value
  }
  return out
}

/** Plain numbers, or (encoding 9) their first bytes, then their second bytes … */
function floats(
  bytes: Uint8Array,
  at: number,
  count: number,
  { type }: ColumnChunk,
  encoding: number,
): Float32Array | Float64Array {
  const size = type === PARQUET_TYPE.double ? 8 : 4
  if (at + count * size > bytes.length) throw new RangeError(DAMAGED)
  const plain = new Uint8Array(count * size)
  if (encoding === 9)
    for (let k = 0; k < count; k++) for (let n = 0; n < size; n++) plain[k * size + n] = bytes[at + n * count + k]!
  else plain.set(bytes.subarray(at, at + count * size))
  return size === 8 ? new Float64Array(plain.buffer) : new Float32Array(plain.buffer)
}

function* labels(bytes: Uint8Array, start: number, count: number, { type }: ColumnChunk): Generator<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder()
  let at = start
  for (let k = 0; k < count; k++) {
    if (type === PARQUET_TYPE.int32) yield String(view.getInt32(at, true))
    else if (type === PARQUET_TYPE.int64) yield String(view.getBigInt64(at, true))
    if (type !== PARQUET_TYPE.bytes) {
      at += type === PARQUET_TYPE.int32 ? 4 : 8
      continue
    }
    const length = view.getUint32(at, true)
    if (at + 4 + length > bytes.length) throw new RangeError(DAMAGED)
    yield decoder.decode(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
}
