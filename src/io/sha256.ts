import { createSha256 } from '#io'
import { readingBuffer } from './clear.ts'
import type { RandomAccess } from './random-access.ts'

const PIECE = 4 << 20

/** SHA-256 of all bytes, in lower-case hexadecimal, read in pieces of 4 MB. */
export async function sha256Of(access: RandomAccess, signal?: AbortSignal): Promise<string> {
  const hash = await createSha256()
  const buffer = readingBuffer(Math.min(PIECE, access.byteLength))
  for (let at = 0; at < access.byteLength; at += PIECE) {
    signal?.throwIfAborted()
    hash.update(await access.read(at, Math.min(PIECE, access.byteLength - at), buffer))
  }
  return hash.hex()
}
