import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { type NpyArray, npyStrides } from './npy.ts'

/** The largest side of a kernel when an array's shape alone tells its axes. */
const LARGEST_SIDE = 11

export interface NamedArray {
  readonly name: string
  readonly array: NpyArray
}

export interface NumpyLayout {
  readonly tensors: NamedTensor[]
  readonly warnings: string[]
}

type Axes = 'oihw' | 'hwio'

/**
 * Arrays as the tensors of a state dict. A 4-D array is (out, in, rows, columns); it is (rows, columns, in, out) when its
 * shape allows nothing else, when the file's other arrays are clearly stored that way, or when nothing is clear but the
 * arrays are called kernel, as JAX and TensorFlow call them (docs/decisions/numpy-layout.md).
 */
export function numpyLayout(arrays: readonly NamedArray[]): NumpyLayout {
  const four = arrays.filter(({ array }) => array.shape.length === 4)
  const clear = four.map(({ array }) => clearAxes(array.shape))
  const usual: Axes = clear.includes('oihw')
    ? 'oihw'
    : clear.includes('hwio') || (four.length > 0 && four.every(({ name }) => /(^|[./_])kernel$/.test(name)))
      ? 'hwio'
      : 'oihw'
  const turned: string[] = []
  const tensors = arrays.map(({ name, array }): NamedTensor => {
    if (array.shape.length !== 4 || 'unsupported' in array.stored)
      return { name, shape: array.shape, weights: withStrides(array) }
    const axes = clearAxes(array.shape) ?? usual
    const isDepthwise = axes === 'hwio' && /depthwise_(kernel|weights?|filter)$/i.test(name)
    if (axes === 'oihw') return { name, shape: array.shape, weights: withStrides(array) }
    turned.push(name)
    const [rows, columns, channels, out] = array.shape as [number, number, number, number]
    const [row, column, channel, filter] = npyStrides(array) as [number, number, number, number]
    // A depthwise kernel (rows, columns, C, M) needs one stride over c·M + m, which only C order has.
    if (isDepthwise && !array.fortranOrder)
      return { name, shape: [channels * out, 1, rows, columns], weights: { ...array.stored, strides: [1, 1, row, column] } }
    return { name, shape: [out, channels, rows, columns], weights: { ...array.stored, strides: [filter, channel, row, column] } }
  })
  const warnings: string[] = []
  if (turned.length > 0)
    warnings.push(
      `${turned.length === 1 ? `array ${turned[0]} is` : `${turned.length} arrays (${turned[0]} …) are`} read as (rows, columns, in, out), as TensorFlow and JAX store them`,
    )
  return { tensors, warnings }
}

/** The axes that a shape allows when it allows only one reading. */
function clearAxes(shape: readonly number[]): Axes | undefined {
  const small = shape.map((size) => size <= LARGEST_SIDE)
  if (small[2] && small[3] && !(small[0] && small[1])) return 'oihw'
  if (small[0] && small[1] && !(small[2] && small[3])) return 'hwio'
  return undefined
}

function withStrides(array: NpyArray): NamedTensor['weights'] {
  if ('unsupported' in array.stored || array.shape.length !== 4 || !array.fortranOrder) return array.stored
  return { ...array.stored, strides: npyStrides(array) as [number, number, number, number] }
}

/**
 * A bare set of filters, (N, 9) or (N, k, k) with an odd k of at most 11, as one layer with one output channel: which
 * filters make an output channel is not known, so orthogonality is undefined rather than N² products without a meaning.
 * @returns undefined for any other shape
 */
export function filterSet(array: NpyArray): { shape: ConvShape; weights: WeightPlan } | undefined {
  if ('unsupported' in array.stored) return undefined
  const [filters, rows, columns] = array.shape
  const steps = npyStrides(array)
  if (array.shape.length === 2 && rows === 9 && filters! > 0)
    return { shape: [1, filters!, 3, 3], weights: { ...array.stored, strides: [1, steps[0]!, 3 * steps[1]!, steps[1]!] } }
  if (array.shape.length === 3 && rows === columns && rows! % 2 === 1 && rows! >= 3 && rows! <= LARGEST_SIDE && filters! > 0)
    return { shape: [1, filters!, rows!, rows!], weights: { ...array.stored, strides: [1, steps[0]!, steps[1]!, steps[2]!] } }
  return undefined
}
