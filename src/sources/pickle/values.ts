/**
 * What a pickle holds, as inert data. Lists are arrays, dicts are Maps (so that no key, "__proto__" least of all, can mean anything
 * to JavaScript), sets are Sets, bytes are Uint8Arrays; whatever else Python would build is a PyObject that only keeps its parts.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PyValue[]
  | PyTuple
  | Map<PyValue, PyValue>
  | Set<PyValue>
  | PyGlobal
  | PyObject
  | PyBuilt

/** A tuple: distinct from a list where Python distinguishes them. */
export class PyTuple {
  readonly items: readonly PyValue[]
  constructor(items: readonly PyValue[]) {
    this.items = items
  }
}

/** A class or function by name. It is never looked up, imported or called. */
export class PyGlobal {
  readonly module: string
  readonly name: string
  constructor(module: string, name: string) {
    this.module = module
    this.name = name
  }
  /** "torch.nn.modules.conv.Conv2d" */
  get path(): string {
    return this.module === '' ? this.name : `${this.module}.${this.name}`
  }
}

/** An object of a class that is not on the allow-list: what it would have been made from. */
export class PyObject {
  /** The callable; a PyGlobal unless the pickle is odd. */
  readonly type: PyValue
  readonly args: readonly PyValue[]
  /** Argument of BUILD: usually the object's attributes. */
  state: PyValue | undefined = undefined
  /** Items appended to it, where it is a list or a set of some kind. */
  items: PyValue[] | undefined = undefined
  /** Entries set on it, where it is a dict of some kind. */
  entries: Map<PyValue, PyValue> | undefined = undefined
  constructor(type: PyValue, args: readonly PyValue[]) {
    this.type = type
    this.args = args
  }
  /** The class's full name, "" when it is not known by name. */
  get typeName(): string {
    return this.type instanceof PyGlobal ? this.type.path : ''
  }
  /** Attributes by name: the state's dict, or the first of its (dict, slots) pair. */
  get attributes(): Map<PyValue, PyValue> | undefined {
    if (this.state instanceof Map) return this.state
    const first = this.state instanceof PyTuple ? this.state.items[0] : undefined
    return first instanceof Map ? first : undefined
  }
}

/** Something an entry of the allow-list made: a NumPy array, a tensor, a storage. */
export abstract class PyBuilt {
  /** Takes the argument of a BUILD opcode. By default it is of no interest. */
  setState(_state: PyValue): void {}
}

/** Bytes that were left where they are in the file. */
export class PyElsewhere extends PyBuilt {
  readonly start: number
  readonly length: number
  constructor(start: number, length: number) {
    super()
    this.start = start
    this.length = length
  }
}

/** Makes a value from the arguments that the pickle gives a callable. @throws PickleProblem when they make no sense */
export type PyConstructor = (args: readonly PyValue[]) => PyValue

/** What is wrong with a pickle, as the end of a sentence; the caller knows the file's name. */
export class PickleProblem extends Error {
  override readonly name: string = 'PickleProblem'
}
