import { byteText } from '../../io/byte-text.ts'
import type { PickleGap } from './skeleton.ts'
import { PickleProblem, PyElsewhere } from './values.ts'

/** The bytes end before the pickle does. */
export class PickleCut extends PickleProblem {
  override readonly name = 'PickleCut'
}

const LONGEST_INTEGER = 1024 // bytes; torch's magic number has 10
const LONGEST_LINE = 1 << 20
const utf8Decoder = new TextDecoder('utf-8')

/** Reads a pickle's operands. Whatever length the file claims, nothing is allocated before the bytes are known to be there. */
export class PickleCursor {
  at: number
  readonly #all: Uint8Array
  readonly #view: DataView
  readonly #gaps: ReadonlyMap<number, PickleGap>

  /** `gaps`: bytes that `all` does not hold, and where in it they would begin. */
  constructor(all: Uint8Array, at: number, gaps: readonly PickleGap[] = []) {
    this.#gaps = new Map(gaps.map((gap) => [gap.at, gap]))
    this.#all = all
    this.#view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    this.at = at
  }

  /** @throws PickleProblem that names the byte which was read last */
  fail(what: string): never {
    throw new PickleProblem(`the pickle is damaged at byte ${this.at}: ${what}`)
  }

  /** Steps over `count` bytes and returns where they begin. */
  #take(count: number): number {
    if (count < 0) this.fail('a length is negative')
    const from = this.at
    if (from + count > this.#all.length) throw new PickleCut('the pickle is cut short')
    this.at = from + count
    return from
  }

  byte(): number {
    return this.#all[this.#take(1)]!
  }
  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }
  int32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }
  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }
  /** Above 2^53 the value is not exact, and far beyond any file. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true))
  }
  float64BigEndian(): number {
    return this.#view.getFloat64(this.#take(8), false)
  }

  /** A view of the pickle's own bytes. */
  bytes(count: number): Uint8Array {
    const from = this.#take(count)
    return this.#all.subarray(from, this.at)
  }
  /** Bytes that were left out of the pickle where it stands now; undefined when none were. */
  leftOut(count: number): PyElsewhere | undefined {
    const gap = this.#gaps.get(this.at)
    return gap?.length === count ? new PyElsewhere(gap.start, gap.length) : undefined
  }
  utf8(count: number): string {
    return utf8Decoder.decode(this.bytes(count))
  }
  latin1(count: number): string {
    return byteText(this.bytes(count))
  }

  /** A signed little-endian integer of `count` bytes: a number where that is exact, else a bigint. */
  long(count: number): number | bigint {
    if (count > LONGEST_INTEGER) this.fail(`an integer of ${count} bytes`)
    const bytes = this.bytes(count)
    let value = 0n
    for (let k = count - 1; k >= 0; k--) value = (value << 8n) | BigInt(bytes[k]!)
    return narrowed(count > 0 ? BigInt.asIntN(count * 8, value) : 0n)
  }

  /** The rest of the line without its line feed. */
  line(): string {
    const end = this.#all.indexOf(0x0a, this.at)
    if (end < 0) throw new PickleCut('the pickle is cut short')
    if (end - this.at > LONGEST_LINE) this.fail('a line without end')
    const text = this.utf8(end - this.at)
    this.at = end + 1
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
  index(): number {
    const value = this.textInt()
    return typeof value === 'number' && value >= 0 ? value : this.fail('a memo index is expected')
  }
  /** "12", "-3", "12L", and "00"/"01" for False/True. */
  textInt(): number | bigint | boolean {
    const line = this.line()
    if (line === '00') return false
    if (line === '01') return true
    const digits = line.endsWith('L') ? line.slice(0, -1) : line
    if (!/^\s*[+-]?\d{1,2000}\s*$/.test(digits)) return this.fail('an integer is expected')
    return narrowed(BigInt(digits.trim().replace(/^\+/, '')))
  }
  textFloat(): number {
    const line = this.line().trim().toLowerCase()
    const special = /^([+-]?)(inf(?:inity)?|nan)$/.exec(line)
    if (special) return special[2] === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
    return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(line) ? Number(line) : this.fail('a float is expected')
  }
  /** A Python 2 string literal: quotes and escapes; one character per byte. */
  quoted(): string {
    const line = this.line().trim()
    const quote = line[0]
    if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) return this.fail('a string is expected')
    const simple: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '' }
    return line
      .slice(1, -1)
      .replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[\s\S])/g, (_, code: string) =>
        code.length === 3 && code[0] === 'x'
          ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
          : /^[0-7]+$/.test(code)
            ? String.fromCharCode(Number.parseInt(code, 8) & 255)
            : (simple[code] ?? code),
      )
  }
  /** A raw-unicode-escape line: \uXXXX and \UXXXXXXXX, everything else one character per byte. */
  escaped(): string {
    const end = this.#all.indexOf(0x0a, this.at)
    if (end < 0) throw new PickleCut('the pickle is cut short')
    const text = this.latin1(end - this.at)
    this.at = end + 1
    return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, four?: string, eight?: string) => {
      const code = Number.parseInt(four ?? eight ?? '', 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    })
  }
}

/** A number where that is exact. */
export function narrowed(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
