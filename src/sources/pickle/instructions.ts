import type { PickleMachine } from './machine.ts'
import { PickleProblem, PyTuple, type PyValue } from './values.ts'

/** Does one instruction; its opcode has been read, its operands have not. */
type Instruction = (machine: PickleMachine) => void

/** Ends a pickle: the value on the stack is what it holds. */
export const STOP = 0x2e

const separateBuffer: Instruction = () => {
  throw new PickleProblem('the pickle keeps its data in separate buffers, which it does not come with')
}

const nameOf = (machine: PickleMachine, value: PyValue): string =>
  typeof value === 'string' ? value : machine.cursor.fail('a name is no text')

/** Opcodes, names and meanings as in Python's pickletools (protocols 0 to 5). */
const described: readonly [opcode: number, name: string, run: Instruction][] = [
  // The frame and the stack
  [0x80, 'PROTO', ({ cursor }) => cursor.byte() > 5 && cursor.fail('its protocol is newer than 5')],
  [0x95, 'FRAME', ({ cursor }) => void cursor.uint64()],
  [0x28, 'MARK', ({ stack }) => stack.mark()],
  [0x30, 'POP', ({ stack }) => stack.drop()],
  [0x31, 'POP_MARK', ({ stack }) => void stack.popMark()],
  [0x32, 'DUP', ({ stack }) => stack.push(stack.top())],

  // None, booleans and numbers
  [0x4e, 'NONE', ({ stack }) => stack.push(null)],
  [0x88, 'NEWTRUE', ({ stack }) => stack.push(true)],
  [0x89, 'NEWFALSE', ({ stack }) => stack.push(false)],
  [0x49, 'INT', ({ stack, cursor }) => stack.push(cursor.textInt())],
  [0x4c, 'LONG', ({ stack, cursor }) => stack.push(cursor.textInt())],
  [0x4a, 'BININT', ({ stack, cursor }) => stack.push(cursor.int32())],
  [0x4b, 'BININT1', ({ stack, cursor }) => stack.push(cursor.byte())],
  [0x4d, 'BININT2', ({ stack, cursor }) => stack.push(cursor.uint16())],
  [0x8a, 'LONG1', ({ stack, cursor }) => stack.push(cursor.long(cursor.byte()))],
  [0x8b, 'LONG4', ({ stack, cursor }) => stack.push(cursor.long(cursor.int32()))],
  [0x46, 'FLOAT', ({ stack, cursor }) => stack.push(cursor.textFloat())],
  [0x47, 'BINFLOAT', ({ stack, cursor }) => stack.push(cursor.float64BigEndian())],

  // Text and bytes
  [0x53, 'STRING', ({ stack, cursor }) => stack.push(cursor.quoted())],
  [0x54, 'BINSTRING', (machine) => machine.pushBytes(machine.cursor.int32(), true)],
  [0x55, 'SHORT_BINSTRING', ({ stack, cursor }) => stack.push(cursor.latin1(cursor.byte()))],
  [0x56, 'UNICODE', ({ stack, cursor }) => stack.push(cursor.escaped())],
  [0x8c, 'SHORT_BINUNICODE', ({ stack, cursor }) => stack.push(cursor.utf8(cursor.byte()))],
  [0x58, 'BINUNICODE', ({ stack, cursor }) => stack.push(cursor.utf8(cursor.uint32()))],
  [0x8d, 'BINUNICODE8', ({ stack, cursor }) => stack.push(cursor.utf8(cursor.uint64()))],
  [0x43, 'SHORT_BINBYTES', ({ stack, cursor }) => stack.push(cursor.bytes(cursor.byte()))],
  [0x42, 'BINBYTES', (machine) => machine.pushBytes(machine.cursor.uint32())],
  [0x8e, 'BINBYTES8', (machine) => machine.pushBytes(machine.cursor.uint64())],
  [0x96, 'BYTEARRAY8', (machine) => machine.pushBytes(machine.cursor.uint64())],
  [0x97, 'NEXT_BUFFER', separateBuffer],
  [0x98, 'READONLY_BUFFER', separateBuffer],

  // Lists, tuples, dicts and sets
  [0x5d, 'EMPTY_LIST', ({ stack }) => stack.push([])],
  [0x6c, 'LIST', ({ stack }) => stack.push(stack.popMark())],
  [0x29, 'EMPTY_TUPLE', ({ stack }) => stack.push(new PyTuple([]))],
  [0x74, 'TUPLE', ({ stack }) => stack.push(new PyTuple(stack.popMark()))],
  [0x85, 'TUPLE1', ({ stack }) => stack.push(new PyTuple(stack.popLast(1)))],
  [0x86, 'TUPLE2', ({ stack }) => stack.push(new PyTuple(stack.popLast(2)))],
  [0x87, 'TUPLE3', ({ stack }) => stack.push(new PyTuple(stack.popLast(3)))],
  [0x7d, 'EMPTY_DICT', (machine) => machine.pushMap()],
  [
    0x64,
    'DICT',
    (machine) => {
      const items = machine.stack.popMark()
      machine.pushMap()
      machine.setEntries(items)
    },
  ],
  [0x8f, 'EMPTY_SET', (machine) => machine.pushSet([])],
  [0x91, 'FROZENSET', (machine) => machine.pushSet(machine.stack.popMark())],
  [0x61, 'APPEND', (machine) => machine.append([machine.stack.pop()])],
  [0x65, 'APPENDS', (machine) => machine.append(machine.stack.popMark())],
  [0x90, 'ADDITEMS', (machine) => machine.append(machine.stack.popMark())],
  [
    0x73,
    'SETITEM',
    (machine) => {
      const value = machine.stack.pop()
      machine.setEntries([machine.stack.pop(), value])
    },
  ],
  [0x75, 'SETITEMS', (machine) => machine.setEntries(machine.stack.popMark())],

  // The memo
  [0x67, 'GET', (machine) => machine.recall(machine.cursor.index())],
  [0x68, 'BINGET', (machine) => machine.recall(machine.cursor.byte())],
  [0x6a, 'LONG_BINGET', (machine) => machine.recall(machine.cursor.uint32())],
  [0x70, 'PUT', (machine) => machine.remember(machine.cursor.index())],
  [0x71, 'BINPUT', (machine) => machine.remember(machine.cursor.byte())],
  [0x72, 'LONG_BINPUT', (machine) => machine.remember(machine.cursor.uint32())],
  [0x94, 'MEMOIZE', (machine) => machine.remember(machine.memo.size)],

  // Names, and what would be made by calling them
  [
    0x63,
    'GLOBAL',
    (machine) => {
      const module = machine.cursor.line()
      machine.pushGlobal(module, machine.cursor.line())
    },
  ],
  [
    0x93,
    'STACK_GLOBAL',
    (machine) => {
      const name = nameOf(machine, machine.stack.pop())
      machine.pushGlobal(nameOf(machine, machine.stack.pop()), name)
    },
  ],
  [0x82, 'EXT1', (machine) => machine.pushExtension(machine.cursor.byte())],
  [0x83, 'EXT2', (machine) => machine.pushExtension(machine.cursor.uint16())],
  [0x84, 'EXT4', (machine) => machine.pushExtension(machine.cursor.uint32())],
  [0x50, 'PERSID', (machine) => machine.pushPersistent(machine.cursor.line())],
  [0x51, 'BINPERSID', (machine) => machine.pushPersistent(machine.stack.pop())],
  [0x52, 'REDUCE', (machine) => machine.callWithTuple()],
  [0x81, 'NEWOBJ', (machine) => machine.callWithTuple()],
  [
    0x92,
    'NEWOBJ_EX',
    (machine) => {
      machine.stack.pop() // keyword arguments matter to nothing that is imitated
      machine.callWithTuple()
    },
  ],
  [
    0x69,
    'INST',
    (machine) => {
      const module = machine.cursor.line()
      const type = machine.global(module, machine.cursor.line())
      machine.call(type, machine.stack.popMark())
    },
  ],
  [
    0x6f,
    'OBJ',
    (machine) => {
      const [type, ...args] = machine.stack.popMark()
      machine.call(type === undefined ? machine.cursor.fail('an object has no class') : type, args)
    },
  ],
  [0x62, 'BUILD', (machine) => machine.build()],
]

/** Names by opcode. */
export const instructionNames: ReadonlyMap<number, string> = new Map([
  [STOP, 'STOP'],
  ...described.map(([opcode, name]) => [opcode, name] as const),
])

/** By opcode; undefined where there is no such instruction. STOP is the machine's own. */
export const instructions: readonly (Instruction | undefined)[] = Array.from(
  { length: 256 },
  (_, opcode) => described.find(([code]) => code === opcode)?.[2],
)
