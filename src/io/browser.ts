import { createCRC32, createSHA256 } from 'hash-wasm'
import { InputError } from '../errors.ts'
import { openBlob } from './blob.ts'
import type { Crc32, Sha256 } from './platform.ts'
import type { Origin, RandomAccess } from './random-access.ts'
import { runningCrc } from './running-crc.ts'

/** @see Platform.openOrigin */
export async function openOrigin(origin: Origin, name: string): Promise<RandomAccess> {
  if (origin.kind === 'blob') return openBlob(origin.blob, name)
  if (origin.kind === 'url') {
    const { openUrl } = await import('./http.ts')
    return openUrl(origin.url, origin.authorization === undefined ? {} : { authorization: origin.authorization })
  }
  throw new InputError(name, 'cannot be opened in a browser')
}

/** @see Platform.createCrc32 */
export async function createCrc32(): Promise<Crc32> {
  return runningCrc(await createCRC32())
}

/** @see Platform.createSha256 */
export async function createSha256(): Promise<Sha256> {
  const hash = await createSHA256()
  hash.init()
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  }
}
