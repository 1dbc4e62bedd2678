import { PickleCursor } from './cursor.ts'
import { PickleMemo } from './memo.ts'
import { PickleProblem, PyBuilt, type PyConstructor, PyGlobal, PyObject, PyTuple, type PyValue } from './values.ts'

export interface UnpickleOptions {
  /** Callables that are imitated, by full name. Every other one becomes an inert PyObject. */
  readonly known: ReadonlyMap<string, PyConstructor>
  /** What a persistent id stands for; without it, ids are inert objects of the type "persistent". */
  readonly persistent?: (id: PyValue) => PyValue
  /** First byte of the pickle. Default 0. */
  readonly start?: number
}

/** What a pickle may make, in units of about 40 bytes of memory: enough for any checkpoint, too little to fill the memory with. */
const MOST_VALUES = 12_000_000
const COST = { map: 8, object: 3, built: 32, sparse: 8 }
const MOST_STEPS = 100_000_000

/**
 * Reads one pickle (protocols 0 to 5) as inert data and tells where it ends. A stack machine that only ever makes the values of
 * values.ts: no name in the file is resolved, nothing is executed, and nesting of any depth costs no recursion.
 * @throws PickleProblem when it is damaged, PickleCut when the bytes end before the pickle does
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: PyValue; end: number } {
  const cursor = new PickleCursor(bytes, options.start ?? 0)
  const memo = new PickleMemo()
  let stack: PyValue[] = []
  const marked: PyValue[][] = []
  let made = 0

  const fail = (what: string): never => {
    throw new PickleProblem(`the pickle is damaged at byte ${cursor.at}: ${what}`)
  }
  const pop = (): PyValue => (stack.length > 0 ? stack.pop()! : fail('the stack is empty'))
  const top = (): PyValue => (stack.length > 0 ? stack[stack.length - 1]! : fail('the stack is empty'))
  const count = (values: number): void => {
    made += values
    if (made > MOST_VALUES) throw new PickleProblem('the pickle makes more values than any checkpoint has')
  }
  const push = (value: PyValue): void => {
    count(1)
    stack.push(value)
  }
  const popMark = (): PyValue[] => {
    const items = stack
    stack = marked.pop() ?? fail('a mark is missing')
    return items
  }
  const recall = (index: number): void => {
    const value = memo.get(index)
    push(value === undefined ? fail(`memo ${index} was never set`) : value)
  }
  const remember = (index: number): void => {
    if (memo.set(index, top())) count(COST.sparse)
    count(1)
  }
  const tuple = (count: number): void => {
    if (stack.length < count) fail('the stack is too short')
    push(new PyTuple(stack.splice(stack.length - count, count)))
  }
  const itemsOf = (value: PyValue): readonly PyValue[] => {
    if (value instanceof PyTuple) return value.items
    if (Array.isArray(value)) return value
    return fail('arguments are no tuple')
  }
  const call = (callee: PyValue, args: readonly PyValue[]): void => {
    const make = callee instanceof PyGlobal ? options.known.get(callee.path) : undefined
    if (make) for (const arg of args) count(2 * sizeOf(arg)) // what is made may be a copy
    count(make ? COST.built : COST.object)
    push(make ? make(args) : new PyObject(callee, args))
  }
  const append = (items: readonly PyValue[]): void => {
    const target = top()
    if (Array.isArray(target)) for (const item of items) (target as PyValue[]).push(item)
    else if (target instanceof Set) for (const item of items) target.add(item)
    else if (target instanceof PyObject) {
      target.items ??= []
      for (const item of items) target.items.push(item)
    } else if (!(target instanceof PyBuilt)) fail('items are appended to something that has none')
  }
  const set = (items: readonly PyValue[]): void => {
    const target = top()
    if (items.length % 2 !== 0) fail('a key has no value')
    const entries = target instanceof PyObject ? (target.entries ??= new Map()) : target
    if (entries instanceof Map) for (let k = 0; k < items.length; k += 2) entries.set(items[k]!, items[k + 1]!)
    else if (!(target instanceof PyBuilt)) fail('entries are set on something that has none')
  }
  const persistent = (id: PyValue): void =>
    push(options.persistent ? options.persistent(id) : new PyObject(new PyGlobal('', 'persistent'), [id]))
  const text = (value: PyValue): string => (typeof value === 'string' ? value : fail('a name is no text'))

  for (let steps = 0; ; steps++) {
    if (steps > MOST_STEPS) throw new PickleProblem('the pickle takes more steps than any checkpoint does')
    const opcode = cursor.byte()
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.byte() > 5) fail('its protocol is newer than 5')
        break
      case 0x95: // FRAME
        cursor.uint64()
        break
      case 0x2e: // STOP
        return { value: pop(), end: cursor.at }
      case 0x28: // MARK
        count(1)
        marked.push(stack)
        stack = []
        break
      case 0x30: // POP
        if (stack.length > 0) stack.pop()
        else popMark()
        break
      case 0x31: // POP_MARK
        popMark()
        break
      case 0x32: // DUP
        push(top())
        break
      case 0x4e: // NONE
        push(null)
        break
      case 0x88: // NEWTRUE
        push(true)
        break
      case 0x89: // NEWFALSE
        push(false)
        break
      case 0x49: // INT
        push(cursor.textInt())
        break
      case 0x4c: // LONG
        push(cursor.textInt())
        break
      case 0x4a: // BININT
        push(cursor.int32())
        break
      case 0x4b: // BININT1
        push(cursor.byte())
        break
      case 0x4d: // BININT2
        push(cursor.uint16())
        break
      case 0x8a: // LONG1
        push(cursor.long(cursor.byte()))
        break
      case 0x8b: // LONG4
        push(cursor.long(cursor.int32()))
        break
      case 0x46: // FLOAT
        push(cursor.textFloat())
        break
      case 0x47: // BINFLOAT
        push(cursor.float64BigEndian())
        break
      case 0x53: // STRING
        push(cursor.quoted())
        break
      case 0x54: // BINSTRING
        push(cursor.latin1(cursor.int32()))
        break
      case 0x55: // SHORT_BINSTRING
        push(cursor.latin1(cursor.byte()))
        break
      case 0x56: // UNICODE
        push(cursor.escaped())
        break
      case 0x8c: // SHORT_BINUNICODE
        push(cursor.utf8(cursor.byte()))
        break
      case 0x58: // BINUNICODE
        push(cursor.utf8(cursor.uint32()))
        break
      case 0x8d: // BINUNICODE8
        push(cursor.utf8(cursor.uint64()))
        break
      case 0x43: // SHORT_BINBYTES
        push(cursor.bytes(cursor.byte()))
        break
      case 0x42: // BINBYTES
        push(cursor.bytes(cursor.uint32()))
        break
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        push(cursor.bytes(cursor.uint64()))
        break
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new PickleProblem('the pickle keeps its data in separate buffers, which it does not come with')
      case 0x5d: // EMPTY_LIST
        push([])
        break
      case 0x6c: // LIST
        push(popMark())
        break
      case 0x29: // EMPTY_TUPLE
        push(new PyTuple([]))
        break
      case 0x74: // TUPLE
        push(new PyTuple(popMark()))
        break
      case 0x85: // TUPLE1
        tuple(1)
        break
      case 0x86: // TUPLE2
        tuple(2)
        break
      case 0x87: // TUPLE3
        tuple(3)
        break
      case 0x7d: // EMPTY_DICT
        count(COST.map)
        push(new Map())
        break
      case 0x64: {
        // DICT
        const items = popMark()
        count(COST.map)
        push(new Map())
        set(items)
        break
      }
      case 0x8f: // EMPTY_SET
        count(COST.map)
        push(new Set())
        break
      case 0x91: // FROZENSET
        count(COST.map)
        push(new Set(popMark()))
        break
      case 0x61: {
        // APPEND
        const item = pop()
        append([item])
        break
      }
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        append(popMark())
        break
      case 0x73: {
        // SETITEM
        const value = pop()
        const key = pop()
        set([key, value])
        break
      }
      case 0x75: // SETITEMS
        set(popMark())
        break
      case 0x67: // GET
        recall(cursor.index())
        break
      case 0x68: // BINGET
        recall(cursor.byte())
        break
      case 0x6a: // LONG_BINGET
        recall(cursor.uint32())
        break
      case 0x70: // PUT
        remember(cursor.index())
        break
      case 0x71: // BINPUT
        remember(cursor.byte())
        break
      case 0x72: // LONG_BINPUT
        remember(cursor.uint32())
        break
      case 0x94: // MEMOIZE
        remember(memo.size)
        break
      case 0x63: {
        // GLOBAL
        const module = cursor.line()
        count(COST.object)
        push(new PyGlobal(module, cursor.line()))
        break
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = text(pop())
        count(COST.object)
        push(new PyGlobal(text(pop()), name))
        break
      }
      case 0x82: // EXT1
        push(new PyGlobal('copyreg', `extension ${cursor.byte()}`))
        break
      case 0x83: // EXT2
        push(new PyGlobal('copyreg', `extension ${cursor.uint16()}`))
        break
      case 0x84: // EXT4
        push(new PyGlobal('copyreg', `extension ${cursor.uint32()}`))
        break
      case 0x50: // PERSID
        persistent(cursor.line())
        break
      case 0x51: // BINPERSID
        persistent(pop())
        break
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = itemsOf(pop())
        call(pop(), args)
        break
      }
      case 0x92: {
        // NEWOBJ_EX: keyword arguments matter to nothing that is imitated
        pop()
        const args = itemsOf(pop())
        call(pop(), args)
        break
      }
      case 0x69: {
        // INST
        const module = cursor.line()
        const type = new PyGlobal(module, cursor.line())
        call(type, popMark())
        break
      }
      case 0x6f: {
        // OBJ
        const items = popMark()
        if (items.length === 0) fail('an object has no class')
        call(items[0]!, items.slice(1))
        break
      }
      case 0x62: {
        // BUILD
        const state = pop()
        const target = top()
        if (target instanceof PyObject) target.state = state
        else if (target instanceof PyBuilt) target.setState(state)
        break
      }
      default:
        fail(`0x${opcode.toString(16)} is no pickle instruction`)
    }
  }
}

function sizeOf(value: PyValue): number {
  if (value instanceof Map || value instanceof Set) return value.size
  if (value instanceof PyTuple) return value.items.length
  return Array.isArray(value) ? value.length : 0
}
