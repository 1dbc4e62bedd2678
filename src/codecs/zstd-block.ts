import { BackwardBits, type HuffmanTable } from './zstd-bits.ts'
import { readHuffman, readStates, type StateTable, singleState, statesOf } from './zstd-tables.ts'

// A compressed block, RFC 8878, 3.1.1.3: literals, then sequences "so many literals, then so many bytes from so far back".
//
//   literals   kind (2 bits), sizes   [Huffman table]   [sizes of the first three streams]   1 or 4 streams
//   sequences  count (1 to 3)  kinds of three tables (1)  tables  one stream: lengths of literals, distances, lengths of matches

export const LARGEST_BLOCK = 1 << 17

/** What one block of a frame leaves to the next. */
export interface FrameState {
  huffman: HuffmanTable | undefined
  tables: (StateTable | undefined)[]
  /** The last three distances. */
  distances: [number, number, number]
  /** Room for a block's literals; no more are taken. */
  readonly literals: Uint8Array
}

export function newFrameState(literals: Uint8Array): FrameState {
  return { huffman: undefined, tables: [], distances: [1, 4, 8], literals }
}

/** Where a block's bytes go: into `out` from `at`, up to `limit`; matches may reach back to `floor`. */
export interface Target {
  readonly out: Uint8Array
  readonly at: number
  readonly limit: number
  readonly floor: number
}

/**
 * Unpacks the block of `length` bytes that `bytes` begins with; four more bytes must follow it, whatever they are.
 * @returns the end of what was written. @throws RangeError when it is damaged or too large
 */
export function unpackBlock(bytes: Uint8Array, length: number, frame: FrameState, target: Target): number {
  const { end, count } = readLiterals(bytes, length, frame)
  return readSequences(bytes, end, length, frame, count, target)
}

function readLiterals(bytes: Uint8Array, length: number, frame: FrameState): { end: number; count: number } {
  const [kind, form] = [bytes[0]! & 3, (bytes[0]! >> 2) & 3]
  const head = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)
  const part = (from: number, bits: number): number =>
    ((head >>> from) | (from + bits > 32 ? bytes[4]! << (32 - from) : 0)) & ((1 << bits) - 1)
  if (kind < 2) {
    const [headBytes, count] = form === 1 ? [2, part(4, 12)] : form === 3 ? [3, part(4, 20)] : [1, part(3, 5)]
    const end = headBytes + (kind === 0 ? count : 1)
    if (end > length || count > frame.literals.length) throw new RangeError('literals run past their block')
    if (kind === 0) frame.literals.set(bytes.subarray(headBytes, end))
    else frame.literals.fill(bytes[headBytes]!, 0, count)
    return { end, count }
  }
  const bits = form < 2 ? 10 : form === 2 ? 14 : 18
  const headBytes = (4 + 2 * bits) >> 3
  const count = part(4, bits)
  const end = headBytes + part(4 + bits, bits)
  if (end > length || count > frame.literals.length) throw new RangeError('literals run past their block')
  let at = headBytes
  if (kind === 2) {
    const described = readHuffman(bytes, at, end)
    frame.huffman = described.table
    at = described.end
  }
  const { huffman } = frame
  if (!huffman) throw new RangeError('literals without a table')
  const each = form === 0 ? count : (count + 3) >> 2
  const streams = form === 0 ? 1 : 4
  const sizes = [0, 1, 2].map((k) => bytes[at + 2 * k]! | (bytes[at + 2 * k + 1]! << 8))
  if (streams === 4) at += 6
  for (let k = 0; k < streams; k++) {
    const to = k === streams - 1 ? end : at + sizes[k]!
    const from = k * each
    if (to > end || from > count) throw new RangeError('a stream of literals runs past its block')
    new BackwardBits(bytes, at, to).symbols(huffman, frame.literals.subarray(from, k === streams - 1 ? count : from + each))
    at = to
  }
  return { end, count }
}

/** A code's value: a first one and so many bits. */
interface Code {
  readonly first: Uint32Array
  readonly bits: Uint8Array
}

function codes(first: number, bits: readonly number[]): Code {
  let next = first
  return {
    bits: Uint8Array.from(bits),
    first: Uint32Array.from(bits, (count) => {
      const value = next
      next += 1 << count
      return value
    }),
  }
}

const zeros = (count: number): number[] => Array(count).fill(0)
const LITERALS = codes(0, [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
const MATCHES = codes(3, [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
const LARGEST_DISTANCE_CODE = 31

/** The tables in their order in a block, with the shares they have without a description. */
const TABLES = [
  {
    bits: 9,
    symbol: 35,
    usual: statesOf(
      [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
      6,
    ),
  },
  {
    bits: 8,
    symbol: LARGEST_DISTANCE_CODE,
    usual: statesOf([1, 1, 1, 1, 1, 1, 2, 2, 2, ...Array(15).fill(1), ...Array(5).fill(-1)], 5),
  },
  {
    bits: 9,
    symbol: 52,
    usual: statesOf([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array(37).fill(1), ...Array(7).fill(-1)], 6),
  },
] as const

function readSequences(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: FrameState,
  literals: number,
  target: Target,
): number {
  if (start >= end) throw new RangeError('a block ends before its sequences')
  let at = start
  let count = bytes[at++]!
  if (count === 255) {
    count = bytes[at]! + bytes[at + 1]! * 256 + 0x7f00
    at += 2
  } else if (count > 127) count = (count - 128) * 256 + bytes[at++]!
  if (count === 0) {
    if (at !== end) throw new RangeError('a block is longer than its literals')
    return copyLiterals(frame.literals, 0, literals, target, target.at)
  }
  const kinds = bytes[at++]!
  if ((kinds & 3) !== 0) throw new RangeError('a block has tables of an unknown kind')
  const [literalStates, distanceStates, matchStates] = TABLES.map((known, k) => {
    const kind = (kinds >> (6 - 2 * k)) & 3
    let table: StateTable | undefined = kind === 0 ? known.usual : frame.tables[k]
    if (kind === 1) {
      if (at >= end || bytes[at]! > known.symbol) throw new RangeError('a table has an unknown symbol')
      table = singleState(bytes[at++]!)
    } else if (kind === 2) {
      const described = readStates(bytes, at, end, known)
      table = described.table
      at = described.end
    }
    if (!table) throw new RangeError('a block repeats a table that there is not')
    frame.tables[k] = table
    return table
  }) as [StateTable, StateTable, StateTable]
  const stream = new BackwardBits(bytes, at, end)
  let [literalState, distanceState, matchState] = [
    stream.take(literalStates.bits),
    stream.take(distanceStates.bits),
    stream.take(matchStates.bits),
  ]
  const { out, limit, floor } = target
  let used = 0
  let to = target.at
  for (let left = count; left > 0; left--) {
    const distanceCode = distanceStates.symbols[distanceState]!
    const matchCode = matchStates.symbols[matchState]!
    const literalCode = literalStates.symbols[literalState]!
    const value = ((1 << distanceCode) >>> 0) + stream.take(distanceCode)
    const match = MATCHES.first[matchCode]! + stream.take(MATCHES.bits[matchCode]!)
    const length = LITERALS.first[literalCode]! + stream.take(LITERALS.bits[literalCode]!)
    const distance = nextDistance(frame.distances, value, length)
    if (left > 1) {
      literalState = literalStates.next[literalState]! + stream.take(literalStates.lengths[literalState]!)
      matchState = matchStates.next[matchState]! + stream.take(matchStates.lengths[matchState]!)
      distanceState = distanceStates.next[distanceState]! + stream.take(distanceStates.lengths[distanceState]!)
    }
    if (used + length > literals) throw new RangeError('a block has too few literals')
    to = copyLiterals(frame.literals, used, used + length, target, to)
    used += length
    if (distance < 1 || distance > to - floor) throw new RangeError('a match begins before its frame')
    if (to + match > limit) throw new RangeError('a block holds too much')
    if (distance >= match && match > 32) out.copyWithin(to, to - distance, to - distance + match)
    else for (let k = 0; k < match; k++) out[to + k] = out[to + k - distance]! // repeats what it has just written
    to += match
  }
  if (stream.left !== 0) throw new RangeError('a block is longer than its sequences')
  return copyLiterals(frame.literals, used, literals, target, to)
}

/** Values up to 3 stand for a distance that was used lately; it becomes the last one. */
function nextDistance(distances: [number, number, number], value: number, literals: number): number {
  const [last, second, third] = distances
  const repeat = value > 3 ? 4 : literals === 0 ? value : value - 1
  const distance = repeat === 0 ? last : repeat === 1 ? second : repeat === 2 ? third : repeat === 3 ? last - 1 : value - 3
  if (repeat > 0) {
    distances[0] = distance
    distances[1] = last
    if (repeat > 1) distances[2] = second
  }
  return distance
}

function copyLiterals(literals: Uint8Array, from: number, to: number, { out, limit }: Target, at: number): number {
  const length = to - from
  if (at + length > limit) throw new RangeError('a block holds too much')
  if (length > 32) out.set(literals.subarray(from, to), at)
  else for (let k = 0; k < length; k++) out[at + k] = literals[from + k]!
  return at + length
}
