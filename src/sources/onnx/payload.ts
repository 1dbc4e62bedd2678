import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { storedBytes } from '../../weights/stored-bytes.ts'
import type { ExternalFiles } from './external.ts'
import { DATA_TYPES, type TensorRecord } from './records.ts'
import { runsAccess, varintAccess } from './runs.ts'

/** Where a tensor's elements lie, one after the other. */
export interface Payload {
  readonly access: RandomAccess
  readonly offset: number
  readonly dtype: StoredType | 'int64'
}

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<StoredType | 'int64', number>> = { ...storedBytes, int64: 8 }

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
  const dtype = DATA_TYPES[tensor.dataType]
  if (dtype === undefined) return `unknown data type ${tensor.dataType}`
  if (!isElement(dtype)) return `stored as ${dtype}`
  const size = ELEMENT_BYTES[dtype]
  const count = elementCount(tensor.dims, model.name, name)
  const shape = tensor.dims.join('×') || 'a single number'
  const mismatch = (found: string) =>
    new InputError(
      model.name,
      `initializer ${name} holds ${found}, but its shape ${shape} needs ${count * size} bytes (${dtype}); get the file again`,
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
    return { access, offset, dtype }
  }
  if (tensor.raw) {
    if (tensor.raw.length !== count * size) throw mismatch(`${tensor.raw.length} bytes`)
    return { access: model, offset: tensor.raw.start, dtype }
  }
  const runs =
    dtype === 'float32' ? tensor.floats : dtype === 'float64' ? tensor.doubles : dtype === 'int64' ? tensor.int64s : tensor.int32s
  if (runs.length === 0) return count === 0 ? { access: model, offset: 0, dtype } : 'its values are not in the file'
  if (runs[0]!.size > 0) {
    const found = runs.reduce((sum, run) => sum + run.count, 0)
    if (found !== count) throw mismatch(`${found} numbers`)
    if (runs.length === 1 && runs[0]!.stride === size) return { access: model, offset: runs[0]!.start, dtype }
    return { access: runsAccess(model, runs, size), offset: 0, dtype }
  }
  const { access, found } = await varintAccess(model, runs, size)
  if (found !== count) throw mismatch(`${found} numbers`)
  return { access, offset: 0, dtype }
}

function isElement(dtype: string): dtype is StoredType | 'int64' {
  return dtype in ELEMENT_BYTES
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
