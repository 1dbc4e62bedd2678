import { InputError } from '../../errors.ts'
import { memoryAccess, type RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { builtinConstructors, itemsOf } from '../pickle/builtins.ts'
import { NumpyArray, numpyConstructors } from '../pickle/numpy.ts'
import { readSkeleton } from '../pickle/skeleton.ts'
import { unpickle } from '../pickle/unpickle.ts'
import { pickleProblem } from '../pickle/unsafe.ts'
import { PickleProblem, PyTuple, type PyValue } from '../pickle/values.ts'
import type { NamedArray } from './layout.ts'
import { type NpyArray, npyContentAt } from './npy.ts'

const FLOATS: Readonly<Record<string, StoredType>> = { f2: 'float16', f4: 'float32', f8: 'float64' }
const MOST_ARRAYS = 200_000
const MOST_CONTAINERS = 1_000_000
const DEEPEST = 64
const known = new Map([...builtinConstructors, ...numpyConstructors])

/**
 * The arrays in a .npy file of Python objects, which is how numpy.save keeps a dict: {'conv1_1': {'weights': …, 'biases': …}},
 * {'conv1': [weights, biases]}. A lone array has no name. Only the pickle's instructions are read, and nothing in it is executed; arrays stay in the file.
 * `unsafe` takes the names by which the pickle would run code (../pickle/unsafe.ts).
 * @throws InputError when the pickle is damaged
 */
export async function objectArrays(access: RandomAccess, unsafe: Set<string> = new Set()): Promise<NamedArray[]> {
  const skeleton = await readSkeleton(access, await npyContentAt(access))
  try {
    return arraysIn(access, unpickle(skeleton.bytes, { known, gaps: skeleton.gaps, unsafe }).value)
  } catch (error) {
    if (error instanceof PickleProblem) throw new InputError(access.name, pickleProblem(error.message, unsafe), { cause: error })
    throw error
  }
}

function arraysIn(access: RandomAccess, root: PyValue): NamedArray[] {
  const found: NamedArray[] = []
  const seen = new Set<PyValue>()
  const pending: { value: PyValue; path: readonly string[] }[] = [{ value: root, path: [] }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next
    if (value instanceof NumpyArray && !value.objects) {
      found.push({ name: path.join('/'), array: asNpy(access, value) })
      if (found.length > MOST_ARRAYS) throw new PickleProblem(`holds more than ${MOST_ARRAYS} arrays`)
      continue
    }
    const members = membersOf(value)
    if (members.length === 0 || path.length > DEEPEST || seen.has(value)) continue
    seen.add(value)
    if (seen.size + pending.length + members.length > MOST_CONTAINERS)
      throw new PickleProblem(`holds more than ${MOST_CONTAINERS} objects`)
    for (const [key, member] of [...members].reverse()) pending.push({ value: member, path: key === '' ? path : [...path, key] })
  }
  return found
}

/** What may lead to arrays, by the keys that name them. The only object of an array adds nothing to a name. */
function membersOf(value: PyValue): [key: string, member: PyValue][] {
  if (value instanceof Map)
    return [...value].map(([key, member]) => [typeof key === 'string' || typeof key === 'number' ? String(key) : '?', member])
  const items =
    value instanceof NumpyArray ? (value.objects ?? []) : Array.isArray(value) || value instanceof PyTuple ? itemsOf(value) : []
  if (value instanceof NumpyArray && items.length === 1) return [['', items[0]!]]
  return isLayer(items)
    ? [
        ['weights', items[0]!],
        ['biases', items[1]!],
      ]
    : items.map((item, k) => [String(k), item])
}

/** [weights, biases] of one layer. */
function isLayer(items: readonly PyValue[]): boolean {
  const [weights, biases] = items
  return (
    items.length === 2 &&
    weights instanceof NumpyArray &&
    biases instanceof NumpyArray &&
    weights.shape.length > 1 &&
    biases.shape.length === 1
  )
}

function asNpy(access: RandomAccess, { shape, type, fortran, bytes, elsewhere }: NumpyArray): NpyArray {
  const code = `${type.kind}${type.itemSize}`
  const dtype = type.added ?? (Object.hasOwn(FLOATS, code) ? FLOATS[code] : undefined)
  const stored = !dtype
    ? { unsupported: `NumPy type ${code}` }
    : type.bigEndian
      ? { unsupported: `big-endian NumPy type ${code}` }
      : elsewhere
        ? { access, offset: elsewhere.start, dtype }
        : { access: memoryAccess(access.name, bytes), offset: 0, dtype }
  return { shape, fortranOrder: fortran, stored }
}
