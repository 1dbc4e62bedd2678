import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { nibbleAccess, nibbleCodes } from '../../weights/nibbles.ts'
import { type NumberType, numberBytes, numbersOf } from '../../weights/numbers.ts'
import type { ExternalFiles } from './external.ts'
import { DATA_TYPES, type TensorRecord } from './records.ts'
import { runsAccess, varintAccess } from './runs.ts'

/** Where a tensor's elements lie, one after the other. */
export interface Payload {
  readonly access: RandomAccess
  readonly offset: number
  readonly dtype: NumberType
  /** The type by ONNX's name, where its numbers are stored as another: "bool" as uint8, "int4" as int8. */
  readonly type: string
}

/** Elements first … first + count - 1 of a tensor as doubles, exactly (64-bit integers beyond 2^53 rounded). */
export async function readNumbers(payload: Payload, first: number, count: number): Promise<Float64Array<ArrayBuffer>> {
  const size = numberBytes[payload.dtype]
  return numbersOf(await payload.access.read(payload.offset + first * size, count * size), payload.dtype, count)
}

/** What numbers of a type are read as, and the bits that one takes. */
function layoutOf(type: string): { dtype: NumberType; bits: number } | undefined {
  if (Object.hasOwn(numberBytes, type)) return { dtype: type as NumberType, bits: 8 * numberBytes[type as NumberType] }
  if (type === 'bool') return { dtype: 'uint8', bits: 8 }
  if (type === 'int4') return { dtype: 'int8', bits: 4 }
  if (type === 'uint4') return { dtype: 'uint8', bits: 4 }
  return type === 'float4e2m1' ? { dtype: 'float8e4m3fn', bits: 4 } : undefined
}

/** The product of dimensions. @throws InputError for a negative one or a product beyond 2^53 */
export function elementCount(dims: readonly number[], file: string, name: string): number {
  let count = 1
  for (const size of dims) {
    if (size < 0)
      throw new InputError(file, `initializer ${name} has the shape ${dims.join('×')}; the file is damaged, get it again`)
    count *= size
  }
  if (!Number.isSafeInteger(count))
    throw new InputError(file, `initializer ${name} has the shape ${dims.join('×')}, more than any file holds`)
  return count
}

/**
 * Finds a tensor's values without reading them (numbers stored as varints are counted).
 * @returns the reason, as a phrase, when there are none that can be read
 * @throws InputError when the values are cut short or their number is not the shape's
 */
export async function findPayload(
  tensor: TensorRecord,
  name: string,
  model: RandomAccess,
  external: ExternalFiles,
): Promise<Payload | string> {
  const type = DATA_TYPES[tensor.dataType]
  if (type === undefined) return `unknown data type ${tensor.dataType}`
  const layout = layoutOf(type)
  if (!layout) return `stored as ${type}`
  const count = elementCount(tensor.dims, model.name, name)
  if (layout.bits === 4) return nibbles(tensor, name, model, external, count, type, layout.dtype)
  return findBytes(tensor, name, model, external, count, type, layout.dtype)
}

/** Numbers of four bits: a block of bytes with two in each. */
async function nibbles(
  tensor: TensorRecord,
  name: string,
  model: RandomAccess,
  external: ExternalFiles,
  count: number,
  type: string,
  dtype: NumberType,
): Promise<Payload | string> {
  const packed = await findBytes(tensor, name, model, external, Math.ceil(count / 2), type, 'uint8')
  if (typeof packed === 'string') return packed
  const codes = nibbleCodes[type as keyof typeof nibbleCodes]
  return { access: nibbleAccess(packed.access, packed.offset, count, codes), offset: 0, dtype, type }
}

async function findBytes(
  tensor: TensorRecord,
  name: string,
  model: RandomAccess,
  external: ExternalFiles,
  count: number,
  type: string,
  dtype: NumberType,
): Promise<Payload | string> {
  const size = numberBytes[dtype]
  const shape = tensor.dims.join('×') || 'a single number'
  const mismatch = (found: string) =>
    new InputError(
      model.name,
      `initializer ${name} holds ${found}, but its shape ${shape} needs ${count * size} bytes (${type}); get the file again`,
    )

  if (tensor.isExternal) {
    const location = tensor.external?.get('location')
    if (location === undefined)
      throw new InputError(model.name, `initializer ${name} lies in another file, but none is named; export the model again`)
    const offset = wholeNumber(tensor.external?.get('offset') ?? '0')
    const length = wholeNumber(tensor.external?.get('length') ?? String(count * size))
    if (offset === undefined || length === undefined)
      throw new InputError(model.name, `initializer ${name} has an offset or length that is no number; export the model again`)
    if (length !== count * size) throw mismatch(`${length} bytes in ${location}`)
    const access = await external.open(location)
    if (offset + length > access.byteLength)
      throw new InputError(
        access.name,
        `ends at byte ${access.byteLength}, but initializer ${name} lies at bytes ${offset} to ${offset + length}; get the file again`,
      )
    return { access, offset, dtype, type }
  }
  if (tensor.raw) {
    if (tensor.raw.length !== count * size) throw mismatch(`${tensor.raw.length} bytes`)
    return { access: model, offset: tensor.raw.start, dtype, type }
  }
  const runs =
    dtype === 'float32'
      ? tensor.floats
      : dtype === 'float64'
        ? tensor.doubles
        : dtype === 'int64'
          ? tensor.int64s
          : dtype === 'uint32' || dtype === 'uint64'
            ? tensor.uint64s
            : tensor.int32s
  if (runs.length === 0) return count === 0 ? { access: model, offset: 0, dtype, type } : 'its values are not in the file'
  if (runs[0]!.size > 0) {
    const found = runs.reduce((sum, run) => sum + run.count, 0)
    if (found !== count) throw mismatch(`${found} numbers`)
    if (runs.length === 1 && runs[0]!.stride === size) return { access: model, offset: runs[0]!.start, dtype, type }
    return { access: runsAccess(model, runs, size), offset: 0, dtype, type }
  }
  const { access, found } = await varintAccess(model, runs, size)
  if (found !== count) throw mismatch(`${found} numbers`)
  return { access, offset: 0, dtype, type }
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
