import { createCRC32, createSHA256 } from 'hash-wasm'
import { InputError } from '../errors.ts'
import { openBlob } from './blob.ts'
import type { Crc32, Platform, Sha256 } from './platform.ts'
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

/** @see Platform.openScratch: a browser has no such place that all of them agree on */
export async function openScratch(): Promise<undefined> {
  return undefined
}

/** @see Platform.createCrc32 */
export async function createCrc32(): Promise<Crc32> {
  return runningCrc(await createCRC32())
}

const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined

/** @see Platform.sha256AtOnce: only pages of https and of this computer have it */
export const sha256AtOnce: Platform['sha256AtOnce'] =
  subtle &&
  (async (bytes) =>
    Array.from(new Uint8Array(await subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(''))

/** @see Platform.createSha256 */
export async function createSha256(): Promise<Sha256> {
  const hash = await createSHA256()
  hash.init()
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  }
}
