import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { runsAccess, varintAccess } from '../onnx/runs.ts'
import { standsForTooMany } from '../repeated.ts'
import type { TfTensor } from './graph-def.ts'
import { tensorType } from './types.ts'

/** Numbers that one repeated number may stand for: kernels that blur or shift are small. */
const MOST_REPEATED = 1 << 22

/**
 * Where the elements of a constant lie, row-major; the name of what cannot be read as weights instead.
 * @throws InputError when there are not as many as its shape says
 */
export async function constantPlan(
  access: RandomAccess,
  name: string,
  tensor: TfTensor,
): Promise<Omit<WeightPlan, 'strides'> | { readonly unsupported: string }> {
  const { name: type, bytes, stored } = tensorType(tensor.dtype)
  if (!stored) return { unsupported: type }
  const count = tensor.shape.reduce((product, size) => product * size, 1)
  const wrong = (found: string) =>
    new InputError(
      access.name,
      `constant ${name} of shape ${tensor.shape.join('×') || '()'} needs ${count} numbers (${type}) and holds ${found}; it is damaged, get it again`,
    )
  if (tensor.shape.some((size) => size < 0) || !Number.isSafeInteger(count)) throw wrong('none')
  if (tensor.content) {
    if (tensor.content.length !== count * bytes) throw wrong(`${tensor.content.length} bytes`)
    return { access, offset: tensor.content.start, dtype: stored }
  }
  const values = await listed(access, tensor, stored, bytes)
  if (!values || (values.found === 0 && count > 0)) return { unsupported: `${type} without its values` }
  if (values.found > count) throw wrong(`${values.found}`)
  if (values.found < count && (count > MOST_REPEATED || standsForTooMany(values.found, tensor.shape)))
    return { unsupported: `${values.found} numbers that stand for ${count}` }
  if (values.found < count) return { access: lastRepeated(values.access, bytes, count), offset: 0, dtype: stored }
  return { access: values.access, offset: values.offset, dtype: stored }
}

/** The elements that stand in the field of their own type. */
async function listed(
  access: RandomAccess,
  tensor: TfTensor,
  stored: WeightPlan['dtype'],
  bytes: number,
): Promise<{ access: RandomAccess; offset: number; found: number } | undefined> {
  if (bytes === 2) return tensor.halves.length > 0 ? { offset: 0, ...(await varintAccess(access, tensor.halves, 2)) } : undefined
  const runs = stored === 'float64' ? tensor.doubles : tensor.floats
  const found = runs.reduce((sum, { count }) => sum + count, 0)
  const [first] = runs
  if (!first) return undefined
  if (runs.length === 1 && first.stride === bytes && found > 1) return { access, offset: first.start, found }
  return { access: runsAccess(access, runs, bytes), offset: 0, found }
}

/** A list of which the last element stands for all that follow. */
function lastRepeated(list: RandomAccess, bytes: number, count: number): RandomAccess {
  const byteLength = count * bytes
  const own = list.byteLength
  return {
    name: list.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(list.name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      const there = Math.min(length, Math.max(0, own - offset))
      if (there > 0) out.set(await list.read(offset, there))
      const last = await list.read(own - bytes, bytes)
      for (let k = there; k < length; k++) out[k] = last[(offset + k) % bytes]!
      return out
    },
  }
}
