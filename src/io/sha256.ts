import { createSha256, sha256AtOnce } from '#io'
import { readingBuffer } from './clear.ts'
import type { RandomAccess } from './random-access.ts'

const PIECE = 4 << 20
/** A browser's own implementation takes a file as a whole, so it is given one file of at most so many bytes at a time. */
const AT_ONCE = 64 << 20
let last: Promise<unknown> = Promise.resolve()

/** SHA-256 of all bytes, in lower-case hexadecimal, read in pieces of 4 MB; of a browser's file of up to 64 MB at once. */
export async function sha256Of(access: RandomAccess, signal?: AbortSignal): Promise<string> {
  if (sha256AtOnce && access.origin?.at.kind === 'blob' && access.byteLength <= AT_ONCE) {
    const hash = last.then(() => hashWhole(access, sha256AtOnce!, signal))
    last = hash.catch(() => undefined) // whoever asked for it is told
    return hash
  }
  const hash = await createSha256()
  const buffer = readingBuffer(Math.min(PIECE, access.byteLength))
  for (let at = 0; at < access.byteLength; at += PIECE) {
    signal?.throwIfAborted()
    hash.update(await access.read(at, Math.min(PIECE, access.byteLength - at), buffer))
  }
  return hash.hex()
}

async function hashWhole(access: RandomAccess, hash: NonNullable<typeof sha256AtOnce>, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  return hash((await access.read(0, access.byteLength)) as Uint8Array<ArrayBuffer>)
}
