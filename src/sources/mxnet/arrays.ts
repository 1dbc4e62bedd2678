import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { ByteWindow } from '../byte-window.ts'
import type { NamedTensor } from '../tensor-rules.ts'

// mxnet/src/ndarray/ndarray.cc, NDArray::Save and NDArray::Load:
//
//   0x112 | 0 | arrays | array … | names | length, letters … (all 64 bits)
//
// An array begins with a mark of its version, or, before 2017, with its number of axes:
//   version 2, 3: kind of storage (32 bits) | axes (32) | sizes (64 each) | device, its number, type (32 each) | numbers
//   version 1:                                axes (32) | sizes (64 each) | …
//   before:                                   axes (32) | sizes (32 each) | …

const LIST = 0x112
const VERSION_1 = 0xf993fac8
const VERSION_2 = 0xf993fac9
const VERSION_3 = 0xf993faca
const MOST_ARRAYS = 200_000
const MOST_AXES = 32
const LONGEST_NAME = 4096

const TYPES: Readonly<Record<number, { readonly name: string; readonly bytes: number; readonly dtype?: StoredType }>> = {
  0: { name: 'float32', bytes: 4, dtype: 'float32' },
  1: { name: 'float64', bytes: 8, dtype: 'float64' },
  2: { name: 'float16', bytes: 2, dtype: 'float16' },
  3: { name: 'uint8', bytes: 1 },
  4: { name: 'int32', bytes: 4 },
  5: { name: 'int8', bytes: 1 },
  6: { name: 'int64', bytes: 8 },
  7: { name: 'bool', bytes: 1 },
  12: { name: 'bfloat16', bytes: 2, dtype: 'bfloat16' },
}

/** Whether a file begins as a list of arrays. */
export function looksLikeList(head: Uint8Array): boolean {
  return head.length >= 24 && head[0] === 0x12 && head[1] === 1 && head.subarray(2, 16).every((byte) => byte === 0)
}

/** The arrays of a list by their names ("arg:conv0_weight" is conv0_weight). @throws InputError */
export async function readArrayList(access: RandomAccess): Promise<NamedTensor[]> {
  const c = new ByteWindow(access)
  if ((await long(c)) !== LIST) throw c.damaged(0, 'it is no list of arrays')
  c.pass(8)
  const count = await counted(c, 'arrays', MOST_ARRAYS)
  const arrays: Omit<NamedTensor, 'name'>[] = []
  for (let k = 0; k < count; k++) arrays.push(await readArray(c, k))
  const names = await counted(c, 'names', MOST_ARRAYS)
  if (names !== 0 && names !== count)
    throw new InputError(access.name, `holds ${count} arrays and ${names} names; it is damaged, get it again`)
  const taken = new Set<string>()
  const tensors: NamedTensor[] = []
  for (const [k, array] of arrays.entries()) {
    const name = names === 0 ? `array_${k}` : await readName(c)
    if (taken.has(name)) throw new InputError(access.name, `names the array ${name} twice; such a file is refused`)
    taken.add(name)
    tensors.push({ name: name.replace(/^(arg|aux):/, ''), ...array })
  }
  return tensors
}

async function long(c: ByteWindow): Promise<number> {
  const view = await c.numbers(8)
  return view.getUint32(4, true) * 4294967296 + view.getUint32(0, true)
}

async function short(c: ByteWindow): Promise<number> {
  return (await c.numbers(4)).getUint32(0, true)
}

async function counted(c: ByteWindow, what: string, most: number): Promise<number> {
  const at = c.position
  const count = await long(c)
  if (count > most) throw c.damaged(at, `${count} ${what}, more than ${most}`)
  return count
}

async function readName(c: ByteWindow): Promise<string> {
  return new TextDecoder().decode(await c.take(await counted(c, 'letters of a name', LONGEST_NAME)))
}

async function readArray(c: ByteWindow, index: number): Promise<Omit<NamedTensor, 'name'>> {
  const at = c.position
  const mark = await short(c)
  const isMarked = mark >= VERSION_1 && mark <= VERSION_3
  if (mark === VERSION_2 || mark === VERSION_3) {
    const storage = await short(c)
    if (storage !== 0) throw c.damaged(at, `array ${index} is sparse, which is not read; save it as an array of all its numbers`)
  }
  const axes = isMarked ? await short(c) : mark
  if (axes > MOST_AXES) throw c.damaged(at, `array ${index} has ${axes} axes`)
  const shape: number[] = []
  for (let k = 0; k < axes; k++) shape.push(isMarked ? await long(c) : await short(c))
  // No axes is an array that was never filled; from version 3 on it is a single number.
  if (axes === 0 && mark !== VERSION_3) return { shape, weights: { unsupported: 'nothing' } }
  const view = await c.numbers(12)
  const number = view.getUint32(8, true)
  const type = TYPES[number]
  if (!type) throw c.damaged(at, `array ${index} is of type ${number}, which is not known`)
  const offset = c.position
  c.pass(shape.reduce((product, size) => product * size, type.bytes))
  return { shape, weights: type.dtype ? { access: c.access, offset, dtype: type.dtype } : { unsupported: type.name } }
}
