import { COST, PickleBudget } from './budget.ts'
import { PickleCursor } from './cursor.ts'
import { appendItems, setEntries, setState, sizeOf } from './filling.ts'
import { PickleMemo } from './memo.ts'
import type { PickleGap } from './skeleton.ts'
import { PickleStack } from './stack.ts'
import { isUnsafe } from './unsafe.ts'
import { type PyConstructor, PyGlobal, PyObject, PyTuple, type PyValue } from './values.ts'

export interface UnpickleOptions {
  /** Callables that are imitated, by full name. Every other one becomes an inert PyObject. */
  readonly known: ReadonlyMap<string, PyConstructor>
  /** What a persistent id stands for; without it, ids are inert objects of the type "persistent". */
  readonly persistent?: (id: PyValue) => PyValue
  /** First byte of the pickle. Default 0. */
  readonly start?: number
  /** Takes the names by which the pickle would run code if Python loaded it (unsafe.ts). */
  readonly unsafe?: Set<string>
  /** Byte strings that were left out (`readSkeleton`): they become PyElsewhere. */
  readonly gaps?: readonly PickleGap[]
}

/** What the instructions of a pickle work on, and what several of them do. */
export class PickleMachine {
  readonly cursor: PickleCursor
  readonly budget = new PickleBudget()
  readonly memo = new PickleMemo()
  readonly stack: PickleStack
  readonly #options: UnpickleOptions

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.cursor = new PickleCursor(bytes, options.start ?? 0, options.gaps)
    this.stack = new PickleStack(this.cursor, this.budget)
    this.#options = options
  }

  /** A byte string of this many bytes, or where it lies; `text`: as one of Python 2, a character per byte. */
  pushBytes(count: number, text = false): void {
    this.stack.push(this.cursor.leftOut(count) ?? (text ? this.cursor.latin1(count) : this.cursor.bytes(count)))
  }

  pushMap(): void {
    this.budget.spend(COST.map)
    this.stack.push(new Map())
  }

  pushSet(items: readonly PyValue[]): void {
    this.budget.spend(COST.map)
    this.stack.push(new Set(items))
  }

  /** A class or function by its name, which is looked up nowhere. */
  pushGlobal(module: string, name: string): void {
    this.stack.push(this.global(module, name))
  }

  /** The same for an instruction that also calls it (INST). */
  global(module: string, name: string): PyGlobal {
    this.budget.spend(COST.object)
    const global = new PyGlobal(module, name)
    if (this.#options.unsafe && isUnsafe(global.path)) this.#options.unsafe.add(global.path)
    return global
  }

  /** A class that Python would take from its registry of extensions. */
  pushExtension(code: number): void {
    this.stack.push(new PyGlobal('copyreg', `extension ${code}`))
  }

  pushPersistent(id: PyValue): void {
    const { persistent } = this.#options
    this.stack.push(persistent ? persistent(id) : new PyObject(new PyGlobal('', 'persistent'), [id]))
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    this.stack.push(value === undefined ? this.cursor.fail(`memo ${index} was never set`) : value)
  }

  remember(index: number): void {
    if (this.memo.set(index, this.stack.top())) this.budget.spend(COST.sparse)
    this.budget.spend(1)
  }

  /** What Python would get by calling `callee`: made by its imitation, or an inert object. Nothing is called by name. */
  call(callee: PyValue, args: readonly PyValue[]): void {
    const make = callee instanceof PyGlobal ? this.#options.known.get(callee.path) : undefined
    if (make) for (const arg of args) this.budget.spend(2 * sizeOf(arg)) // what is made may be a copy
    this.budget.spend(make ? COST.built : COST.object)
    this.stack.push(make ? make(args) : new PyObject(callee, args))
  }

  /** Calls what lies below the tuple of arguments on the stack. */
  callWithTuple(): void {
    const tuple = this.stack.pop()
    const args = tuple instanceof PyTuple ? tuple.items : tuple
    if (Array.isArray(args)) this.call(this.stack.pop(), args as readonly PyValue[])
    else this.cursor.fail('arguments are no tuple')
  }

  append(items: readonly PyValue[]): void {
    if (!appendItems(this.stack.top(), items)) this.cursor.fail('items are appended to something that has none')
  }

  setEntries(keysAndValues: readonly PyValue[]): void {
    const target = this.stack.top()
    if (keysAndValues.length % 2 !== 0) this.cursor.fail('a key has no value')
    if (!setEntries(target, keysAndValues)) this.cursor.fail('entries are set on something that has none')
  }

  build(): void {
    const state = this.stack.pop()
    setState(this.stack.top(), state)
  }
}
