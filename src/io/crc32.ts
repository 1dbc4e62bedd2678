import { createCrc32 } from '#io'
import { InputError } from '../errors.ts'
import { readingBuffer } from './clear.ts'
import type { RandomAccess } from './random-access.ts'

const PIECE = 4 << 20

/** Reads all bytes, in pieces of 4 MB, and compares their CRC-32. @throws InputError when it is not `expected` */
export async function requireCrc32(access: RandomAccess, expected: number, signal?: AbortSignal): Promise<void> {
  const crc = await createCrc32()
  const buffer = readingBuffer(Math.min(PIECE, access.byteLength))
  for (let at = 0; at < access.byteLength; at += PIECE) {
    signal?.throwIfAborted()
    crc.update(await access.read(at, Math.min(PIECE, access.byteLength - at), buffer))
  }
  if (crc.value() !== expected >>> 0)
    throw new InputError(access.name, 'its checksum (CRC-32) is wrong; the file is damaged, get it again')
}
