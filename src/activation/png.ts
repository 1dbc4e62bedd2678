import { Unzlib } from 'fflate'
import { InputError } from '../errors.ts'

/** Chunks that pixels are made of; colour profiles, texts, transparency and further frames of an animation are not unfolded. */
const NEEDED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND'])
/** Bytes that are unfolded at a time: deflate makes 1,032 of one at most, so that a lie is noticed within 4 MB. */
const STEP = 4096
/** Bytes behind the last row that some writers leave. */
const SPARE = 65536

/** Samples of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** First column and row of each pass of an interlaced image, and the steps between. Source: PNG specification (W3C), 8.1. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/**
 * A PNG with nothing but its header, palette and pixels, which unfold to what the header asks for and no more.
 * @param requireSize throws for a width and height that are not taken; asked before anything is unfolded
 * @throws InputError for pixels that unfold to more; Error for a file that is no PNG or is cut short
 */
export function plainPng(
  name: string,
  bytes: Uint8Array,
  requireSize: (name: string, width: number, height: number) => void,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kept: Uint8Array[] = [bytes.subarray(0, 8)]
  let pixels: Unzlib | undefined
  for (let at = 8; ; ) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const end = at + 12 + length
    if (end > bytes.length) throw new Error(`its chunk ${JSON.stringify(type)} runs past its end`)
    if ((at === 8) !== (type === 'IHDR') || (at === 8 && length !== 13)) throw new Error('its header does not come first')
    if (type === 'IHDR') {
      requireSize(name, view.getUint32(16), view.getUint32(20))
      pixels = counting(name, neededBytes(view), `${view.getUint32(16)}×${view.getUint32(20)}`)
    }
    if (type === 'IDAT') {
      for (let from = at + 8; from < end - 4; from += STEP)
        pixels?.push(bytes.subarray(from, Math.min(from + STEP, end - 4)), false)
    }
    if (NEEDED.has(type)) kept.push(bytes.subarray(at, end))
    if (type === 'IEND') break
    at = end
  }
  const plain = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0))
  let done = 0
  for (const part of kept) {
    plain.set(part, done)
    done += part.length
  }
  return plain
}

/** Unfolds and counts, and keeps nothing. */
function counting(name: string, needed: number, size: string): Unzlib {
  let unfolded = 0
  return new Unzlib((chunk) => {
    unfolded += chunk.length
    if (unfolded > needed + SPARE)
      throw new InputError(name, `unfolds to more than the ${needed} bytes of its ${size} pixels; it is damaged or hostile`)
  })
}

/** Bytes of an image's rows, each with the byte that names its filter. */
function neededBytes(view: DataView): number {
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  const bits = view.getUint8(24) * (SAMPLES[view.getUint8(25)] ?? 4)
  const isInterlaced = view.getUint8(28) !== 0
  const passes = isInterlaced ? PASSES : [[0, 0, 1, 1] as const]
  return passes.reduce((sum, [x, y, dx, dy]) => {
    const columns = Math.max(0, Math.ceil((width - x) / dx))
    const rows = Math.max(0, Math.ceil((height - y) / dy))
    return sum + (columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8)))
  }, 0)
}
