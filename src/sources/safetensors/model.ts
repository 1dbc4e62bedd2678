import type { Input, RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { NumberType } from '../../weights/numbers.ts'
import { convKernel, depthwiseKernel, type KernelLayout, liteConvKernel } from '../hwio.ts'
import { isRecord, readJson } from '../json-file.ts'
import { readKernels } from '../kernel-axes.ts'
import { modelName } from '../model-name.ts'
import type { Source, Training } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { trainingOf } from '../training-of.ts'
import type { HeaderTensor } from './header.ts'

/** The types that hold weights as they are. Whole numbers need a scale, which safetensors does not store. */
const STORED: ReadonlyMap<string, StoredType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F64', 'float64'],
  ['F8_E4M3', 'float8e4m3fn'],
  ['F8_E4M3FNUZ', 'float8e4m3fnuz'],
  ['F8_E5M2', 'float8e5m2'],
  ['F8_E5M2FNUZ', 'float8e5m2fnuz'],
])
/** Numbers that are no weights. */
const NUMBERS: ReadonlyMap<string, NumberType> = new Map([
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'uint8'],
])
const FRAMEWORKS: ReadonlyMap<string, string> = new Map([
  ['pt', 'PyTorch'],
  ['tf', 'TensorFlow'],
  ['flax', 'Flax'],
  ['mlx', 'MLX'],
])

/** A header's tensor with its plan; kernels of TensorFlow, Flax and MLX are turned to (out, in, rows, columns). */
export function namedTensor(
  { name, dtype, shape, offset }: HeaderTensor,
  access: RandomAccess,
  metadata: Readonly<Record<string, string>>,
): NamedTensor {
  const stored = STORED.get(dtype)
  const numbers = NUMBERS.get(dtype)
  if (!stored)
    return { name, shape, weights: { unsupported: dtype, ...(numbers && { numbers: { access, offset, dtype: numbers } }) } }
  const layout = shape.length === 4 ? layoutOf(name, shape, metadata['format']) : undefined
  if (!layout) return { name, shape, weights: { access, offset, dtype: stored } }
  return { name, shape: layout.shape, weights: { access, offset, dtype: stored, strides: layout.strides } }
}

/** How the writing framework lays out a kernel; undefined for PyTorch's own order. */
function layoutOf(name: string, shape: readonly number[], framework: string | undefined): KernelLayout | undefined {
  if (framework === 'mlx') return liteConvKernel(shape)
  if (framework !== 'tf' && framework !== 'flax') return undefined
  if (/depthwise_(kernel|weights)(:\d+)?$/.test(name)) return depthwiseKernel(shape)
  return /kernel(:\d+)?$/.test(name) ? convKernel(shape) : undefined
}

/** The source of one model whose tensors are known. `parts`: the shards. */
export async function sourceOf(
  input: Input,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
  parts: readonly RandomAccess[],
): Promise<Source> {
  const name = modelName(input.path).replace(/\.safetensors(\.index(\.[\w-]+)?)?$/, '')
  const about = {
    name,
    format: 'safetensors',
    producer: FRAMEWORKS.get(metadata['format'] ?? '') ?? null,
    opset: null,
    meta: {},
    parts,
  }
  // Nobody is named who wrote it: the kernels' axes are told by their sizes.
  const read = metadata['format'] === undefined ? readKernels(tensors) : { tensors, warnings: [] }
  const { models, warnings } = await stateDictModels(read.tensors, about, { parts: Math.max(1, parts.length) })
  const training = trainingOf((name) => metadata[name]) ?? (await trainerState(input))
  return {
    format: 'safetensors',
    models,
    warnings: [...read.warnings, ...warnings],
    ...(training && { training }),
    async close() {
      for (const part of parts) await part.close?.()
      await input.access.close?.()
    },
  }
}

/** What Hugging Face's Trainer keeps beside the weights of a checkpoint; undefined where there is none that can be read. */
async function trainerState({ folder }: Input): Promise<Training | undefined> {
  const access = await folder.open('trainer_state.json')
  if (!access) return undefined
  try {
    const state = await readJson(access)
    return isRecord(state) ? trainingOf((name) => state[name]) : undefined
  } finally {
    await access.close?.()
  }
}
