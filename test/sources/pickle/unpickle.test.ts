import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinConstructors } from '../../../src/sources/pickle/builtins.ts'
import { PickleCut } from '../../../src/sources/pickle/cursor.ts'
import { NumpyArray, numpyConstructors } from '../../../src/sources/pickle/numpy.ts'
import { unpickle } from '../../../src/sources/pickle/unpickle.ts'
import { PickleProblem, PyGlobal, PyObject, PyTuple, type PyValue } from '../../../src/sources/pickle/values.ts'
import { processorTime } from '../../helpers/processor-time.ts'

const known = new Map([...builtinConstructors, ...numpyConstructors])
const pickles = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/pickle/pickles.json'), 'utf8')) as Record<
  string,
  string
>
const load = (bytes: Uint8Array): PyValue => unpickle(bytes, { known }).value
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** A value as plain data that assert.equal can compare. */
function shown(value: PyValue, within: readonly PyValue[] = []): unknown {
  if (within.includes(value)) return 'loop'
  const inner = [...within, value]
  const all = (items: Iterable<PyValue>) => Array.from(items, (item) => shown(item, inner))
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return all(value)
  if (value instanceof PyTuple) return { tuple: all(value.items) }
  if (value instanceof Set) return { set: all(value) }
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [shown(key, inner), shown(item, inner)]) }
  if (value instanceof PyGlobal) return { global: value.path }
  if (value instanceof PyObject)
    return { object: value.typeName, args: all(value.args), state: value.state === undefined ? null : shown(value.state, inner) }
  if (value instanceof NumpyArray) {
    const { shape, type, fortran, bytes, objects } = value
    const base = { shape, type: `${type.bigEndian ? '>' : ''}${type.kind}${type.itemSize}`, fortran }
    return objects ? { ...base, objects: all(objects) } : { ...base, bytes: [...bytes] }
  }
  return value
}

const map = (...entries: [string, unknown][]) => ({ map: entries })
const floats = (type: 'f4' | 'f8', values: number[]) => [
  ...new Uint8Array((type === 'f4' ? Float32Array.from(values) : Float64Array.from(values)).buffer),
]
const expected: Record<string, unknown> = {
  numbers: [
    0,
    -1,
    255,
    256,
    65535,
    65536,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53 - 1,
    '9007199254740992n',
    `-${2n ** 63n}n`,
  ].concat([`${2n ** 100n}n`, `-${2n ** 100n}n`, 0.5, '-0', 1e300] as never[]),
  special: ['Infinity', '-Infinity', 'NaN', true, false, null],
  strings: ['', 'ascii', 'ümläut', '日本語', '𝄞 clef', 'line\nfeed \\u0041 \'quoted\' "twice"', 'x'.repeat(300)],
  bytes: [
    { bytes: [] },
    { bytes: [0, 255, 10] },
    { bytes: Array.from({ length: 512 }, (_, k) => k % 256) },
    { bytes: [...bytesOf('array')] },
  ],
  containers: [
    { tuple: [] },
    { tuple: [1] },
    { tuple: [1, 2] },
    { tuple: [1, 2, 3] },
    { tuple: [1, 2, 3, 4] },
    [],
    map(),
    map(['k', { tuple: [1, [2]] }]),
    { set: [1, 2] },
    { set: [3] },
    map(['__proto__', 1], ['constructor', 2]),
  ],
  shared: [
    [1, 2],
    [1, 2],
  ],
  loop: [0, 'loop'],
  collections: [map(['a', 1], ['b', 2]), map(['x', [1]]), map(['a', 2], ['b', 1])],
  complex: { tuple: [1, 2] },
  objects: [{ object: 'argparse.Namespace', args: [], state: map(['lr', 0.1], ['steps', [1, 2]]) }],
  arrays: [
    { shape: [2, 3], type: 'f4', fortran: false, bytes: floats('f4', [0, 1, 2, 3, 4, 5]) },
    { shape: [2, 3], type: 'f8', fortran: true, bytes: floats('f8', [0, 3, 1, 4, 2, 5]) },
    { shape: [3], type: '>i4', fortran: false, bytes: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2] },
    { shape: [2], type: 'b1', fortran: false, bytes: [1, 0] },
    { shape: [2, 2], type: 'O8', fortran: false, objects: ['a', null, 1.5, { tuple: [1, 2] }] },
    // The list is row-major although the array is not.
    { shape: [2, 2], type: 'O8', fortran: true, objects: ['a', 1.5, null, { tuple: [1, 2] }] },
    0.25,
    -7,
    true,
  ],
}

for (const [protocol, text] of Object.entries(pickles)) {
  test(`protocol ${protocol} gives the values that Python pickled`, () => {
    const bytes = Buffer.from(text, 'base64')
    const { value, end } = unpickle(bytes, { known })
    assert.is(end, bytes.length)
    assert.instance(value, Map)
    const all = value as Map<PyValue, PyValue>
    for (const [key, wanted] of Object.entries(expected)) assert.equal(shown(all.get(key)!), wanted, key)
    const shared = all.get('shared') as PyValue[]
    assert.is(shared[0], shared[1])
    const classes = (all.get('classes') as PyGlobal[]).map((one) => one.path)
    assert.equal(classes, [Number(protocol) < 3 ? '__builtin__.dict' : 'builtins.dict', 'argparse.Namespace', 'numpy.float32'])
    if (Number(protocol) >= 2)
      assert.equal(shown(all.get('slotted')!), {
        object: 'somewhere.else.Slotted',
        args: [],
        state: { tuple: [null, map(['a', 1], ['b', [2]])] },
      })
  })
}

test('instructions of Python 2 and rare ones', () => {
  assert.equal(load(bytesOf("S'a\\n\\x41\\101'\n.")), 'a\nAA')
  assert.equal(load(bytesOf('U\x03a\xff\x00.')), 'a\xff\0')
  assert.equal(load(bytesOf('T\x02\0\0\0hi.')), 'hi')
  assert.equal(load(bytesOf('I01\n.')), true)
  assert.equal(load(bytesOf('L-12L\n.')), -12)
  assert.equal(load(bytesOf('(I1\nI2\nl.')), [1, 2])
  assert.equal(load(bytesOf('\x8a\x01\xff.')), -1)
  assert.equal(load(bytesOf('\x8a\0.')), 0)
  assert.equal(shown(load(bytesOf('(imodule\nName\n.'))), { object: 'module.Name', args: [], state: null })
  assert.equal(shown(load(bytesOf('(cmodule\nName\nI5\no.'))), { object: 'module.Name', args: [5], state: null })
  assert.equal(shown(load(bytesOf('\x82\x07.'))), { global: 'copyreg.extension 7' })
  assert.equal(shown(load(bytesOf('Pid\n.'))), { object: 'persistent', args: ['id'], state: null })
})

test('whatever a pickle asks to call stays inert', () => {
  const attack = bytesOf("cos\nsystem\n(S'touch /tmp/x'\ntR.")
  assert.equal(shown(load(attack)), { object: 'os.system', args: ['touch /tmp/x'], state: null })
  const nested = bytesOf("c__builtin__\neval\n(S'1'\ntRcbuiltins\ngetattr\n(tR\x86.")
  assert.equal(shown(load(nested)), {
    tuple: [
      { object: '__builtin__.eval', args: ['1'], state: null },
      { object: 'builtins.getattr', args: [], state: null },
    ],
  })
  // A class named like a member of JavaScript's objects is a name like any other.
  assert.equal(shown(load(bytesOf('c__proto__\nconstructor\n)R.'))), { object: '__proto__.constructor', args: [], state: null })
})

const refused: [what: string, bytes: string, problem: RegExp][] = [
  ['nothing', '', /cut short/],
  ['no STOP', 'N', /cut short/],
  ['an unknown instruction', '\xfe.', /damaged at byte 1: 0xfe is no pickle instruction/],
  ['a newer protocol', '\x80\x06N.', /protocol is newer than 5/],
  ['a text shorter than it says', 'X\xff\xff\xff\x7fab.', /cut short/],
  ['a length beyond any file', '\x8d\xff\xff\xff\xff\xff\xff\xff\xff.', /cut short/],
  ['a negative length', 'T\xff\xff\xff\xff.', /a length is negative/],
  ['an integer of a gigabyte', '\x8b\0\0\0\x40.', /an integer of 1073741824 bytes/],
  ['a memo that was never set', 'h\x05.', /memo 5 was never set/],
  ['a pop from nothing', 'N00.', /a mark is missing/],
  ['a tuple of too few', 'N\x86.', /the stack is too short/],
  ['a key without a value', '}(Nu.', /a key has no value/],
  ['separate buffers', '\x97.', /separate buffers/],
  ['a word for a number', 'Iabc\n.', /an integer is expected/],
]
for (const [what, bytes, problem] of refused)
  test(`refused: ${what}`, () => {
    try {
      load(bytesOf(bytes))
    } catch (error) {
      assert.instance(error, PickleProblem)
      assert.match((error as PickleProblem).message, problem)
      assert.is(error instanceof PickleCut, problem.source === 'cut short')
      return
    }
    assert.unreachable()
  })

const bombs: [what: string, bytes: () => Uint8Array][] = [
  ['twenty million memo entries', () => new Uint8Array(2e7).fill(0x94, 1).fill(0x4e, 0, 1)],
  ['twenty million dicts', () => new Uint8Array(2e7).fill(0x7d)],
  ['twenty million marks', () => new Uint8Array(2e7).fill(0x28)],
  ['lists in lists', () => Uint8Array.from({ length: 3e7 }, (_, k) => (k < 1.5e7 ? 0x5d : 0x61))],
  [
    'one dict copied again and again',
    () => {
      const fill = Array.from({ length: 5000 }, (_, k) => `I${k}\nN`).join('')
      return bytesOf(`cbuiltins\ndict\nq\0}(${fill}uq\x01${'h\0h\x01\x85R'.repeat(100_000)}`)
    },
  ],
]
for (const [what, make] of bombs)
  test(`a bomb costs little: ${what}`, () => {
    const bytes = make()
    const [time, memory] = [processorTime(), process.memoryUsage().rss]
    assert.throws(
      () => load(bytes),
      (error: unknown) => error instanceof PickleProblem,
    )
    assert.ok(processorTime() - time < 20_000, `${processorTime() - time} ms`)
    assert.ok(process.memoryUsage().rss - memory < 1e9, `${process.memoryUsage().rss - memory} bytes`)
  })

test.run()
