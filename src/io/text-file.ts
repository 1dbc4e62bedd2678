import { InputError } from '../errors.ts'

/** Marks of UTF-32, of which the first begins as that of UTF-16. */
const UTF_32 = [
  [0xff, 0xfe, 0, 0],
  [0, 0, 0xfe, 0xff],
]

/**
 * The text of a table that a person wrote: UTF-8, with or without a byte order mark, or UTF-16 with one, as spreadsheets save it.
 * @throws InputError for any other encoding, which nothing in the file names: guessed letters would be wrong names
 */
export function decodeText(name: string, bytes: Uint8Array): string {
  if (UTF_32.some((mark) => mark.every((byte, k) => bytes[k] === byte)))
    throw new InputError(name, 'is written in UTF-32; save it as UTF-8')
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded(name, bytes, 'utf-16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded(name, bytes, 'utf-16be')
  if (bytes.subarray(0, 4096).includes(0))
    throw new InputError(name, 'holds zero bytes, as UTF-16 without a byte order mark does; save it as UTF-8')
  return decoded(name, bytes, 'utf-8')
}

function decoded(name: string, bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    const where = encoding === 'utf-8' ? `line ${wrongLine(bytes)} ` : ''
    throw new InputError(name, `${where}is no ${encoding.toUpperCase()}; it may be Latin-1, save it as UTF-8`, { cause })
  }
}

/** The first line that is no UTF-8, from 1: lines are split at a byte that is part of no other character. */
function wrongLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const next = bytes.indexOf(10, from)
    const end = next < 0 ? bytes.length : next + 1
    try {
      decoder.decode(bytes.subarray(from, end))
    } catch {
      return line
    }
    from = end
  }
  return line
}
