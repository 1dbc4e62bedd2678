import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import { type NumberType, numberBytes, numbersOf } from '../../weights/numbers.ts'

/** MilElements [from, from + count) of a tensor in row-major order, as doubles in an array of their own. */
export type MilElements = (from: number, count: number) => Promise<Float64Array>

/** MilElements that are computed at a time. */
const PIECE = 1 << 18
/** MilElements between two places at which the stored ones are counted. */
const COUNTED = 1 << 16

/** Numbers of whole bytes, as they are stored. */
export function storedElements(access: RandomAccess, offset: number, type: NumberType): MilElements {
  const size = numberBytes[type]
  return async (from, count) => numbersOf(await access.read(offset + from * size, count * size), type, count)
}

/** Whole numbers of 1 to 8 bits one behind another, the lowest bit of each byte first. */
export function packedElements(access: RandomAccess, offset: number, bits: number, isSigned: boolean): MilElements {
  const range = 1 << bits
  return async (from, count) => {
    const first = Math.floor((from * bits) / 8)
    const bytes = await access.read(offset + first, Math.ceil(((from + count) * bits) / 8) - first)
    const out = new Float64Array(count)
    for (let k = 0, bit = from * bits - 8 * first; k < count; k++, bit += bits) {
      const byte = bit >> 3
      const value = ((bytes[byte]! | ((bytes[byte + 1] ?? 0) << 8)) >> (bit & 7)) & (range - 1)
      out[k] = isSigned && 2 * value >= range ? value - range : value
    }
    return out
  }
}

/**
 * A tensor of `total` elements of which those are stored whose bit is set in a mask, one behind another; the others are zeros.
 * @param stored how many are; @throws InputError on reading when the mask has another number of bits set
 */
export function scattered(name: string, mask: MilElements, values: MilElements, total: number, stored: number): MilElements {
  let known: Promise<Float64Array> | undefined
  const count = async (): Promise<Float64Array> => {
    const before = new Float64Array(Math.ceil(total / COUNTED) + 1)
    for (let block = 0; block * COUNTED < total; block++) {
      const bits = await mask(block * COUNTED, Math.min(COUNTED, total - block * COUNTED))
      before[block + 1] = before[block]! + bits.reduce((sum, bit) => sum + bit, 0)
    }
    if (before.at(-1) !== stored)
      throw new InputError(name, `has ${stored} numbers where its mask has ${before.at(-1)}; the file is damaged, get it again`)
    return before
  }
  return async (from, length) => {
    known ??= count()
    const block = Math.floor(from / COUNTED)
    const start = block * COUNTED
    const bits = await mask(start, from + length - start)
    const first = (await known)[block]! + bits.subarray(0, from - start).reduce((sum, bit) => sum + bit, 0)
    const own = bits.subarray(from - start)
    const found = await values(
      first,
      own.reduce((sum, bit) => sum + bit, 0),
    )
    const out = new Float64Array(length)
    for (let k = 0, next = 0; k < length; k++) if (own[k] === 1) out[k] = found[next++]!
    return out
  }
}

/** As bytes of float32. */
export function floatAccess(name: string, count: number, elements: MilElements): RandomAccess {
  const byteLength = 4 * count
  return {
    name,
    byteLength,
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      const out = into?.subarray(0, length) ?? new Uint8Array(length)
      const last = Math.ceil((offset + length) / 4)
      for (let from = Math.floor(offset / 4); from < last; from += PIECE) {
        const bytes = new Uint8Array(Float32Array.from(await elements(from, Math.min(PIECE, last - from))).buffer)
        const skip = Math.max(0, offset - 4 * from)
        const at = 4 * from + skip - offset
        out.set(bytes.subarray(skip, skip + Math.min(bytes.length - skip, length - at)), at)
      }
      return out
    },
  }
}

/**
 * For each element of a tensor the place of its own among fewer: sizes of `few` divide those of `shape`, and an element has that of
 * its block.
 */
export function blockOf(shape: readonly number[], few: readonly number[]): (element: number) => number {
  const axes = shape.flatMap((size, axis) => (few[axis]! > 1 ? [{ axis, block: size / few[axis]! }] : []))
  const product = (sizes: readonly number[], from: number): number => sizes.slice(from).reduce((all, size) => all * size, 1)
  const steps = axes.map(({ axis, block }) => ({
    stride: product(shape, axis + 1),
    size: shape[axis]!,
    block,
    step: product(few, axis + 1),
  }))
  return (element) => {
    let place = 0
    for (const { stride, size, block, step } of steps) place += Math.floor((Math.floor(element / stride) % size) / block) * step
    return place
  }
}
