import * as v from 'valibot'
import type { RandomAccess } from '../io/random-access.ts'

/*
 * Records of a file that is written from its start to its end, by a process that may be killed at any moment:
 *
 *   | bytes that follow the check: u32 | check of them: u32 | bytes of the text: u32 | text, filled up with spaces | doubles |
 *
 * All is a multiple of four bytes, in the order of the machine (little-endian on every one that runs this). A record that was cut
 * off by a crash fails its check and ends the file.
 */

/** Where records are read from. */
export interface RecordSource {
  /** Bytes that are there; 0 when there is none. */
  size(): number
  /** Those bytes, synchronously: a run asks for a layer in the middle of its work. */
  read(offset: number, length: number): Uint8Array
}

/** A whole record, bytes [from, to) of its file. */
export interface PlacedRecord {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

const PIECE = 1 << 20
const LARGEST_RECORD = 1 << 28 // a row of an 11×11 layer with three scatter matrices has about 0.4 MB; a model's metadata may be long
const HEAD = 12 // bytes of the three numbers

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A record of a text and numbers. */
export function recordOf(text: string, arrays: readonly (Float64Array | Uint32Array)[] = []): Uint8Array {
  const plain = encoder.encode(text)
  const filled = (plain.length + 3) & ~3
  const bytes = new Uint8Array(arrays.reduce((sum, array) => sum + array.byteLength, HEAD + filled))
  bytes.set(plain, HEAD)
  bytes.fill(0x20, HEAD + plain.length, HEAD + filled)
  let at = HEAD + filled
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  const words = wordsOf(bytes)
  words[0] = bytes.length - 8
  words[2] = filled
  words[1] = checkOf(words)
  return bytes
}

/** The text of a record, filled up with spaces. */
export function recordText(record: Uint8Array): string {
  return decoder.decode(record.subarray(HEAD, HEAD + wordsOf(record)[2]!))
}

/** What the text of a record that was read from a file says by a schema; `lacks`: what is said of a record that says something else. */
export function recordValue<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  lacks: string,
): { readonly value: v.InferOutput<Schema> } | { readonly problem: string } {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    return { problem: 'a record is no JSON' }
  }
  const read = v.safeParse(schema, given)
  if (read.success) return { value: given as v.InferOutput<Schema> }
  return { problem: `a record ${lacks} (${v.getDotPath(read.issues[0]) ?? 'it'}: ${read.issues[0].message})` }
}

/** Bytes of a record's numbers. */
export function recordNumberBytes(record: Uint8Array): number {
  return record.length - HEAD - wordsOf(record)[2]!
}

/** Takes the numbers of a record one array after the other. */
export function recordNumbers(record: Uint8Array): { doubles(length: number): Float64Array; words(length: number): Uint32Array } {
  let at = HEAD + wordsOf(record)[2]!
  const take = (bytes: number): ArrayBuffer => {
    at += bytes
    return record.slice(at - bytes, at).buffer as ArrayBuffer
  }
  return { doubles: (length) => new Float64Array(take(8 * length)), words: (length) => new Uint32Array(take(4 * length)) }
}

/** The whole records of a store; read in pieces. The first one that is not whole ends them. */
export function* recordsOf(store: RecordSource): Generator<PlacedRecord> {
  const size = store.size()
  const splitter = new RecordSplitter()
  for (let read = 0; read < size && splitter.isWhole; ) {
    const piece = store.read(read, Math.min(splitter.wants, size - read))
    if (piece.length === 0) return
    read += piece.length
    yield* splitter.split(piece)
  }
}

/** The same of a file that is read by range. */
export async function* recordsIn(
  access: Pick<RandomAccess, 'byteLength' | 'read'>,
  end = access.byteLength,
): AsyncGenerator<PlacedRecord> {
  const splitter = new RecordSplitter()
  for (let read = 0; read < end && splitter.isWhole; ) {
    const piece = await access.read(read, Math.min(splitter.wants, end - read))
    read += piece.length
    yield* splitter.split(piece)
  }
}

/** Splits the bytes of a file, which come piece by piece, into its records. */
class RecordSplitter {
  #rest = new Uint8Array(0)
  /** Of the first byte of the rest. */
  #at = 0
  /** False when a record was not whole, or is too large to be one. */
  isWhole = true

  /** Bytes that are worth reading next. */
  get wants(): number {
    return Math.max(PIECE, this.#rest.length)
  }

  *split(piece: Uint8Array): Generator<PlacedRecord> {
    const bytes = new Uint8Array(this.#rest.length + piece.length)
    bytes.set(this.#rest)
    bytes.set(piece, this.#rest.length)
    let begin = 0
    for (let end = endOf(bytes, begin); end !== undefined && end <= bytes.length; end = endOf(bytes, begin)) {
      const record = bytes.slice(begin, end)
      if (!isWhole(record)) {
        this.isWhole = false
        return
      }
      yield { bytes: record, from: this.#at + begin, to: this.#at + end }
      begin = end
    }
    this.#rest = bytes.slice(begin)
    this.#at += begin
    if (this.#rest.length >= LARGEST_RECORD) this.isWhole = false
  }
}

/** The bytes' words; `bytes` begins at the start of its buffer or at a multiple of four. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
}

/** Where the record that begins at `begin` ends; undefined when its first numbers are not there. */
function endOf(bytes: Uint8Array, begin: number): number | undefined {
  if (begin + HEAD > bytes.length) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset + begin, 4).getUint32(0, littleEndian)
  return begin + 8 + Math.max(4, length)
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

function isWhole(record: Uint8Array): boolean {
  const words = wordsOf(record)
  return record.length % 4 === 0 && words[1] === checkOf(words) && HEAD + words[2]! <= record.length
}

/** FNV-1a, word by word, over all but the first two: enough to notice a torn record. */
function checkOf(words: Uint32Array): number {
  let hash = 0x811c9dc5
  for (let k = 2; k < words.length; k++) hash = Math.imul(hash ^ words[k]!, 0x01000193)
  return hash >>> 0
}
