import { createCrc32 } from '#io'
import { InputError } from '../errors.ts'
import { readingBuffer } from './clear.ts'
import type { Crc32 } from './platform.ts'
import type { RandomAccess } from './random-access.ts'

const PIECE = 4 << 20

/** CRC-32C's polynomial, bits reversed: what TensorFlow's checkpoints use. */
export const CASTAGNOLI = 0x82f63b78

/** Reads all bytes, in pieces of 4 MB, and compares their CRC-32. @throws InputError when it is not `expected` */
export async function requireCrc32(access: RandomAccess, expected: number, signal?: AbortSignal): Promise<void> {
  await requireChecksum(access, await createCrc32(), 'CRC-32', expected, signal)
}

/** The same with CRC-32C. @throws InputError when it is not `expected` */
export async function requireCrc32c(access: RandomAccess, expected: number, signal?: AbortSignal): Promise<void> {
  const { createCRC32 } = await import('hash-wasm')
  const hash = await createCRC32(CASTAGNOLI)
  hash.init()
  const crc = { update: (bytes: Uint8Array) => void hash.update(bytes), value: () => Number.parseInt(hash.digest('hex'), 16) }
  await requireChecksum(access, crc, 'CRC-32C', expected, signal)
}

async function requireChecksum(
  access: RandomAccess,
  crc: Crc32,
  name: string,
  expected: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const buffer = readingBuffer(Math.min(PIECE, access.byteLength))
  for (let at = 0; at < access.byteLength; at += PIECE) {
    signal?.throwIfAborted()
    crc.update(await access.read(at, Math.min(PIECE, access.byteLength - at), buffer))
  }
  if (crc.value() !== expected >>> 0)
    throw new InputError(access.name, `its checksum (${name}) is wrong; the file is damaged, get it again`)
}

/** One check for all who ask; a failure that was none of the file's (a stop) does not count. */
export function onceFor(check: (signal?: AbortSignal) => Promise<void>): (signal?: AbortSignal) => Promise<void> {
  let checked: Promise<void> | undefined
  return (signal) => {
    checked ??= check(signal).catch((error: unknown) => {
      if (!(error instanceof InputError)) checked = undefined
      throw error
    })
    return checked
  }
}
