import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A test fixture's bytes. */
export function read(path) {
  return new Uint8Array(readFileSync(join(import.meta.dirname, '../../test/fixtures', path)))
}

export const textOf = (bytes) => new TextDecoder().decode(bytes)
export const bytesOf = (text) => new TextEncoder().encode(text)
