import { createCRC32 } from 'hash-wasm'
import { createCrc32 } from '#io'
import type { Crc32 } from './platform.ts'
import { runningCrc } from './running-crc.ts'
import type { CrcName } from './stored-checksum.ts'

/** The polynomials, bits reversed, of the checksums that are stored beside weights: by zips, and by TensorFlow's checkpoints. */
const polynomials: Readonly<Record<CrcName, number>> = { 'CRC-32': 0xedb88320, 'CRC-32C': 0x82f63b78 }

/** A running checksum. */
export async function createCrc(name: CrcName): Promise<Crc32> {
  if (name === 'CRC-32') return createCrc32()
  return runningCrc(await createCRC32(polynomials[name]))
}

/** One of each for all: a sum is made without waiting. */
const crcs = new Map<CrcName, Promise<Crc32>>()

/** The checksum of bytes that are in memory. */
export async function crcOf(name: CrcName, bytes: Uint8Array): Promise<number> {
  let crc = crcs.get(name)
  if (!crc) crcs.set(name, (crc = createCrc(name)))
  const running = await crc
  running.reset()
  running.update(bytes)
  return running.value()
}

/**
 * The checksum of two stretches of bytes, one behind the other, from those of each. A stretch of n bytes behind another multiplies
 * the first one's by x^8n, modulo the polynomial (Adler's crc32_combine in zlib does the same).
 * @param length bytes of the second
 */
export function combineCrc(name: CrcName, first: number, second: number, length: number): number {
  const polynomial = polynomials[name]
  let factor = 0x80000000 // 1: the bits are reversed
  let square = 0x00800000 // x^8
  for (let n = length; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) factor = product(factor, square, polynomial)
    square = product(square, square, polynomial)
  }
  return (product(first, factor, polynomial) ^ second) >>> 0
}

/** Of two polynomials over bits, reversed, modulo a third. */
function product(a: number, b: number, polynomial: number): number {
  let sum = 0
  let shifted = b
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) sum ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1
  }
  return sum
}
