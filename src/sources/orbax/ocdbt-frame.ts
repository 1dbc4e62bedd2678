import { loadZstdWithin } from '../../codecs/zstd.ts'
import { InputError } from '../../errors.ts'
import { crcOf } from '../../io/crc32.ts'
import type { RandomAccess } from '../../io/random-access.ts'

// A manifest and every node of an OCDBT database (tensorstore's documentation of its ocdbt driver) are framed alike:
//
//   magic (4 bytes, big-endian) | length of all (8 bytes) | version | compression: 0 none, 1 zstd | content | CRC-32C of all before (4 bytes)

const HEAD_BYTES = 14
const CRC_BYTES = 4
/** Orbax lets a node have 100 MB. */
const LARGEST_CONTENT = 1 << 27

export const OCDBT_MANIFEST = 0x0cdb3a2a
export const OCDBT_NODE = 0x0cdb20de

/** The content of a framed part, whose CRC was checked. `what`: how messages call it. @throws InputError */
export async function openFrame(access: RandomAccess, magic: number, what: string): Promise<OcdbtCursor> {
  const { name, byteLength } = access
  const damaged = (why: string): InputError => new InputError(name, `is damaged: ${what} ${why}; get it again`)
  if (byteLength < HEAD_BYTES + CRC_BYTES) throw damaged('is cut short')
  if (byteLength > LARGEST_CONTENT) throw damaged(`has ${byteLength} bytes`)
  const bytes = await access.read(0, byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, byteLength)
  if (view.getUint32(0) !== magic) throw damaged('does not begin as one')
  if (view.getBigUint64(4, true) !== BigInt(byteLength))
    throw damaged(`states ${view.getBigUint64(4, true)} bytes and has ${byteLength}`)
  if ((await crcOf('CRC-32C', bytes.subarray(0, byteLength - CRC_BYTES))) !== view.getUint32(byteLength - CRC_BYTES, true))
    throw damaged('does not have the CRC-32C that it states')
  const frame = new OcdbtCursor(name, what, bytes.subarray(12, byteLength - CRC_BYTES))
  const version = frame.varint()
  if (version !== 0) throw new InputError(name, `is of version ${version} of OCDBT, and only version 0 is known`)
  const compression = frame.varint()
  if (compression === 0) return frame
  if (compression !== 1) throw new InputError(name, `keeps ${what} under compression ${compression}, and only zstd is known`)
  const unpack = await loadZstdWithin()
  try {
    return new OcdbtCursor(name, what, unpack(frame.rest(), LARGEST_CONTENT))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new InputError(name, `is damaged: ${what} cannot be unpacked (${error.message}); get it again`, { cause: error })
  }
}

/** Reads numbers and bytes out of a manifest or a node. */
export class OcdbtCursor {
  readonly #name: string
  readonly #what: string
  readonly #bytes: Uint8Array
  #at = 0

  constructor(name: string, what: string, bytes: Uint8Array) {
    this.#name = name
    this.#what = what
    this.#bytes = bytes
  }

  damaged(why: string): InputError {
    return new InputError(this.#name, `is damaged: ${this.#what} ${why}; get it again`)
  }

  bytes(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw this.damaged('ends early')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at)
  }

  byte(): number {
    return this.bytes(1)[0]!
  }

  /** Infinity for one beyond 2^53: the place of what is not there is such a number. */
  varint(): number {
    let value = 0
    for (let k = 0, factor = 1; k < 10; k++, factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte >= 0x80) continue
      return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY
    }
    throw this.damaged('holds a number without an end')
  }

  /** As many numbers one behind another, each of a byte at least. */
  varints(count: number): number[] {
    if (count > this.#bytes.length - this.#at) throw this.damaged(`claims ${count} entries and is too short for them`)
    return Array.from({ length: count }, () => this.varint())
  }
}
