import { byteText } from '../../io/byte-text.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { namedFloats } from '../number-names.ts'
import { bytesOf, itemsOf } from './builtins.ts'
import { narrowed } from './cursor.ts'
import { PickleProblem, PyBuilt, type PyConstructor, PyElsewhere, PyGlobal, PyTuple, type PyValue } from './values.ts'

/** A NumPy element type: kind as NumPy abbreviates it (f, i, u, b, O, S, U …), bytes per element, byte order. */
export class NumpyType extends PyBuilt {
  readonly kind: string
  itemSize: number
  bigEndian: boolean
  /** Of a type that is none of NumPy's own, where it is known. */
  readonly added: StoredType | undefined

  constructor(code: string, added?: StoredType) {
    super()
    this.added = added
    const match = /^([<>|=]?)([a-zA-Z?])(\d*)/.exec(code)
    const letter = match?.[2] ?? 'V'
    this.bigEndian = match?.[1] === '>'
    this.kind = letter === '?' ? 'b' : letter
    this.itemSize = match?.[3] ? Number(match[3]) : letter === '?' ? 1 : letter === 'O' ? 8 : 0
  }

  /** (version, byte order, subtype, names, fields, size, alignment, flags) */
  override setState(state: PyValue): void {
    const items = itemsOf(state)
    const [order, size] = [items[1], items[5]]
    if (order === '>') this.bigEndian = true
    if (order === '<') this.bigEndian = false
    // A code tells the size of NumPy's own types; of others the state does.
    if (this.kind === 'V' && typeof size === 'number' && Number.isSafeInteger(size) && size > 0) this.itemSize = size
  }
}

/** A NumPy array: raw bytes in `order`, or Python objects for the kind "O". */
export class NumpyArray extends PyBuilt {
  shape: readonly number[] = [0]
  type: NumpyType = new NumpyType('f8')
  fortran = false
  /** Raw elements; empty for an array of objects. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Where the raw elements lie, when they were left in the file; `bytes` is empty then. */
  elsewhere: PyElsewhere | undefined
  /** Elements of an array of objects. */
  objects: readonly PyValue[] | undefined

  /** (version, shape, type, is Fortran ordered, bytes or list of objects) */
  override setState(state: PyValue): void {
    const items = itemsOf(state)
    const [shape, type, fortran, data] = items.length === 5 ? items.slice(1) : items
    this.fill(shape, type, fortran === true || fortran === 1, data)
  }

  fill(shape: PyValue | undefined, type: PyValue | undefined, fortran: boolean, data: PyValue | undefined): this {
    if (!(type instanceof NumpyType)) throw new PickleProblem('a NumPy array has no element type')
    this.shape = sizes(shape)
    this.type = type
    this.fortran = fortran
    const count = this.shape.reduce((product, n) => product * n, 1)
    if (type.kind === 'O') {
      this.objects = itemsOf(data)
      if (this.objects.length !== count)
        throw new PickleProblem(`a NumPy array of ${count} objects comes with ${this.objects.length}`)
    } else {
      const bytes = data instanceof PyElsewhere ? data : bytesOf(data)
      if (!bytes || bytes.length !== count * type.itemSize)
        throw new PickleProblem(
          `a NumPy array of shape (${this.shape.join(', ')}) comes with ${bytes ? `${bytes.length} bytes` : 'no data'}`,
        )
      if (bytes instanceof PyElsewhere) this.elsewhere = bytes
      else this.bytes = bytes
    }
    return this
  }
}

/** A shape: a tuple of sizes, or one size. @throws PickleProblem */
export function sizes(value: PyValue | undefined): number[] {
  const items = typeof value === 'number' ? [value] : itemsOf(value)
  return items.map((size) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw new PickleProblem('a shape holds something that is no size')
    return size
  })
}

/** A number of a NumPy scalar; null for kinds that are no numbers. */
function scalar(args: readonly PyValue[]): PyValue {
  const [type, data] = args
  if (!(type instanceof NumpyType)) return null
  if (type.kind === 'O') return data ?? null
  const bytes = bytesOf(data)
  if (type.kind === 'S') return bytes ? byteText(bytes) : null
  if (!bytes || bytes.length !== type.itemSize) return null
  return numberAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, type)
}

/** One element of a numeric type, a whole number beyond 2^53 as a bigint; null for another type. */
export function numberAt(view: DataView, at: number, { kind, itemSize, bigEndian }: NumpyType): number | bigint | boolean | null {
  const little = !bigEndian
  const key = kind + itemSize
  if (key === 'f8') return view.getFloat64(at, little)
  if (key === 'f4') return view.getFloat32(at, little)
  if (key === 'i8') return narrowed(view.getBigInt64(at, little))
  if (key === 'i4') return view.getInt32(at, little)
  if (key === 'i2') return view.getInt16(at, little)
  if (key === 'i1') return view.getInt8(at)
  if (key === 'u8') return narrowed(view.getBigUint64(at, little))
  if (key === 'u4') return view.getUint32(at, little)
  if (key === 'u2') return view.getUint16(at, little)
  if (key === 'u1') return view.getUint8(at)
  if (key === 'b1') return view.getUint8(at) !== 0
  return null
}

const modules = ['numpy.core.multiarray', 'numpy._core.multiarray', 'numpy', 'numpy.core.numeric', 'numpy._core.numeric']
const constructors: [name: string, make: PyConstructor][] = [
  ['_reconstruct', () => new NumpyArray()],
  ['ndarray', () => new NumpyArray()],
  [
    'dtype',
    ([code]) => {
      // Types that the package ml_dtypes adds to NumPy, as JAX keeps them: the class is named, not a code.
      if (code instanceof PyGlobal && code.module === 'ml_dtypes') return new NumpyType('', namedFloats.get(code.name))
      return new NumpyType(typeof code === 'string' ? code : '')
    },
  ],
  ['scalar', scalar],
  // (buffer, type, shape, order): how protocol 5 keeps contiguous arrays
  ['_frombuffer', ([data, type, shape, order]) => new NumpyArray().fill(shape ?? new PyTuple([]), type, order === 'F', data)],
]

/** `(make, its arguments, state, what is JAX's own)`: how JAX keeps its arrays, as those of NumPy that they become. */
const jaxArray: PyConstructor = ([, , state = null]) => {
  const array = new NumpyArray()
  array.setState(state)
  return array
}

/** NumPy's arrays, scalars and element types, as NumPy 1 and 2 name them, and JAX's arrays. */
export const numpyConstructors: ReadonlyMap<string, PyConstructor> = new Map([
  ...modules.flatMap((module) => constructors.map(([name, make]) => [`${module}.${name}`, make] as const)),
  ['jax._src.array._reconstruct_array', jaxArray],
  ['jax._src.device_array.reconstruct_device_array', jaxArray],
])
