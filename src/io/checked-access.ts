import { InputError } from '../errors.ts'
import { readingBuffer } from './clear.ts'
import { CrcParts } from './crc-parts.ts'
import { crcOf } from './crc32.ts'
import type { RandomAccess } from './random-access.ts'
import type { CrcName, CrcPart } from './stored-checksum.ts'

/** Bytes read from a file at a time, to be summed while they are in the processor's cache: at twice the speed of larger pieces. */
const PIECE = 256 << 10

/** Bytes that have a checksum of their own: reading sums them, `checksum.verify` compares. */
export function checkedAccess(whole: RandomAccess, name: CrcName, expected: number): RandomAccess {
  const parts = new CrcParts(name)
  const { access, sum } = summing(whole, name, parts)
  const start = whole.origin?.offset ?? 0
  let isOpen = true
  let verified: Promise<void> | undefined
  const compare = async (signal: AbortSignal | undefined): Promise<void> => {
    const { byteLength } = whole
    const buffer = readingBuffer(Math.min(PIECE, byteLength))
    for (let gap = parts.gap(byteLength); gap; gap = parts.gap(byteLength)) {
      signal?.throwIfAborted()
      const length = Math.min(PIECE, gap.to - gap.from)
      await sum(gap.from, await whole.read(gap.from, length, buffer))
    }
    isOpen = false
    const [all] = parts.take()
    if ((all?.crc ?? 0) !== expected >>> 0)
      throw new InputError(whole.name, `its checksum (${name}) is wrong; the file is damaged, get it again`)
  }
  return {
    ...access,
    read: (offset, length, into) => (isOpen ? access : whole).read(offset, length, into),
    checksum: {
      name,
      get isOpen() {
        return isOpen
      },
      add(read) {
        if (isOpen) for (const { from, to, crc } of read) parts.add({ from: from - start, to: to - start, crc })
      },
      verify(signal) {
        verified ??= compare(signal).catch((error: unknown) => {
          if (isOpen) verified = undefined // a stop, or a disk that failed, says nothing of the bytes
          throw error
        })
        return verified
      },
    },
  }
}

/**
 * The same bytes, summed as they are read; `taken` gives the sums since it was last asked, by places in the file that they lie in.
 * @param origin where `whole` lies
 */
export function summedAccess(
  whole: RandomAccess,
  name: CrcName,
  origin: NonNullable<RandomAccess['origin']>,
): { access: RandomAccess; taken(): CrcPart[] } {
  const start = origin.offset
  const parts = new CrcParts(name)
  const taken = (): CrcPart[] => parts.take().map(({ from, to, crc }) => ({ from: from + start, to: to + start, crc }))
  return { access: summing({ ...whole, origin }, name, parts).access, taken }
}

/** Holds what was read of an access against the checksums that are stored with it, where there are any. @throws InputError */
export async function requireChecksums(access: RandomAccess, signal?: AbortSignal): Promise<void> {
  for (const part of access.parts ?? [access]) await part.checksum?.verify(signal)
}

function summing(
  whole: RandomAccess,
  name: CrcName,
  parts: CrcParts,
): { access: RandomAccess; sum(from: number, bytes: Uint8Array): Promise<void> } {
  const sum = async (from: number, bytes: Uint8Array): Promise<void> => {
    if (!parts.wants(from, from + bytes.length)) return
    parts.add({ from, to: from + bytes.length, crc: await crcOf(name, bytes) })
  }
  // A Blob's or an address's pieces are waited for one by one.
  const piece = whole.origin?.at.kind === 'path' ? PIECE : Number.POSITIVE_INFINITY
  const read: RandomAccess['read'] = async (offset, length, into) => {
    if (length <= piece || !parts.wants(offset, offset + length)) {
      const bytes = await whole.read(offset, length, into)
      await sum(offset, bytes)
      return bytes
    }
    const out = into ? into.subarray(0, length) : new Uint8Array(length)
    for (let done = 0; done < length; done += piece)
      await sum(offset + done, await whole.read(offset + done, Math.min(piece, length - done), out.subarray(done)))
    return out
  }
  return { access: { ...whole, read }, sum }
}
