/**
 * The bits of a ZSTD stream, which is read from its end: the highest set bit of its last byte marks where it begins.
 * `bytes` must go on for four bytes behind `end`, whatever they are.
 */
export class BackwardBits {
  readonly bytes: Uint8Array
  readonly #floor: number
  #at: number

  /** @throws RangeError when there is no stream from `start` to `end` */
  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1]! : 0
    if (last === 0) throw new RangeError('a stream of bits has no end')
    this.bytes = bytes
    this.#floor = start * 8
    this.#at = end * 8 - 1 - Math.clz32(last << 24)
  }

  /** Bits that have not been read. */
  get left(): number {
    return this.#at - this.#floor
  }

  /** The next `count` bits (31 at most) as a number. @throws RangeError when there are not so many */
  take(count: number): number {
    if (count > 24) return this.take(count - 24) * 0x1000000 + this.take(24)
    const at = this.#at - count
    if (at < this.#floor) throw new RangeError('a stream of bits ends early')
    this.#at = at
    return (wordAt(this.bytes, at >> 3) >>> (at & 7)) & ((1 << count) - 1)
  }

  /** Symbols by a Huffman table until `to` is full, which must be the end of the stream. */
  symbols(table: HuffmanTable, to: Uint8Array): void {
    const { bytes } = this
    const { symbols, lengths, bits } = table
    const mask = (1 << bits) - 1
    const floor = this.#floor
    let at = this.#at
    for (let k = 0; k < to.length; k++) {
      const from = at - bits
      // Where fewer bits are left than the longest code has, zeros follow them.
      const code =
        from >= floor ? (wordAt(bytes, from >> 3) >>> (from & 7)) & mask : (wordAt(bytes, floor >> 3) << (floor - from)) & mask
      to[k] = symbols[code]!
      at -= lengths[code]!
      if (at < floor) throw new RangeError('a stream of literals ends early')
    }
    if (at !== floor) throw new RangeError('a stream of literals is longer than its literals')
    this.#at = at
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** What the next `bits` bits stand for: a symbol, and how many of them are its code. */
export interface HuffmanTable {
  readonly bits: number
  readonly symbols: Uint8Array
  readonly lengths: Uint8Array
}
