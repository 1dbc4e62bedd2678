import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { type KernelReading, readKernels } from '../kernel-axes.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { type NpyArray, npyStrides } from './npy.ts'

/** The largest side of a kernel when an array's shape alone tells its axes. */
const LARGEST_SIDE = 11

export interface NamedArray {
  readonly name: string
  readonly array: NpyArray
}

/** Arrays as the tensors of a state dict, their axes told over the whole archive: kernel-axes.ts, docs/decisions/numpy-layout.md. */
export function numpyLayout(arrays: readonly NamedArray[]): KernelReading {
  return readKernels(
    arrays.map(({ name, array }) => ({ name, shape: array.shape, weights: withStrides(array) })),
    { perTensor: true },
  )
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
