import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'

/** How a protobuf field is stored. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

const SMALLEST_WINDOW = 1 << 14
const LARGEST_WINDOW = 1 << 20
/** A tag and a length, each of at most ten bytes. */
const HEADER_BYTES = 20
const LARGEST_TEXT = 1 << 16
/** What the records of one model may weigh in memory (names, nodes, tensors). */
const MEMORY_BUDGET = 256 * 1024 * 1024

/**
 * A cursor over protobuf bytes that holds one window of the file and passes over payloads without reading them.
 *
 * Use: while (c.position < end) { if (c.lacks()) await c.load(); switch (c.field(end)) { case 1: … default: c.skip() } }.
 * After `field`, `wire` says how the field is stored; for BYTES, `size` is its length and `position` its first byte.
 */
export class WireCursor {
  position = 0
  wire = VARINT
  size = 0
  readonly access: RandomAccess
  /** What is being read, outermost first, for messages. */
  readonly within: string[] = []
  #bytes: Uint8Array = new Uint8Array(0)
  #from = 0
  #window = SMALLEST_WINDOW
  #budget = MEMORY_BUDGET
  readonly #decoder = new TextDecoder()

  constructor(access: RandomAccess) {
    this.access = access
  }

  /** True when the window does not hold the next `count` bytes, although the file does. */
  lacks(count: number = HEADER_BYTES): boolean {
    const wanted = Math.min(this.position + count, this.access.byteLength)
    return this.position < this.#from || wanted > this.#from + this.#bytes.length
  }

  /** Moves the window to the next `count` bytes: growing while the file is read in one run, small again after a jump. */
  async load(count: number = HEADER_BYTES): Promise<void> {
    const end = this.#from + this.#bytes.length
    const inOneRun = this.position <= end && end - this.position < HEADER_BYTES
    this.#window = inOneRun ? Math.min(this.#window * 2, LARGEST_WINDOW) : SMALLEST_WINDOW
    const length = Math.min(Math.max(count, this.#window), this.access.byteLength - this.position)
    if (length < 0) throw this.cutShort()
    this.#bytes = await this.access.read(this.position, length)
    this.#from = this.position
  }

  /** Reads a tag, and a length where there is one. @returns the field number. `end`: where the message ends. */
  field(end: number): number {
    const at = this.position
    const tag = this.varint()
    this.wire = tag % 8
    this.size = 0
    if (this.wire === BYTES) {
      this.size = this.varint()
      if (this.position + this.size > end)
        throw this.damaged(at, `a part of ${this.size} bytes runs past the end of what holds it`)
    } else if (this.wire !== VARINT && this.wire !== FIXED32 && this.wire !== FIXED64) {
      throw this.damaged(at, `there is no such kind of field as ${this.wire}`)
    }
    if (this.position > end) throw this.damaged(at, 'a field runs past the end of what holds it')
    return Math.floor(tag / 8)
  }

  /** Passes over the field's content without reading it. */
  skip(): void {
    if (this.wire === VARINT) this.varint()
    else this.position += this.wire === BYTES ? this.size : this.wire === FIXED32 ? 4 : 8
    if (this.position > this.access.byteLength) throw this.cutShort()
  }

  /** The place of a BYTES field's content, which is passed over. Its bytes are all in the file. */
  payload(): { start: number; length: number } {
    const place = { start: this.position, length: this.size }
    this.skip()
    return place
  }

  /** An unsigned number of up to 2^53; larger ones come out rounded. */
  varint(): number {
    let value = 0
    let factor = 1
    for (let k = 0; k < 10; k++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw this.damaged(this.position, 'a number has more than ten bytes')
  }

  /** An int64 or int32 field's content, negative ones included; exact up to 2^53. */
  signed(): number {
    let low = 0
    let high = 0
    for (let k = 0; k < 10; k++) {
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (k < 4) low |= bits << (7 * k)
      else if (k === 4) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (7 * k - 32)
      if (byte < 0x80) return (high | 0) * 4294967296 + (low >>> 0)
    }
    throw this.damaged(this.position, 'a number has more than ten bytes')
  }

  /** A BYTES field as text. Call only when lacks(size) is false. */
  text(): string {
    this.spend(16 + 2 * this.size)
    const bytes = this.#take(this.size)
    return this.#decoder.decode(bytes)
  }

  /** A BYTES field as text, loaded first where needed. */
  async longText(): Promise<string> {
    if (this.size > LARGEST_TEXT) throw this.damaged(this.position, `a name of ${this.size} bytes`)
    if (this.lacks(this.size)) await this.load(this.size)
    return this.text()
  }

  fixed32(): number {
    const bytes = this.#take(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  }

  float32(): number {
    const bytes = this.#take(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
  }

  /** Numbers of an int64 field, packed or not, appended to `list`, which may hold at most `most`. */
  async integers(list: number[], most: number): Promise<void> {
    if (this.wire === VARINT) {
      list.push(this.signed())
    } else {
      if (this.wire !== BYTES) throw this.damaged(this.position, 'a list of whole numbers is stored as something else')
      const end = this.position + this.size
      while (this.position < end) {
        if (this.lacks()) await this.load()
        list.push(this.signed())
        if (list.length > most) break
      }
      if (list.length <= most && this.position !== end) throw this.damaged(this.position, 'a list does not end where it should')
    }
    if (list.length > most) throw this.damaged(this.position, `a list of more than ${most} numbers`)
  }

  /** Counts memory that a record takes. @throws InputError when the model holds more than any real one */
  spend(bytes: number): void {
    this.#budget -= bytes
    if (this.#budget < 0)
      throw new InputError(this.access.name, 'lists more nodes and names than fit in memory; it is no model, or a damaged one')
  }

  /** The error for bytes that no protobuf writer leaves. */
  damaged(at: number, what: string): InputError {
    return new InputError(this.access.name, `is damaged at byte ${at}, ${this.#where()}: ${what}; get the file again`)
  }

  /** The error for a file that ends early. */
  cutShort(): InputError {
    return new InputError(
      this.access.name,
      `is cut short: it ends at byte ${this.access.byteLength}, ${this.#where()}; get the file again`,
    )
  }

  #where(): string {
    return this.within.length > 0 ? `inside ${this.within.join(', ')}` : 'between the parts of the model'
  }

  #byte(): number {
    const byte = this.#bytes[this.position - this.#from]
    if (byte === undefined) throw this.cutShort()
    this.position++
    return byte
  }

  #take(count: number): Uint8Array {
    const from = this.position - this.#from
    if (from < 0 || from + count > this.#bytes.length) throw this.cutShort()
    this.position += count
    return this.#bytes.subarray(from, from + count)
  }
}
