import { createSHA256 } from 'hash-wasm'
import { InputError } from '../errors.ts'
import type { Sha256 } from './platform.ts'
import { type Origin, type RandomAccess, requireRange } from './random-access.ts'

/** A File or Blob, read by range without loading it. */
export function openBlob(blob: Blob, name: string = blob instanceof File ? blob.name : 'blob'): RandomAccess {
  return {
    name,
    byteLength: blob.size,
    origin: { at: { kind: 'blob', blob }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, blob.size, offset, length)
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
      if (bytes.length !== length) throw new InputError(name, 'has changed since it was opened; choose it again')
      if (!into) return bytes
      into.set(bytes)
      return into.subarray(0, length)
    },
  }
}

/** @see Platform.openOrigin */
export async function openOrigin(origin: Origin, name: string): Promise<RandomAccess> {
  if (origin.kind === 'blob') return openBlob(origin.blob, name)
  if (origin.kind === 'url') {
    const { openUrl } = await import('./http.ts')
    return openUrl(origin.url)
  }
  throw new InputError(name, 'cannot be opened in a browser')
}

export { processors, startMeasureWorker } from './browser-measure.ts'

/** @see Platform.createSha256 */
export async function createSha256(): Promise<Sha256> {
  const hash = await createSHA256()
  hash.init()
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  }
}
