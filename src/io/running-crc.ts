import type { IHasher } from 'hash-wasm'
import type { Crc32 } from './platform.ts'

/** A CRC of hash-wasm, as a number. */
export function runningCrc(hash: IHasher): Crc32 {
  hash.init()
  return {
    reset: () => void hash.init(),
    update: (bytes) => void hash.update(bytes),
    value: () => Number.parseInt(hash.digest('hex'), 16),
  }
}
