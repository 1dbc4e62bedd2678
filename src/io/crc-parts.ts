import { combineCrc } from './crc32.ts'
import type { CrcName, CrcPart } from './stored-checksum.ts'

/** Stretches kept at a time; more are not remembered. Reads mostly follow one another, and then there is one. */
const MOST_PARTS = 1024

/**
 * The checksums of what has been read so far, in any order. Of stretches that overlap the longer is kept, so that those that touch become
 * one only when they are asked for, or are many: a look at the first bytes of a layer is no reason to read the layer again.
 */
export class CrcParts {
  readonly #name: CrcName
  /** By place, apart from one another. */
  readonly #parts: CrcPart[] = []

  constructor(name: CrcName) {
    this.#name = name
  }

  /** Whether a stretch says more than what is known of its bytes. */
  wants(from: number, to: number): boolean {
    const [first, last] = this.#overlapping(from, to)
    if (first === last) {
      const touches = this.#parts[first - 1]?.to === from || this.#parts[last]?.from === to
      // What fills a gap from its front on is always taken: joined, the stretches are no more than one more.
      return from < to && (from === 0 || touches || this.#parts.length < MOST_PARTS || this.#joined())
    }
    let known = 0
    for (let k = first; k < last; k++) known += this.#parts[k]!.to - this.#parts[k]!.from
    return to - from > known
  }

  add(part: CrcPart): void {
    if (!this.wants(part.from, part.to)) return
    const [first, last] = this.#overlapping(part.from, part.to)
    this.#parts.splice(first, last - first, part)
  }

  /** The first stretch below `length` of which nothing is known. */
  gap(length: number): { readonly from: number; readonly to: number } | undefined {
    this.#joined()
    const [first, second] = this.#parts
    if (!first) return length > 0 ? { from: 0, to: length } : undefined
    if (first.from > 0) return { from: 0, to: first.from }
    return first.to < length ? { from: first.to, to: second?.from ?? length } : undefined
  }

  /** All that is known, which is then forgotten. */
  take(): CrcPart[] {
    this.#joined()
    return this.#parts.splice(0)
  }

  /** Makes one of stretches that touch. @returns whether there is room for more */
  #joined(): boolean {
    let count = 0
    for (const part of this.#parts) {
      const before = this.#parts[count - 1]
      if (before?.to !== part.from) this.#parts[count++] = part
      else
        this.#parts[count - 1] = {
          from: before.from,
          to: part.to,
          crc: combineCrc(this.#name, before.crc, part.crc, part.to - part.from),
        }
    }
    this.#parts.length = count
    return count < MOST_PARTS
  }

  /** Places in the list: from the first stretch that overlaps one to that behind the last. */
  #overlapping(from: number, to: number): [first: number, last: number] {
    let first = this.#parts.length
    // What is read next mostly lies behind everything.
    if (first > 0 && this.#parts[first - 1]!.to > from) {
      let low = 0
      while (low < first) {
        const middle = (low + first) >> 1
        if (this.#parts[middle]!.to > from) first = middle
        else low = middle + 1
      }
    }
    let last = first
    while (last < this.#parts.length && this.#parts[last]!.from < to) last++
    return [first, last]
  }
}
