import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type NumberType, numberBytes, numbersOf } from './numbers.ts'
import type { Dequantisation } from './plan.ts'
import { rowMajorAccess } from './row-major.ts'

/** The numbers of a tensor of any shape, as they lie in a file. */
export interface Elements {
  readonly access: RandomAccess
  /** First byte. */
  readonly offset: number
  readonly dtype: NumberType
  readonly count: number
  /** What whole numbers stand for; arrays hold one entry for each index of one axis. */
  readonly dequantise?: Dequantisation
  /** Elements with one scale that lie next to each other, where scales are an array. */
  readonly run?: number
}

/** Where a tensor of any rank lies. */
export interface TensorPlace {
  readonly access: RandomAccess
  readonly offset: number
  readonly dtype: NumberType
  readonly shape: readonly number[]
  /** In elements, one for each axis; absent where the numbers are stored in the order of the shape. */
  readonly strides?: readonly number[]
  readonly dequantise?: Dequantisation
  /** The axis along which scales differ: the first unless it is said. */
  readonly axis?: number
}

/** Numbers that are read at a time. */
const PIECE = 1 << 18

/**
 * The numbers of a tensor: in the order of the file where they lie there without gaps, else in the order of the shape.
 * @throws InputError when the file ends before they do
 */
export function elementsOf({ access, offset, dtype, shape, strides, dequantise, axis = 0 }: TensorPlace): Elements {
  const count = shape.reduce((product, size) => product * size, 1)
  const bytes = numberBytes[dtype]
  const span = count === 0 || !strides ? count : shape.reduce((sum, size, k) => sum + (size - 1) * strides[k]!, 1)
  if (!Number.isSafeInteger(count) || count < 0 || offset < 0 || offset + span * bytes > access.byteLength)
    throw new InputError(
      access.name,
      `numbers of shape ${shape.join(' × ')} should lie at bytes ${offset} to ${offset + span * bytes}, but it ends at ${access.byteLength}; it is cut short or damaged, get it again`,
    )
  const isPerAxis = dequantise !== undefined && (typeof dequantise.scale !== 'number' || typeof dequantise.zero !== 'number')
  const run = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  const scales = { ...(dequantise && { dequantise }), ...(isPerAxis && { run }) }
  const isInOrder = !strides || isDense(shape, strides, isPerAxis)
  if (isInOrder) return { access, offset, dtype, count, ...scales }
  return { access: rowMajorAccess({ access, offset, bytes, shape, strides }), offset: 0, dtype, count, ...scales }
}

/** Whether a tensor's elements fill their span without gap or overlap; `inOrder`: as the shape has them. */
function isDense(shape: readonly number[], strides: readonly number[], inOrder: boolean): boolean {
  const axes = shape.map((size, k) => ({ size, stride: strides[k]! })).filter(({ size }) => size !== 1)
  if (!inOrder) axes.sort((a, b) => b.stride - a.stride)
  let expected = 1
  return axes.reverse().every(({ size, stride }) => {
    const fits = stride === expected
    expected *= size
    return fits
  })
}

/** The numbers, some hundred thousand at a time, as doubles. Memory does not follow their number. @throws InputError when they cannot be read */
export async function* readElements({ access, offset, dtype, count, dequantise, run }: Elements): AsyncGenerator<Float64Array> {
  const bytes = numberBytes[dtype]
  for (let at = 0; at < count; at += PIECE) {
    const length = Math.min(PIECE, count - at)
    const numbers = numbersOf(await access.read(offset + at * bytes, length * bytes), dtype, length)
    if (dequantise) widen(numbers, at, dequantise, run ?? 1)
    yield numbers
  }
}

function widen(numbers: Float64Array, at: number, { scale, zero, shift }: Dequantisation, run: number): void {
  for (let k = 0; k < numbers.length; k++) {
    const step = Math.floor((at + k) / run)
    const s = typeof scale === 'number' ? scale : scale[step % scale.length]!
    const z = typeof zero === 'number' ? zero : zero[step % zero.length]!
    numbers[k] = (numbers[k]! - z) * s + shift
  }
}
