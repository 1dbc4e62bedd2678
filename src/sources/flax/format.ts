import { InputError } from '../../errors.ts'
import { memoryAccess, type RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { convKernel } from '../hwio.ts'
import { readKernels } from '../kernel-axes.ts'
import { modelName } from '../model-name.ts'
import { runsAccess } from '../onnx/runs.ts'
import type { Skipped, Source, SourceFormat } from '../source.ts'
import { isNamedTransposed } from '../state-dict/judge.ts'
import { stateDictModels } from '../state-dict/models.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { MsgpackCursor } from './msgpack.ts'
import { beginsWithArrays, type FlaxArray, readArrays } from './tree.ts'

/** Bytes and values that are looked at to tell such a file from any other MessagePack. */
const LOOKED_AT = 1 << 16
const MOST_LOOKED_AT = 1000

const STORED: ReadonlyMap<string, { readonly dtype: StoredType; readonly bytes: number }> = new Map([
  ['float32', { dtype: 'float32', bytes: 4 }],
  ['float16', { dtype: 'float16', bytes: 2 }],
  ['bfloat16', { dtype: 'bfloat16', bytes: 2 }],
  ['float64', { dtype: 'float64', bytes: 8 }],
  ['float8_e4m3fn', { dtype: 'float8e4m3fn', bytes: 1 }],
  ['float8_e4m3fnuz', { dtype: 'float8e4m3fnuz', bytes: 1 }],
  ['float8_e5m2', { dtype: 'float8e5m2', bytes: 1 }],
  ['float8_e5m2fnuz', { dtype: 'float8e5m2fnuz', bytes: 1 }],
])
/** optax keeps its moments in opt_state, flax.optim kept them in optimizer/state. */
const OPTIMISER = /(^|\/)(opt_state|optimi[sz]er_state|optimi[sz]er\/state|param_states)(\/|$)/i
const KERNEL = /(^|\/)kernel$/
/** What the layers of other libraries, which share such a tree, call theirs. */
const WEIGHT = /(^|\/)(kernel|w|weights?|filters?)$/

/** Flax: a tree of arrays in MessagePack (flax.serialization.to_bytes, flax_model.msgpack). */
export const flax: SourceFormat = {
  name: 'Flax',
  async match(head, { access }) {
    const [first, second] = head
    const isMap = first !== undefined && ((first > 0x80 && first < 0x90) || first === 0xde || first === 0xdf)
    // A name comes next: in short, or behind the count of a longer map.
    if (!isMap || (first < 0x90 && !(second! >= 0xa0 && second! <= 0xbf) && !(second! >= 0xd9 && second! <= 0xdb))) return false
    const start = await access.read(0, Math.min(LOOKED_AT, access.byteLength))
    try {
      return await beginsWithArrays(new MsgpackCursor(memoryAccess(access.name, start)), MOST_LOOKED_AT)
    } catch (error) {
      if (error instanceof InputError) return false // no MessagePack, or an array far behind
      throw error
    }
  },
  async open({ access, path }): Promise<Source> {
    const arrays = await readArrays(new MsgpackCursor(access))
    const { kept, skipped } = withoutOptimiser(arrays)
    const { tensors, warnings } = inOrder(
      kept.map((array) => ({ name: array.name, shape: array.shape, weights: storedOf(access, array) })),
    )
    const about = { name: modelName(path), format: flax.name, producer: null, opset: null, meta: {}, parts: [], skipped }
    const census = await stateDictModels(tensors, about)
    return {
      format: flax.name,
      models: census.models,
      warnings: [...warnings, ...census.warnings].map((warning) => `${access.name}: ${warning}`),
      close: async () => access.close?.(),
    }
  },
}

function withoutOptimiser(arrays: readonly FlaxArray[]): { kept: FlaxArray[]; skipped: Skipped[] } {
  const kept: FlaxArray[] = []
  const skipped: Skipped[] = []
  for (const array of arrays) {
    const { name, shape } = array
    if (!OPTIMISER.test(name)) kept.push(array)
    else if (shape.length >= 3) skipped.push({ name, kind: 'array', shape, reason: 'optimiser state' })
  }
  return { kept, skipped }
}

/** @throws InputError when there are not as many bytes as the shape says */
function storedOf(access: RandomAccess, { name, shape, dtype, runs }: FlaxArray): NamedTensor['weights'] {
  const type = STORED.get(dtype)
  if (!type) return { unsupported: dtype }
  const needed = shape.reduce((product, side) => product * side, type.bytes)
  const found = runs.reduce((sum, { length }) => sum + length, 0)
  const isWhole = runs.every(({ length }) => length % type.bytes === 0)
  if (needed !== found || !isWhole)
    throw new InputError(
      access.name,
      `array ${name} of shape ${shape.join('×') || '()'} (${dtype}) needs ${needed} bytes and has ${found}; the file is damaged, get it again`,
    )
  const [first] = runs
  if (!first || runs.length === 1) return { access, offset: first?.start ?? 0, dtype: type.dtype }
  const list = runs.map(({ start, length }) => ({
    start,
    length,
    count: length / type.bytes,
    size: type.bytes,
    stride: type.bytes,
  }))
  return { access: runsAccess(access, list, type.bytes), offset: 0, dtype: type.dtype }
}

/** Flax's own layers call their kernels kernel, (rows, columns, in per group, out); where none is, the sizes tell the axes. */
function inOrder(tensors: readonly NamedTensor[]): {
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
