import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { ByteWindow } from '../byte-window.ts'
import { headFields } from '../unread/message-head.ts'

// paddle/fluid/framework/lod_tensor.cc and tensor_util.cc, SerializeToStream: for every tensor
//
//   0 (32 bits) | levels of detail (64), each with its length (64) and bytes | 0 (32) | bytes of a TensorDesc (32) | TensorDesc | numbers
//
// and nothing else: no count and no names. TensorDesc: data_type (1), dims (2).

const MOST_TENSORS = 200_000
const MOST_LEVELS = 16
const LARGEST_DESCRIPTION = 1024
const FIRST_BYTES = 20

const TYPES: Readonly<Record<number, { readonly name: string; readonly bytes: number; readonly dtype?: StoredType }>> = {
  0: { name: 'bool', bytes: 1 },
  1: { name: 'int16', bytes: 2 },
  2: { name: 'int32', bytes: 4 },
  3: { name: 'int64', bytes: 8 },
  4: { name: 'float16', bytes: 2, dtype: 'float16' },
  5: { name: 'float32', bytes: 4, dtype: 'float32' },
  6: { name: 'float64', bytes: 8, dtype: 'float64' },
  20: { name: 'uint8', bytes: 1 },
  21: { name: 'int8', bytes: 1 },
  22: { name: 'bfloat16', bytes: 2, dtype: 'bfloat16' },
}

/** A tensor of a .pdiparams: its place, and no name. */
export interface PaddleTensor {
  readonly shape: readonly number[]
  readonly offset: number
  readonly dtype?: StoredType
  /** "float32" */
  readonly type: string
}

/** Whether a file begins with such a tensor without levels of detail. */
export function looksLikeParams(head: Uint8Array): boolean {
  if (head.length < FIRST_BYTES + 2 || !head.subarray(0, 16).every((byte) => byte === 0)) return false
  const size = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(16, true)
  if (size < 2 || size > LARGEST_DESCRIPTION || FIRST_BYTES + size > head.length) return false
  return describe(head.subarray(FIRST_BYTES, FIRST_BYTES + size)) !== undefined
}

/** The type's number and the sizes of a TensorDesc; undefined when the bytes are none. */
function describe(bytes: Uint8Array): { type: number; shape: number[] } | undefined {
  const shape: number[] = []
  let type: number | undefined
  for (const { number, wire, value, start, length } of headFields(bytes, 0, bytes.length) ?? []) {
    if (number === 1 && wire === 0) type = value
    else if (number === 2 && wire === 0) shape.push(value)
    else if (number === 2 && wire === 2) {
      for (let at = start; at < start + length; ) {
        let size = 0
        for (let factor = 1; ; factor *= 128) {
          const byte = bytes[at++]
          if (byte === undefined) return undefined
          size += (byte & 0x7f) * factor
          if (byte < 0x80) break
        }
        shape.push(size)
      }
    } else return undefined
  }
  return type !== undefined && Object.hasOwn(TYPES, type) ? { type, shape } : undefined
}

/** The tensors in the file's order. @throws InputError */
export async function readPaddleTensors(access: RandomAccess): Promise<PaddleTensor[]> {
  const c = new ByteWindow(access)
  const tensors: PaddleTensor[] = []
  while (c.left > 0) {
    const at = c.position
    const wrong = (what: string) => c.damaged(at, `tensor ${tensors.length} ${what}`)
    if (tensors.length >= MOST_TENSORS) throw wrong(`is one more than the ${MOST_TENSORS} that are read`)
    const view = await c.numbers(12)
    if (view.getUint32(0, true) !== 0) throw wrong('begins with a version that is not known')
    const levels = view.getUint32(4, true) + view.getUint32(8, true) * 4294967296
    if (levels > MOST_LEVELS) throw wrong(`has ${levels} levels of detail`)
    for (let k = 0; k < levels; k++) {
      const length = await c.numbers(8)
      c.pass(length.getUint32(0, true) + length.getUint32(4, true) * 4294967296)
    }
    const inner = await c.numbers(8)
    const size = inner.getUint32(4, true)
    if (inner.getUint32(0, true) !== 0 || size > LARGEST_DESCRIPTION) throw wrong('has no description')
    const found = describe(await c.take(size))
    if (!found) throw wrong('has a description that is none')
    const type = TYPES[found.type]!
    const offset = c.position
    c.pass(found.shape.reduce((product, side) => product * side, type.bytes))
    tensors.push({ shape: found.shape, offset, type: type.name, ...(type.dtype && { dtype: type.dtype }) })
  }
  return tensors
}
