import { builtinConstructors, itemsOf } from '../pickle/builtins.ts'
import { numpyConstructors, sizes } from '../pickle/numpy.ts'
import { PickleProblem, PyBuilt, type PyConstructor, PyGlobal, PyObject, PyTuple, type PyValue } from '../pickle/values.ts'

/** Element types by torch's name: bytes per element, and whether the integers stand for real numbers. */
export interface TorchType {
  readonly name: string
  readonly bytes: number
}

const types: Record<string, number> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
  complex32: 4,
  complex64: 8,
  complex128: 16,
  qint8: 1,
  quint8: 1,
  qint32: 4,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e4m3fnuz: 1,
  float8_e5m2fnuz: 1,
}
const storages: Record<string, string> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  ShortStorage: 'int16',
  IntStorage: 'int32',
  LongStorage: 'int64',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QInt8Storage: 'qint8',
  QUInt8Storage: 'quint8',
  QInt32Storage: 'qint32',
  UntypedStorage: 'uint8',
  _UntypedStorage: 'uint8',
}

/** The element type that torch calls so. */
export const typeNamed = (name: string | undefined): TorchType | undefined =>
  name !== undefined && Object.hasOwn(types, name) ? { name, bytes: types[name]! } : undefined

/** A run of elements that tensors are views of. */
export class TorchStorage extends PyBuilt {
  readonly key: string
  readonly type: TorchType
  /** Elements of `type`. */
  readonly count: number
  /** First element in the file's run of that key: not 0 only for views that torch 0.x kept. */
  readonly start: number
  /** The elements themselves, when the pickle carries them. */
  bytes: Uint8Array | undefined

  constructor(key: string, type: TorchType, count: number, start = 0) {
    super()
    this.key = key
    this.type = type
    this.count = count
    this.start = start
  }

  /** The same run of elements under another key. */
  renamed(key: string): TorchStorage {
    const copy = new TorchStorage(key, this.type, this.count, this.start)
    copy.bytes = this.bytes
    return copy
  }
}

/** Integers that stand for (integer - zero) · scale; tensors when there is one of each per output channel. */
export interface Quantiser {
  readonly scale: PyValue
  readonly zero: PyValue
  /** The axis of scale and zero; null for one of each. */
  readonly axis: number | null
}

/** A view of a storage; offset and strides count elements. */
export class TorchTensor extends PyBuilt {
  readonly storage: TorchStorage
  readonly type: TorchType
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  readonly quantiser: Quantiser | undefined

  constructor(storage: TorchStorage, type: TorchType, offset: PyValue, shape: PyValue, strides: PyValue, quantiser?: Quantiser) {
    super()
    this.storage = storage
    this.type = type
    this.offset = sizes(offset)[0] ?? 0
    this.shape = sizes(shape)
    this.strides = sizes(strides)
    this.quantiser = quantiser
    if (this.shape.length !== this.strides.length || this.shape.length > 64)
      throw new PickleProblem(`a tensor has ${this.shape.length} sizes and ${this.strides.length} strides`)
  }

  /** A tensor that was described rather than rebuilt. */
  static dense(storage: TorchStorage, shape: readonly number[], strides: readonly number[]): TorchTensor {
    return new TorchTensor(storage, storage.type, 0, new PyTuple(shape), new PyTuple(strides))
  }

  /** Row-major without gaps; the stride of an axis of length 1 does not matter. */
  get isDense(): boolean {
    let expected = 1
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false
      expected *= this.shape[axis]!
    }
    return true
  }

  /** Number of elements. */
  get count(): number {
    return this.shape.reduce((product, n) => product * n, 1)
  }

  /** The same tensor, and the scales of a quantised one, in other storages. */
  inStorage(other: (storage: TorchStorage) => TorchStorage): TorchTensor {
    const moved = <T>(value: T): T => (value instanceof TorchTensor ? (value.inStorage(other) as T & TorchTensor) : value)
    const quantiser = this.quantiser && {
      ...this.quantiser,
      scale: moved(this.quantiser.scale),
      zero: moved(this.quantiser.zero),
    }
    return Object.assign(Object.create(TorchTensor.prototype), this, { storage: other(this.storage), quantiser })
  }
}

const first: PyConstructor = (args) => args[0] ?? null

const rebuild: PyConstructor = (args) => {
  const [storage, offset = 0, shape = null, strides = null] = args
  if (!(storage instanceof TorchStorage)) return new PyObject(new PyGlobal('torch._utils', '_rebuild_tensor'), args)
  return new TorchTensor(storage, storage.type, offset, shape, strides)
}

/** Since torch 2.1 for types without a storage class of their own: the seventh argument is the type, offset and strides count its elements. */
const rebuildTyped: PyConstructor = (args) => {
  const [storage, offset = 0, shape = null, strides = null, , , dtype] = args
  const type = dtype instanceof PyGlobal && dtype.module === 'torch' ? typeNamed(dtype.name) : undefined
  if (!(storage instanceof TorchStorage) || !type) return new PyObject(new PyGlobal('torch._utils', '_rebuild_tensor_v3'), args)
  return new TorchTensor(storage, type, offset, shape, strides)
}

const rebuildQuantised: PyConstructor = (args) => {
  const [storage, offset = 0, shape = null, strides = null, parameters] = args
  const [scheme, scale = null, zero = null, axis = null] = itemsOf(parameters)
  const name = scheme instanceof PyGlobal ? scheme.name : ''
  const perChannel = name.startsWith('per_channel_affine')
  if (!(storage instanceof TorchStorage) || !(perChannel || name === 'per_tensor_affine'))
    return new PyObject(new PyGlobal('torch._utils', '_rebuild_qtensor'), args)
  return new TorchTensor(storage, storage.type, offset, shape, strides, {
    scale,
    zero,
    axis: perChannel && typeof axis === 'number' ? axis : null,
  })
}

/** `_rebuild_from_type(function, class, arguments, state)`: a subclass of Tensor made by another function of this list. */
const rebuildFromType: PyConstructor = (args) => {
  const [callee, , inner] = args
  const make = callee instanceof PyGlobal ? torchConstructors.get(callee.path) : undefined
  return make ? make(itemsOf(inner)) : new PyObject(callee ?? null, itemsOf(inner))
}

const scriptLists = ['build_intlist', 'build_tensorlist', 'build_doublelist', 'build_boollist', 'restore_type_tag']

/** What a checkpoint is made of: torch's tensors, Python's containers, NumPy's arrays. Everything else stays inert. */
export const torchConstructors: ReadonlyMap<string, PyConstructor> = new Map<string, PyConstructor>([
  ...builtinConstructors,
  ...numpyConstructors,
  ['torch._utils._rebuild_tensor', rebuild],
  ['torch._utils._rebuild_tensor_v2', rebuild],
  ['torch._utils._rebuild_tensor_v3', rebuildTyped],
  ['torch._utils._rebuild_qtensor', rebuildQuantised],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  ['torch._utils._rebuild_device_tensor_from_numpy', first],
  ['torch._tensor._rebuild_from_type', rebuildFromType],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch.tensor._rebuild_from_type', rebuildFromType],
  ['torch.nn.parameter.Parameter', first],
  ['torch.Size', (args) => new PyTuple([...itemsOf(args[0])])],
  ['torch.device', (args) => args.map((part) => String(part)).join(':')],
  ['torch.serialization._get_layout', first],
  ...scriptLists.map((name) => [`torch.jit._pickle.${name}`, first] as const),
])

/**
 * What torch's persistent ids stand for: ('storage', class, key, place, count[, view]) is a storage, of which `seen` takes note;
 * ('module', class, file, source) is the class of a module that was saved with its source code.
 */
export function persistentIds(seen: (storage: TorchStorage) => void): (id: PyValue) => PyValue {
  const byKey = new Map<string, TorchStorage>()
  return (id) => {
    const [tag, type, key, , count, view] = itemsOf(id)
    if (tag === 'module') return type ?? null
    const stored =
      type instanceof PyGlobal && /^torch(\.cuda|\.storage)?$/.test(type.module) && Object.hasOwn(storages, type.name)
        ? typeNamed(storages[type.name])
        : undefined
    if (tag !== 'storage' || !stored || typeof key !== 'string' || typeof count !== 'number' || !(count >= 0)) {
      return new PyObject(new PyGlobal('', 'persistent'), [id])
    }
    const [viewKey, start = 0, viewCount = 0] = itemsOf(view) // torch 0.x: (key, first element, count)
    const name = `${key}/${stored.name}/${viewKey === undefined ? '' : String(start)}`
    let storage = byKey.get(name)
    if (!storage) {
      storage =
        viewKey === undefined ? new TorchStorage(key, stored, count) : new TorchStorage(key, stored, ...pair(viewCount, start))
      byKey.set(name, storage)
      seen(storage)
    }
    return storage
  }
}

function pair(count: PyValue, start: PyValue): [number, number] {
  return [sizes(count)[0] ?? 0, sizes(start)[0] ?? 0]
}
