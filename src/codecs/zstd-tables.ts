import { BackwardBits, type HuffmanTable } from './zstd-bits.ts'

/** A state machine: in a state it tells a symbol; the next state is `next` and so many bits. RFC 8878, 4.1. */
export interface StateTable {
  /** Bits of the first state. */
  readonly bits: number
  readonly symbols: Uint8Array
  readonly lengths: Uint8Array
  readonly next: Uint16Array
}

/**
 * A state table from its description between two bytes. @returns the table and the byte behind the description
 * @throws RangeError when its shares are no whole, or it asks for more symbols or states than there may be
 */
export function readStates(
  bytes: Uint8Array,
  start: number,
  end: number,
  most: { readonly bits: number; readonly symbol: number },
): { table: StateTable; end: number } {
  let at = start * 8
  const take = (count: number): number => {
    const from = at >> 3
    const word = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16)
    return (word >> (at & 7)) & ((1 << count) - 1)
  }
  const bits = take(4) + 5
  at += 4
  if (bits > most.bits) throw new RangeError(`a table of 2^${bits} states`)
  const shares: number[] = []
  let left = 1 << bits
  while (left > 0) {
    // A number from 0 to left + 1 in as few bits as hold it; the small ones in one bit less.
    const width = 32 - Math.clz32(left + 1)
    const short = (1 << width) - left - 2
    let value = take(width - 1)
    if (value < short) at += width - 1
    else {
      value = take(width)
      if (value >= 1 << (width - 1)) value -= short
      at += width
    }
    const share = value - 1 // -1: less than one
    shares.push(share)
    left -= Math.abs(share)
    for (let repeat = share === 0 ? 3 : 0; repeat === 3; ) {
      repeat = take(2)
      at += 2
      for (let k = 0; k < repeat; k++) shares.push(0)
      if (shares.length > most.symbol + 1) break
    }
    if (shares.length > most.symbol + 1) throw new RangeError(`a table of more than ${most.symbol + 1} symbols`)
  }
  const behind = (at + 7) >> 3
  if (behind > end) throw new RangeError('a table ends early')
  return { table: statesOf(shares, bits), end: behind }
}

/** The table of these shares of 2^bits states. */
export function statesOf(shares: readonly number[], bits: number): StateTable {
  const size = 1 << bits
  const symbols = new Uint8Array(size)
  const lengths = new Uint8Array(size)
  const next = new Uint16Array(size)
  const counts = new Uint16Array(shares.length)
  let high = size
  shares.forEach((share, symbol) => {
    if (share < 0) symbols[--high] = symbol
    counts[symbol] = Math.abs(share)
  })
  let place = 0
  shares.forEach((share, symbol) => {
    for (let k = 0; k < share; k++) {
      symbols[place] = symbol
      do place = (place + (size >> 1) + (size >> 3) + 3) & (size - 1)
      while (place >= high)
    }
  })
  for (let state = 0; state < size; state++) {
    const count = counts[symbols[state]!]!++
    const length = bits - (31 - Math.clz32(count))
    lengths[state] = length
    next[state] = (count << length) - size
  }
  return { bits, symbols, lengths, next }
}

/** The table that knows one symbol only. */
export function singleState(symbol: number): StateTable {
  return { bits: 0, symbols: Uint8Array.of(symbol), lengths: new Uint8Array(1), next: new Uint16Array(1) }
}

const LONGEST_CODE = 11
const MOST_WEIGHTS = 255

/** A Huffman table from its description at a byte. @returns the table and the byte behind the description. RFC 8878, 4.2.1 */
export function readHuffman(bytes: Uint8Array, start: number, end: number): { table: HuffmanTable; end: number } {
  const head = bytes[start]!
  const count = head - 127
  const behind = start + 1 + (head < 128 ? head : (count + 1) >> 1)
  if (start >= end || behind > end) throw new RangeError('a table of literals ends early')
  const weights =
    head < 128
      ? packedWeights(bytes, start + 1, behind)
      : Array.from({ length: count }, (_, k) => (bytes[start + 1 + (k >> 1)]! >> (k % 2 === 0 ? 4 : 0)) & 15)
  return { table: huffmanOf(weights), end: behind }
}

/** Two states take turns until there are too few bits for the next step. */
function packedWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, end: behind } = readStates(bytes, start, end, { bits: 6, symbol: LONGEST_CODE + 1 })
  const { symbols, lengths, next } = table
  const stream = new BackwardBits(bytes, behind, end)
  let [state, other] = [stream.take(table.bits), stream.take(table.bits)]
  const weights: number[] = []
  for (;;) {
    weights.push(symbols[state]!)
    if (weights.length >= MOST_WEIGHTS) throw new RangeError('a table of literals has too many weights') // steps may take no bit
    const length = lengths[state]!
    if (stream.left < length) break
    ;[state, other] = [other, next[state]! + stream.take(length)]
  }
  weights.push(symbols[other]!)
  return weights
}

/** Codes by their weights: one of weight w stands for 2^(w-1) of the table's places; the last weight is what is missing to a power of two. */
function huffmanOf(weights: number[]): HuffmanTable {
  const used = weights.reduce((sum, weight) => sum + ((1 << weight) >> 1), 0)
  const bits = 32 - Math.clz32(used)
  const rest = (1 << bits) - used
  if (used === 0 || bits > LONGEST_CODE || (rest & (rest - 1)) !== 0) throw new RangeError('a table of literals has no whole')
  const all = [...weights, 32 - Math.clz32(rest)]
  const symbols = new Uint8Array(1 << bits)
  const lengths = new Uint8Array(1 << bits)
  let place = 0
  for (let weight = 1; weight <= bits; weight++)
    all.forEach((own, symbol) => {
      if (own !== weight) return
      const to = place + (1 << (weight - 1))
      symbols.fill(symbol, place, to)
      lengths.fill(bits + 1 - weight, place, to)
      place = to
    })
  return { bits, symbols, lengths }
}
