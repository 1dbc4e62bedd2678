import { type PyConstructor, PyGlobal, PyObject, PyTuple, type PyValue } from './values.ts'

/** Items of a list, tuple or set; none for anything else. */
export function itemsOf(value: PyValue | undefined): readonly PyValue[] {
  if (Array.isArray(value)) return value
  if (value instanceof PyTuple) return value.items
  if (value instanceof Set) return [...value]
  return []
}

/** Bytes of a bytes object, or of a string that stands for bytes one character each (Python 2, `_codecs.encode`). */
export function bytesOf(value: PyValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') return undefined
  const bytes = new Uint8Array(value.length)
  for (let k = 0; k < value.length; k++) {
    const code = value.charCodeAt(k)
    if (code > 255) return undefined
    bytes[k] = code
  }
  return bytes
}

const asMap: PyConstructor = (args) => {
  const [source] = args
  if (source instanceof Map) return new Map(source)
  const map = new Map<PyValue, PyValue>()
  for (const pair of itemsOf(source)) {
    const [key, value] = itemsOf(pair)
    if (key !== undefined && value !== undefined) map.set(key, value)
  }
  return map
}

/** `copyreg._reconstructor(class, base, state)`: how protocols 0 and 1 make an object. */
const reconstructor: PyConstructor = ([type = null, base, state = null]) => {
  const object = new PyObject(type, [])
  const name = base instanceof PyGlobal ? base.name : ''
  if (name === 'dict' && state instanceof Map) object.entries = new Map(state)
  if (name === 'list') object.items = [...itemsOf(state)]
  return object
}

const entries: [modules: string[], name: string, make: PyConstructor][] = [
  [['collections'], 'OrderedDict', asMap],
  [['collections'], 'Counter', asMap],
  [['collections'], 'defaultdict', (args) => asMap(args.slice(1))], // its first argument makes defaults: not needed, not called
  [['builtins', '__builtin__'], 'dict', asMap],
  [['builtins', '__builtin__'], 'list', (args) => [...itemsOf(args[0])]],
  [['builtins', '__builtin__'], 'tuple', (args) => new PyTuple([...itemsOf(args[0])])],
  [['builtins', '__builtin__'], 'set', (args) => new Set(itemsOf(args[0]))],
  [['builtins', '__builtin__'], 'frozenset', (args) => new Set(itemsOf(args[0]))],
  [['builtins', '__builtin__'], 'bytearray', (args) => bytesOf(args[0]) ?? new Uint8Array(0)],
  [['builtins', '__builtin__'], 'bytes', (args) => bytesOf(args[0]) ?? new Uint8Array(0)],
  [['builtins', '__builtin__'], 'complex', (args) => new PyTuple(args)],
  [['_codecs'], 'encode', (args) => bytesOf(args[0]) ?? args[0] ?? null],
  [['copyreg', 'copy_reg'], '_reconstructor', reconstructor],
]

/** Python's own containers and encodings. */
export const builtinConstructors: ReadonlyMap<string, PyConstructor> = new Map(
  entries.flatMap(([modules, name, make]) => modules.map((module) => [`${module}.${name}`, make] as const)),
)
