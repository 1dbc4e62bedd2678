import { InputError } from '../../errors.ts'
import { memoryAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { Dequantisation, WeightPlan } from '../../weights/plan.ts'
import type { NumberPlan } from '../file-tensors.ts'
import { namedFloats, namedNumbers } from '../number-names.ts'
import { itemsOf } from '../pickle/builtins.ts'
import { NumpyArray } from '../pickle/numpy.ts'
import type { PyValue } from '../pickle/values.ts'
import type { Checkpoint } from './container.ts'
import { type Quantiser, TorchTensor } from './values.ts'

const QUANTISED: ReadonlyMap<string, StoredType> = new Map([
  ['qint8', 'int8'],
  ['quint8', 'uint8'],
  ['qint32', 'int32'],
])
const NUMPY: Record<string, StoredType> = { f4: 'float32', f8: 'float64', f2: 'float16' }
const LARGEST_TABLE = 1 << 22 // scales, zero points

/** A tensor or array found in a checkpoint. */
export type Leaf = TorchTensor | NumpyArray

/**
 * Where a tensor's elements lie, or the name of its element type when that holds no weights.
 * @throws InputError when the tensor reaches beyond its storage
 */
export async function torchPlan(
  checkpoint: Checkpoint,
  file: string,
  name: string,
  leaf: Leaf,
): Promise<WeightPlan | { unsupported: string }> {
  if (leaf instanceof NumpyArray) return numpyPlan(file, name, leaf)
  const dtype = namedFloats.get(leaf.type.name) ?? QUANTISED.get(leaf.type.name)
  if (!dtype) return { unsupported: leaf.type.name }
  if (QUANTISED.has(leaf.type.name) !== (leaf.quantiser !== undefined))
    return { unsupported: `${leaf.type.name} without its scale` }
  requireInside(file, name, leaf)
  if (leaf.count > leaf.storage.count) return { unsupported: `a tensor expanded from ${leaf.storage.count} elements` }
  const access = await checkpoint.storage(leaf.storage)
  const dequantise = leaf.quantiser && (await dequantisation(checkpoint, file, name, leaf, leaf.quantiser))
  if (dequantise === null) return { unsupported: `quantised along axis ${leaf.quantiser?.axis}` }
  return {
    access,
    offset: leaf.offset * leaf.type.bytes,
    dtype,
    ...(!leaf.isDense && leaf.shape.length === 4 && { strides: leaf.strides as WeightPlan['strides'] & {} }),
    ...(dequantise && { dequantise }),
  }
}

/**
 * Where a tensor's numbers lie, whole numbers too, or the name of its type when they are none.
 * @throws InputError when the tensor reaches beyond its storage
 */
export async function torchNumbers(
  checkpoint: Checkpoint,
  file: string,
  name: string,
  tensor: TorchTensor,
): Promise<NumberPlan | { unsupported: string }> {
  const { type, offset, storage } = tensor
  const dtype = namedNumbers.get(type.name)
  if (!dtype) return { unsupported: type.name }
  requireInside(file, name, tensor)
  if (tensor.count > storage.count) return { unsupported: `a tensor expanded from ${storage.count} elements` }
  return { access: await checkpoint.storage(storage), offset: offset * type.bytes, dtype }
}

function numpyPlan(file: string, name: string, array: NumpyArray): WeightPlan | { unsupported: string } {
  const key = array.type.kind + array.type.itemSize
  const dtype = array.type.added ?? (Object.hasOwn(NUMPY, key) ? NUMPY[key] : undefined)
  if (!dtype || array.type.bigEndian) return { unsupported: `NumPy ${array.type.bigEndian ? 'big-endian ' : ''}${key}` }
  const { shape } = array
  const fortran = array.fortran && shape.length === 4
  const strides = [1, shape[0]!, shape[0]! * shape[1]!, shape[0]! * shape[1]! * shape[2]!] as const
  return { access: memoryAccess(`${file}/${name}`, array.bytes), offset: 0, dtype, ...(fortran && { strides }) }
}

function requireInside(file: string, name: string, { shape, strides, offset, storage }: TorchTensor): void {
  if (shape.includes(0)) return
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset)
  if (!(last < storage.count))
    throw new InputError(
      file,
      `tensor ${name} reaches element ${last} of storage ${storage.key}, which has ${storage.count}; the file is damaged, get it again`,
    )
}

/** null when the scales do not run along the output channels. torch multiplies by the scale as a float32. */
async function dequantisation(
  checkpoint: Checkpoint,
  file: string,
  name: string,
  leaf: TorchTensor,
  { scale, zero, axis }: Quantiser,
): Promise<Dequantisation | null> {
  if (axis === null) {
    if (typeof scale !== 'number' || typeof zero !== 'number') return null
    return { scale: Math.fround(scale), zero, shift: 0 }
  }
  if (axis !== 0) return null
  const [scales, zeros] = [await numbers(checkpoint, file, name, scale), await numbers(checkpoint, file, name, zero)]
  if (scales?.length !== leaf.shape[0] || zeros?.length !== leaf.shape[0])
    throw new InputError(
      file,
      `tensor ${name} has ${leaf.shape[0]} output channels, but ${scales?.length ?? 0} scales and ${zeros?.length ?? 0} zero points`,
    )
  return { scale: Float64Array.from(scales!, Math.fround), zero: Float64Array.from(zeros!), shift: 0 }
}

/** A list or a small one-dimensional tensor of numbers. */
async function numbers(checkpoint: Checkpoint, file: string, name: string, value: PyValue): Promise<number[] | undefined> {
  if (!(value instanceof TorchTensor)) {
    const items = itemsOf(value)
    return items.every((item) => typeof item === 'number') ? (items as number[]) : undefined
  }
  const { type, count, shape, strides, offset } = value
  if (shape.length !== 1 || count > LARGEST_TABLE) return undefined
  requireInside(file, `${name} (its scales)`, value)
  const access = await checkpoint.storage(value.storage)
  const bytes = (await access.read(0, access.byteLength <= LARGEST_TABLE * 8 ? access.byteLength : 0)).slice()
  const view = new DataView(bytes.buffer)
  return Array.from({ length: count }, (_, k) => {
    const at = (offset + k * strides[0]!) * type.bytes
    if (type.name === 'float64') return view.getFloat64(at, true)
    if (type.name === 'float32') return view.getFloat32(at, true)
    if (type.name === 'int64') return Number(view.getBigInt64(at, true))
    return type.name === 'int32' ? view.getInt32(at, true) : Number.NaN
  })
}
