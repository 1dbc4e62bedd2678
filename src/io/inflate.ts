import { Inflate } from 'fflate'
import { createCrc32 } from '#io'
import { InputError } from '../errors.ts'
import type { RandomAccess } from './random-access.ts'

// One step of input expands to 64 MiB at most (deflate cannot exceed 1,032 : 1), so a lying size is noticed early.
const STEP = 1 << 16

/**
 * The inflated bytes of a raw deflate stream, which must be exactly `byteLength` bytes with the CRC-32 `crc`.
 * @throws InputError when the stream is damaged, longer or shorter than stated, or its CRC differs
 */
export async function inflateExactly(deflated: RandomAccess, byteLength: number, crc: number): Promise<Uint8Array> {
  const { name } = deflated
  const crc32 = await createCrc32()
  let out: Uint8Array
  try {
    out = new Uint8Array(byteLength)
  } catch (error) {
    throw new InputError(
      name,
      `needs ${byteLength} bytes of memory to be inflated, which is more than there is; unpack the zip`,
      {
        cause: error,
      },
    )
  }
  let done = 0
  let ended = false
  const inflate = new Inflate((chunk, final) => {
    if (chunk.length > byteLength - done)
      throw new InputError(name, `inflates to more than the ${byteLength} bytes it states; it is damaged or hostile`)
    out.set(chunk, done)
    crc32.update(chunk)
    done += chunk.length
    ended ||= final
  })
  for (let offset = 0; offset < deflated.byteLength && !ended; offset += STEP) {
    const length = Math.min(STEP, deflated.byteLength - offset)
    const step = await deflated.read(offset, length)
    try {
      inflate.push(step, offset + length === deflated.byteLength)
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(name, 'its compressed bytes are damaged; get the file again', { cause: error })
    }
  }
  if (done !== byteLength)
    throw new InputError(name, `inflates to ${done} bytes although it states ${byteLength}; the file is damaged, get it again`)
  if (crc32.value() !== crc >>> 0) throw new InputError(name, 'its checksum (CRC-32) is wrong; the file is damaged, get it again')
  return out
}

/**
 * Inflated bytes kept for reuse within a budget: the longest unused are dropped and inflated again when they are next
 * read, so a zip of many compressed models costs no more memory than `budget` bytes or its largest entry.
 */
export class InflatedCache {
  #held = new Map<string, { bytes: Promise<Uint8Array>; byteLength: number }>()
  #total = 0
  readonly budget: number

  constructor(budget: number) {
    this.budget = budget
  }

  get(key: string, byteLength: number, inflate: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const held = this.#held.get(key)
    if (held) {
      this.#held.delete(key)
      this.#held.set(key, held)
      return held.bytes
    }
    for (const [oldest, { byteLength: freed }] of this.#held) {
      if (this.#total + byteLength <= this.budget) break
      this.#held.delete(oldest)
      this.#total -= freed
    }
    const bytes = inflate()
    const entry = { bytes, byteLength }
    this.#held.set(key, entry)
    this.#total += byteLength
    bytes.catch(() => {
      if (this.#held.get(key) !== entry) return
      this.#held.delete(key)
      this.#total -= byteLength
    })
    return bytes
  }
}
