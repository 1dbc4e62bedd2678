/** Chunks of one shape that cover an array. Places are in bytes. */
export class Grid {
  readonly chunks: number
  readonly chunkBytes: number
  readonly byteLength: number
  readonly counts: readonly number[]
  readonly #shape: readonly number[]
  readonly sides: readonly number[]
  /** From one element of an axis to the next, in the array and in a chunk. */
  readonly #strides: readonly number[]
  readonly #own: readonly number[]
  /** The axis behind which chunks are as long as the array: what it counts lies in one run. */
  readonly #run: number

  constructor(shape: readonly number[], sides: readonly number[], size: number) {
    const stridesOf = (sizes: readonly number[]): number[] =>
      sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, n) => product * n, size))
    this.#shape = shape
    this.sides = sides
    this.#strides = stridesOf(shape)
    this.#own = stridesOf(sides)
    this.counts = shape.map((n, axis) => Math.ceil(n / sides[axis]!))
    this.chunks = this.counts.reduce((product, n) => product * n, 1)
    this.chunkBytes = sides.reduce((product, n) => product * n, size)
    this.byteLength = shape.reduce((product, n) => product * n, size)
    let run = shape.length - 1
    while (run > 0 && sides[run] === shape[run]) run--
    this.#run = run
  }

  /** The number of the chunk at a place along each axis. */
  numberOf(index: readonly number[]): number {
    return index.reduce((number, n, axis) => number * this.counts[axis]! + n, 0)
  }

  /** The place of a chunk along each axis. */
  indexOf(chunk: number): number[] {
    let rest = chunk
    const index = this.counts.map(() => 0)
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % this.counts[axis]!
      rest = Math.floor(rest / this.counts[axis]!)
    }
    return index
  }

  /**
   * Copies what a chunk holds of the bytes from `first` on, as many as `out` has, to their places there; without the chunk's bytes
   * nothing is copied. @returns whether it holds any of them
   */
  copy(chunk: number, bytes: Uint8Array | undefined, first: number, out: Uint8Array): boolean {
    const index = this.indexOf(chunk)
    const last = first + out.length
    const rows = (axis: number, at: number, from: number): boolean => {
      const start = index[axis]! * this.sides[axis]!
      const count = Math.min(this.sides[axis]!, this.#shape[axis]! - start)
      const stride = this.#strides[axis]!
      const begin = at + start * stride
      if (axis === this.#run) {
        const low = Math.max(begin, first)
        const high = Math.min(begin + count * stride, last)
        if (low < high && bytes) out.set(bytes.subarray(from + low - begin, from + high - begin), low - first)
        return low < high
      }
      let isAny = false
      const skipped = Math.max(0, Math.floor((first - begin) / stride))
      for (let k = skipped; k < count && begin + k * stride < last; k++) {
        isAny = rows(axis + 1, begin + k * stride, from + k * this.#own[axis]!) || isAny
        if (isAny && !bytes) return true
      }
      return isAny
    }
    return rows(0, 0, 0)
  }
}
