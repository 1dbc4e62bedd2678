import * as v from 'valibot'
import { InputError } from '../../errors.ts'
import type { Zip } from '../../io/zip.ts'
import { elementsOf } from '../../weights/elements.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import type { NumberPlan } from '../file-tensors.ts'
import { readJson } from '../json-file.ts'
import { namedFloats, namedNumbers } from '../number-names.ts'
import { NumpyArray } from '../pickle/numpy.ts'
import { type Checkpoint, openCheckpoint } from '../pytorch/container.ts'
import { type Leaf, torchNumbers, torchPlan } from '../pytorch/plan.ts'
import { leafTypeName } from '../pytorch/planned-tensor.ts'
import { TorchTensor } from '../pytorch/values.ts'
import type { FileTensor } from '../source.ts'
import { scalarTypes } from './types.ts'

// Where a torch.export archive keeps its tensors:
//
//   since 2.9    data/weights/model_weights_config.json says for each name its file (data/weights/weight_0), type, sizes and strides
//   2.6 to 2.8   data/weights/model.pt is a state dict of torch.save
//   before       serialized_state_dict.pt is one

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const Size = v.object({ as_int: whole })
const Config = v.object({
  config: v.record(
    v.string(),
    v.object({
      path_name: v.string(),
      use_pickle: v.optional(v.boolean(), false),
      tensor_meta: v.nullish(v.object({ dtype: whole, sizes: v.array(Size), strides: v.array(Size), storage_offset: Size })),
    }),
  ),
})

/** A tensor of an exported program. */
export interface ExportTensor {
  readonly shape: readonly number[]
  /** As torch calls it. */
  readonly type: string
  /** In elements, where the file says them. */
  readonly strides?: readonly number[]
  /** Where its numbers lie, or what they are when they are not read. @throws InputError when they are not where they should be */
  numbers(): Promise<NumberPlan | { readonly unsupported: string }>
}

/** Where a tensor's weights lie; whole numbers that no scale belongs to are none. @throws InputError */
export async function weightPlan(tensor: ExportTensor): Promise<WeightPlan | { readonly unsupported: string }> {
  const found = await tensor.numbers()
  return 'unsupported' in found || isWeights(found) ? found : { unsupported: tensor.type }
}

function isWeights(plan: NumberPlan): plan is WeightPlan {
  return plan.dtype.includes('float') || plan.dequantise !== undefined
}

/** An archive's tensors as a list. */
export function exportContents(tensors: ReadonlyMap<string, ExportTensor>): FileTensor[] {
  return [...tensors].map(([name, { shape, strides, type, numbers }]) => ({
    name,
    shape,
    type,
    async elements() {
      const found = await numbers()
      if ('unsupported' in found) return `numbers stored as ${found.unsupported} are not read`
      const own = strides ?? found.strides
      return elementsOf({ ...found, shape, ...(own?.length === shape.length && { strides: own }) })
    },
  }))
}

/**
 * The tensors of an archive by name: parameters and buffers, then constants.
 * @param unsafe takes the names by which its pickles would run code if Python loaded them, when they are read
 * @throws InputError
 */
export async function exportTensors(
  file: string,
  zip: Zip,
  prefix: string,
  model: string,
  unsafe: Set<string>,
): Promise<Map<string, ExportTensor>> {
  const tensors = new Map<string, ExportTensor>()
  for (const kind of ['weights', 'constants']) {
    const folder = `${prefix}data/${kind}/`
    const config = zip.find(`${folder}${model}_${kind}_config.json`)
    if (config) {
      const parsed = v.safeParse(Config, await readJson(await config.open()))
      if (!parsed.success)
        throw new InputError(
          `${file}/${config.name}`,
          `${v.getDotPath(parsed.issues[0]) ?? 'the whole'}: ${parsed.issues[0].message}; export the program again`,
        )
      for (const [name, entry] of Object.entries(parsed.output.config))
        if (!tensors.has(name)) tensors.set(name, listed(file, zip, folder, name, entry, unsafe))
      continue
    }
    const old = kind === 'weights' ? 'state_dict' : 'constants'
    const names = [`${folder}${model}.pt`, `${prefix}serialized_${old}.pt`, `${prefix}serialized_${old}.json`]
    const dict = names.map((name) => zip.find(name)).find((entry) => entry)
    if (dict && dict.byteLength > 0)
      for (const [name, tensor] of await pickled(await dict.open(), unsafe)) if (!tensors.has(name)) tensors.set(name, tensor)
  }
  return tensors
}

type Listed = v.InferOutput<typeof Config>['config'][string]

function listed(
  file: string,
  zip: Zip,
  folder: string,
  name: string,
  { path_name, use_pickle, tensor_meta }: Listed,
  unsafe: Set<string>,
): ExportTensor {
  const shape = tensor_meta?.sizes.map((size) => size.as_int) ?? []
  return {
    shape,
    type: tensor_meta ? (scalarTypes.get(tensor_meta.dtype)?.name ?? `type ${tensor_meta.dtype}`) : 'a tensor of its own',
    ...(tensor_meta && { strides: tensor_meta.strides.map((stride) => stride.as_int) }),
    async numbers() {
      const entry = zip.find(folder + path_name)
      if (!entry) throw new InputError(file, `has no entry ${folder}${path_name}, which holds ${name}; get it again`)
      if (use_pickle || !tensor_meta) {
        const inner = await openCheckpoint(await entry.open(), unsafe)
        return isLeaf(inner.root)
          ? leafNumbers(inner, entry.name, name, inner.root)
          : { unsupported: 'a tensor of a class of its own' }
      }
      const type = scalarTypes.get(tensor_meta.dtype)
      const dtype = type && namedNumbers.get(type.name)
      if (!dtype) return { unsupported: type?.name ?? `type ${tensor_meta.dtype}` }
      const strides = tensor_meta.strides.map((stride) => stride.as_int)
      const offset = tensor_meta.storage_offset.as_int
      const access = await entry.open()
      const last = shape.reduce((at, size, axis) => at + (size - 1) * (strides[axis] ?? 0), offset)
      if (strides.length !== shape.length || (last + 1) * type.bytes > access.byteLength)
        throw new InputError(
          access.name,
          `holds ${access.byteLength} bytes, too few for ${name} of shape ${shape.join('×')}; the file is damaged, get it again`,
        )
      const elements = shape.reduce((product, size) => product * size, 1)
      if (elements * type.bytes > access.byteLength) return { unsupported: 'a tensor expanded from fewer elements' }
      return {
        access,
        offset: offset * type.bytes,
        dtype,
        ...(shape.length === 4 && { strides: strides as unknown as NonNullable<WeightPlan['strides']> }),
      }
    },
  }
}

const isLeaf = (value: unknown): value is Leaf =>
  value instanceof TorchTensor || (value instanceof NumpyArray && value.objects === undefined)

/** Of floats and of what has a scale the weights' plan, of other tensors that of their numbers. */
function leafNumbers(checkpoint: Checkpoint, file: string, name: string, leaf: Leaf): ReturnType<ExportTensor['numbers']> {
  const isPlain = leaf instanceof TorchTensor && !leaf.quantiser && !namedFloats.has(leaf.type.name)
  return isPlain ? torchNumbers(checkpoint, file, name, leaf) : torchPlan(checkpoint, file, name, leaf)
}

/** The tensors of a dict that torch.save wrote. */
async function pickled(
  access: Awaited<ReturnType<NonNullable<ReturnType<Zip['find']>>['open']>>,
  unsafe: Set<string>,
): Promise<Map<string, ExportTensor>> {
  const checkpoint = await openCheckpoint(access, unsafe)
  const tensors = new Map<string, ExportTensor>()
  if (!(checkpoint.root instanceof Map)) return tensors
  for (const [name, leaf] of checkpoint.root)
    if (typeof name === 'string' && isLeaf(leaf))
      tensors.set(name, {
        shape: leaf.shape,
        type: leafTypeName(leaf),
        ...(leaf instanceof TorchTensor && { strides: leaf.strides }),
        numbers: () => leafNumbers(checkpoint, access.name, name, leaf),
      })
  return tensors
}
