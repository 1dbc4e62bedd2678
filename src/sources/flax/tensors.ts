import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { storedBytes } from '../../weights/stored-bytes.ts'
import { convKernel } from '../hwio.ts'
import { readKernels } from '../kernel-axes.ts'
import { namedFloats } from '../number-names.ts'
import { runsAccess } from '../onnx/runs.ts'
import type { Skipped } from '../source.ts'
import { isNamedTransposed } from '../state-dict/judge.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import type { FlaxArray } from './tree.ts'

/** optax keeps its moments in opt_state, flax.optim kept them in optimizer/state. */
const OPTIMISER = /(^|\/)(opt_state|optimi[sz]er_state|optimi[sz]er\/state|param_states)(\/|$)/i
const KERNEL = /(^|\/)kernel$/
/** What the layers of other libraries, which share such a tree, call theirs. */
const WEIGHT = /(^|\/)(kernel|w|weights?|filters?)$/

/** Arrays without those of an optimiser, and its as the census lists them. `isOptimiser`: all of them are. */
export function withoutOptimiser<A extends Pick<FlaxArray, 'name' | 'shape'>>(
  arrays: readonly A[],
  isOptimiser = false,
): { kept: A[]; skipped: Skipped[] } {
  const kept: A[] = []
  const skipped: Skipped[] = []
  for (const array of arrays) {
    const { name, shape } = array
    if (!isOptimiser && !OPTIMISER.test(name)) kept.push(array)
    else if (shape.length >= 3) skipped.push({ name, kind: 'array', shape, reason: 'optimiser state' })
  }
  return { kept, skipped }
}

/** Where the values of an array lie. @throws InputError when there are not as many bytes as the shape says */
export function storedOf(access: RandomAccess, { name, shape, dtype, runs }: FlaxArray): NamedTensor['weights'] {
  const type = namedFloats.get(dtype)
  if (!type) return { unsupported: dtype }
  const size = storedBytes[type]
  const needed = shape.reduce((product, side) => product * side, size)
  const found = runs.reduce((sum, { length }) => sum + length, 0)
  const isWhole = runs.every(({ length }) => length % size === 0)
  if (needed !== found || !isWhole)
    throw new InputError(
      access.name,
      `array ${name} of shape ${shape.join('×') || '()'} (${dtype}) needs ${needed} bytes and has ${found}; the file is damaged, get it again`,
    )
  const [first] = runs
  if (!first || runs.length === 1) return { access, offset: first?.start ?? 0, dtype: type }
  const list = runs.map(({ start, length }) => ({
    start,
    length,
    count: length / size,
    size,
    stride: size,
  }))
  return { access: runsAccess(access, list, size), offset: 0, dtype: type }
}

/** Flax's own layers call their kernels kernel, (rows, columns, in per group, out); where none is, the sizes tell the axes. */
export function inOrder(tensors: readonly NamedTensor[]): {
  readonly tensors: readonly NamedTensor[]
  readonly warnings: readonly string[]
} {
  if (!tensors.some((tensor) => isKernel(tensor, KERNEL))) return readKernels(tensors)
  return { tensors: tensors.map((tensor) => (isKernel(tensor, WEIGHT) ? turned(tensor) : tensor)), warnings: [] }
}

function isKernel({ name, shape }: NamedTensor, called: RegExp): boolean {
  return shape.length === 4 && called.test(name)
}

/** A transposed kernel has the same axes as any other: its module's name alone tells it. */
function turned({ name, shape, weights }: NamedTensor): NamedTensor {
  const layout = convKernel(shape)
  return {
    name,
    shape: layout.shape,
    weights: 'unsupported' in weights ? weights : { ...weights, strides: layout.strides },
    ...(isNamedTransposed(name) && { module: { groups: 1, transposed: true } }),
  }
}
