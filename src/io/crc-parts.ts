import { combineCrc } from './crc32.ts'
import type { CrcName, CrcPart } from './stored-checksum.ts'

/** Stretches kept at a time; more are not remembered. Reads mostly follow one another, and then there is one. */
const MOST_PARTS = 1024

/** The checksums of what has been read so far, in any order. Stretches that touch become one; of those that overlap the longer is kept. */
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
    if (first === last) return from < to && this.#parts.length < MOST_PARTS
    let known = 0
    for (let k = first; k < last; k++) known += this.#parts[k]!.to - this.#parts[k]!.from
    return to - from > known
  }

  add(part: CrcPart): void {
    let { from, to, crc } = part
    if (!this.wants(from, to)) return
    let [first, last] = this.#overlapping(from, to)
    const before = this.#parts[first - 1]
    if (before?.to === from) {
      crc = combineCrc(this.#name, before.crc, crc, to - from)
      from = before.from
      first--
    }
    const behind = this.#parts[last]
    if (behind?.from === to) {
      crc = combineCrc(this.#name, crc, behind.crc, behind.to - behind.from)
      to = behind.to
      last++
    }
    this.#parts.splice(first, last - first, { from, to, crc })
  }

  /** The first stretch below `length` of which nothing is known. */
  gap(length: number): { readonly from: number; readonly to: number } | undefined {
    const [first, second] = this.#parts
    if (!first) return length > 0 ? { from: 0, to: length } : undefined
    if (first.from > 0) return { from: 0, to: first.from }
    return first.to < length ? { from: first.to, to: second?.from ?? length } : undefined
  }

  /** All that is known, which is then forgotten. */
  take(): CrcPart[] {
    return this.#parts.splice(0)
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
