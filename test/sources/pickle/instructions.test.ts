import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { instructionNames, instructions } from '../../../src/sources/pickle/instructions.ts'
import { PickleMachine } from '../../../src/sources/pickle/machine.ts'
import { PickleProblem, PyObject, PyTuple, type PyValue } from '../../../src/sources/pickle/values.ts'

// pickletools.opcodes of Python 3.13: '%02x %s' of each
const pickletools = `
49 INT 4a BININT 4b BININT1 4d BININT2 4c LONG 8a LONG1 8b LONG4 53 STRING 54 BINSTRING 55 SHORT_BINSTRING 42 BINBYTES
43 SHORT_BINBYTES 8e BINBYTES8 96 BYTEARRAY8 97 NEXT_BUFFER 98 READONLY_BUFFER 4e NONE 88 NEWTRUE 89 NEWFALSE 56 UNICODE
8c SHORT_BINUNICODE 58 BINUNICODE 8d BINUNICODE8 46 FLOAT 47 BINFLOAT 5d EMPTY_LIST 61 APPEND 65 APPENDS 6c LIST 29 EMPTY_TUPLE
74 TUPLE 85 TUPLE1 86 TUPLE2 87 TUPLE3 7d EMPTY_DICT 64 DICT 73 SETITEM 75 SETITEMS 8f EMPTY_SET 90 ADDITEMS 91 FROZENSET 30 POP
32 DUP 28 MARK 31 POP_MARK 67 GET 68 BINGET 6a LONG_BINGET 70 PUT 71 BINPUT 72 LONG_BINPUT 94 MEMOIZE 82 EXT1 83 EXT2 84 EXT4
63 GLOBAL 93 STACK_GLOBAL 52 REDUCE 62 BUILD 69 INST 6f OBJ 81 NEWOBJ 92 NEWOBJ_EX 80 PROTO 2e STOP 95 FRAME 50 PERSID 51 BINPERSID`

test('every instruction of Python is known under its opcode, once, and no other', () => {
  const words = pickletools.trim().split(/\s+/)
  const theirs = new Map<number, string>()
  for (let k = 0; k < words.length; k += 2) theirs.set(Number.parseInt(words[k]!, 16), words[k + 1]!)
  assert.is(theirs.size, 68)
  const sorted = (names: ReadonlyMap<number, string>) => [...names].sort(([a], [b]) => a - b)
  assert.equal(sorted(instructionNames), sorted(theirs))
  assert.is(instructions.filter((run) => run !== undefined).length, 67, 'all but STOP, which the loop itself knows')
})

/** A machine with `values` on its stack and `operands` to read, after one instruction. */
function after(name: string, values: readonly PyValue[], operands: readonly number[] = []): PickleMachine {
  const machine = new PickleMachine(Uint8Array.from(operands), { known: new Map() })
  for (const value of values) machine.stack.push(value)
  const opcode = [...instructionNames].find(([, its]) => its === name)![0]
  instructions[opcode]!(machine)
  return machine
}

test('one instruction works on the stack alone', () => {
  assert.equal(after('BININT2', [], [1, 2]).stack.pop(), 513)
  assert.equal((after('TUPLE2', [1, 2, 3]).stack.pop() as PyTuple).items, [2, 3])
  assert.equal(after('SETITEM', [new Map(), 'key', 7]).stack.pop(), new Map([['key', 7]]))
  assert.equal(after('APPEND', [[1], 2]).stack.pop(), [1, 2])
})

test('keyword arguments are dropped, the tuple below them is what an object is made from', () => {
  const made = after('NEWOBJ_EX', ['a class', new PyTuple([5]), new Map()]).stack.pop() as PyObject
  assert.instance(made, PyObject)
  assert.equal([made.type, ...made.args], ['a class', 5])
})

test('what is wrong is said with its byte', () => {
  const wrong = (name: string, values: readonly PyValue[], message: RegExp) =>
    assert.throws(
      () => after(name, values),
      (error: unknown) => error instanceof PickleProblem && message.test(error.message),
    )
  wrong('REDUCE', ['a function', 3], /byte 0: arguments are no tuple/)
  wrong('STACK_GLOBAL', [1, 2], /byte 0: a name is no text/)
  wrong('APPENDS', [[]], /byte 0: a mark is missing/)
})

test.run()
