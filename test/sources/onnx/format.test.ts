import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source, SourceModel } from '../../../src/sources/source.ts'
import { processorTime } from '../../helpers/processor-time.ts'
import { referenceWeights } from '../helpers/reference-weights.ts'
import { counted, memoryInput } from '../inputs.ts'
import {
  attribute,
  BFLOAT16,
  DOUBLE,
  domain,
  FLOAT,
  FLOAT16,
  graph,
  INT8,
  INT32,
  INT64,
  localFunction,
  model,
  node,
  raw,
  tensor,
  UINT8,
  values,
  weight,
} from './model.ts'
import { type Bytes, bytes, concat, double, float, floats, message, number, packed, string, varint } from './protobuf.ts'

const SHAPE = [2, 3, 3, 3]
const WEIGHTS = values(SHAPE)

function open(file: Bytes, beside: Record<string, Bytes> = {}): Promise<Source> {
  return openSource(memoryInput('net.onnx', file, beside))
}

async function read(file: Bytes, beside: Record<string, Bytes> = {}): Promise<SourceModel> {
  return (await open(file, beside)).models[0]!
}

async function refused(file: Bytes, beside: Record<string, Bytes> = {}): Promise<string> {
  try {
    await open(file, beside)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}

/** A model of one convolution whose weight is `name`. */
const oneConv = (initializers: Bytes[], before: Bytes[] = [], name = 'w', ...rest: Bytes[]) =>
  model({ nodes: [...before, node('Conv', ['x', name], ['y'])], initializers }, ...rest)

async function weightsOf(file: Bytes, beside?: Record<string, Bytes>): Promise<Float32Array> {
  const { convolutions, skipped } = await read(file, beside)
  assert.equal(skipped, [])
  assert.is(convolutions.length, 1)
  return referenceWeights(convolutions[0]!.weights, convolutions[0]!.shape)
}

async function reasonFor(file: Bytes): Promise<string> {
  const { convolutions, skipped } = await read(file)
  assert.equal(convolutions, [])
  assert.is(skipped.length, 1)
  return skipped[0]!.reason
}

test('producer, operator set, name, counts', async () => {
  const file = oneConv([weight('w', SHAPE), weight('b', [2])])
  const input = memoryInput('deep/net.v2.onnx', file)
  const access = counted(input.access)
  const source = await openSource({ ...input, access })
  const { name, format, producer, opset, tensors } = source.models[0]!
  assert.equal(
    { name, format, producer, opset, tensors },
    { name: 'net.v2', format: 'ONNX', producer: 'test 1.0', opset: 13, tensors: 2 },
  )
  await source.close()
  assert.is(access.closed, 1)
})

// ---- where the numbers of a tensor are stored

const half = Uint16Array.from({ length: 54 }, (_, k) => 0x3000 + k * 7)
const bfloat = Uint16Array.from({ length: 54 }, (_, k) => 0x3f00 + k)
const fromBfloat = Float32Array.from(bfloat, (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!)
const fromHalf = Float32Array.from(half, (bits) => 2 ** ((bits >> 10) - 15) * (1 + (bits & 1023) / 1024))
const whole = Int8Array.from({ length: 54 }, (_, k) => k * 5 - 128)

const stored: [name: string, value: Bytes, expected: Float32Array][] = [
  ['raw data', tensor('w', SHAPE, FLOAT, raw(WEIGHTS)), WEIGHTS],
  ['packed float_data', tensor('w', SHAPE, FLOAT, floats(4, [...WEIGHTS])), WEIGHTS],
  ['unpacked float_data', tensor('w', SHAPE, FLOAT, ...[...WEIGHTS].map((value) => float(4, value))), WEIGHTS],
  [
    'float_data in pieces of both kinds',
    tensor(
      'w',
      SHAPE,
      FLOAT,
      floats(4, [...WEIGHTS.slice(0, 20)]),
      ...[...WEIGHTS.slice(20, 31)].map((value) => float(4, value)),
      floats(4, [...WEIGHTS.slice(31)]),
    ),
    WEIGHTS,
  ],
  [
    'raw doubles',
    tensor('w', SHAPE, DOUBLE, raw(Float64Array.from(WEIGHTS, (value) => value / 3))),
    Float32Array.from(WEIGHTS, (value) => value / 3),
  ],
  ['packed double_data', tensor('w', SHAPE, DOUBLE, bytes(10, new Uint8Array(Float64Array.from(WEIGHTS).buffer))), WEIGHTS],
  ['unpacked double_data', tensor('w', SHAPE, DOUBLE, ...[...WEIGHTS].map((value) => double(10, value))), WEIGHTS],
  ['raw half', tensor('w', SHAPE, FLOAT16, raw(half)), fromHalf],
  ['half in int32_data', tensor('w', SHAPE, FLOAT16, packed(5, [...half])), fromHalf],
  ['raw bfloat16', tensor('w', SHAPE, BFLOAT16, raw(bfloat)), fromBfloat],
  ['bfloat16 in int32_data, unpacked', tensor('w', SHAPE, BFLOAT16, ...[...bfloat].map((value) => number(5, value))), fromBfloat],
  ['fields in another order', concat([raw(WEIGHTS), string(8, 'w'), number(2, FLOAT), packed(1, SHAPE)]), WEIGHTS],
]
for (const [name, value, expected] of stored) {
  test(`reads ${name}`, async () => assert.equal(await weightsOf(oneConv([value])), expected))
}

test('many varints are read from any place on', async () => {
  const shape = [64, 8, 3, 3]
  const bits = Uint16Array.from({ length: 64 * 72 }, (_, k) => (k * 7919) & 0x7bff)
  const { convolutions } = await read(
    oneConv([tensor('w', shape, FLOAT16, packed(5, [...bits.slice(0, 3000)]), packed(5, [...bits.slice(3000)]))]),
  )
  const { access } = convolutions[0]!.weights
  assert.is(access.byteLength, bits.length * 2)
  const all = new Uint8Array(bits.buffer)
  for (const [offset, length] of [
    [0, 9216],
    [1, 3],
    [2047, 4],
    [5999, 3],
    [6001, 2500],
    [9215, 1],
    [9216, 0],
  ] as const)
    assert.equal(await access.read(offset, length), all.slice(offset, offset + length), `${length} bytes from ${offset}`)
})

test('reads a Constant node, its list of floats too, under the name of its output', async () => {
  const constant = node('Constant', [], ['w'], attribute.tensor('value', tensor('other name', SHAPE, FLOAT, raw(WEIGHTS))))
  assert.equal(await weightsOf(oneConv([], [constant])), WEIGHTS)
  const list = node('Constant', [], ['f'], message(5, [string(1, 'value_floats'), floats(7, [...WEIGHTS]), number(20, 6)]))
  const shape = node('Constant', [], ['s'], attribute.ints('value_ints', SHAPE))
  const file = oneConv([], [list, shape, node('Reshape', ['f', 's'], ['w'])])
  assert.equal(await weightsOf(file), WEIGHTS)
  assert.is((await read(file)).convolutions[0]!.layer, 'f')
})

// ---- external data

const outside = (fields: Record<string, string>) =>
  concat([
    ...SHAPE.map((size) => number(1, size)),
    number(2, FLOAT),
    string(8, 'w'),
    ...Object.entries(fields).map(([key, value]) => message(13, [string(1, key), string(2, value)])),
    number(14, 1),
  ])

test('reads external data, and tells the file as a part', async () => {
  const data = concat([new Uint8Array(64), new Uint8Array(WEIGHTS.buffer), new Uint8Array(5)])
  const file = oneConv([outside({ location: 'net.data', offset: '64', length: '216' })])
  assert.equal(await weightsOf(file, { 'net.data': data }), WEIGHTS)
  assert.equal(
    (await read(file, { 'net.data': data })).parts.map((part) => part.name),
    ['net.data'],
  )
  assert.equal(await weightsOf(oneConv([outside({ location: './sub/w' })]), { 'sub/w': new Uint8Array(WEIGHTS.buffer) }), WEIGHTS)
})

test('external data that is missing, too short, or elsewhere is refused', async () => {
  const at = (fields: Record<string, string>) => oneConv([outside(fields)])
  assert.is(
    await refused(at({ location: 'net.data' })),
    'net.onnx: keeps weights in the file net.data, which is not beside it; put it there, or give its whole folder',
  )
  assert.is(
    await refused(at({ location: 'net.data', offset: '8' }), { 'net.data': new Uint8Array(216) }),
    'net.data: ends at byte 216, but initializer w lies at bytes 8 to 224; get the file again',
  )
  assert.match(
    await refused(at({ location: 'net.data', length: '8' }), { 'net.data': new Uint8Array(216) }),
    /holds 8 bytes in net\.data, but its shape 2×3×3×3 needs 216/,
  )
  assert.match(await refused(at({ location: 'net.data', offset: '-8' })), /offset or length that is no number/)
  assert.match(await refused(at({})), /lies in another file, but none is named/)
  for (const location of ['../net.data', '/etc/passwd', 'a/../../b', 'C:\\x', 'a\\b', 'a\0b', ''])
    assert.match(await refused(at({ location })), /such a path is refused$/, location)
})

// ---- what lies between a tensor and the convolution

const turned = new Float32Array(54)
for (let o = 0; o < 2; o++)
  for (let i = 0; i < 3; i++)
    for (let r = 0; r < 3; r++)
      for (let c = 0; c < 3; c++) turned[((r * 3 + c) * 3 + i) * 2 + o] = WEIGHTS[((o * 3 + i) * 3 + r) * 3 + c]!

const int64 = (name: string, list: number[]) =>
  tensor(name, [list.length], INT64, raw(BigInt64Array.from(list, BigInt) as unknown as Float64Array))
const scalar = (name: string, value: number) => tensor(name, [], FLOAT, raw(Float32Array.of(value)))
const list = (name: string, ...of: number[]) => tensor(name, [of.length], FLOAT, raw(Float32Array.from(of)))

const behind: [name: string, file: Bytes][] = [
  ['Identity', oneConv([weight('v', SHAPE)], [node('Identity', ['v'], ['w'])])],
  ['Cast to a wider type', oneConv([weight('v', SHAPE)], [node('Cast', ['v'], ['w'], attribute.int('to', DOUBLE))])],
  [
    'Transpose',
    oneConv(
      [tensor('v', [3, 3, 3, 2], FLOAT, raw(turned))],
      [node('Transpose', ['v'], ['w'], attribute.ints('perm', [3, 2, 0, 1]))],
    ),
  ],
  ['two Transposes', oneConv([weight('v', SHAPE)], [node('Transpose', ['v'], ['u']), node('Transpose', ['u'], ['w'])])],
  ['Reshape with 0 and -1', oneConv([weight('v', [2, 27]), int64('s', [0, -1, 3, 3])], [node('Reshape', ['v', 's'], ['w'])])],
  [
    'Unsqueeze and Squeeze',
    oneConv(
      [weight('v', [1, 2, 3, 3, 3]), int64('s', [0]), int64('a', [-1])],
      [node('Unsqueeze', ['v', 'a'], ['u']), node('Squeeze', ['u', 'a'], ['t']), node('Squeeze', ['t', 's'], ['w'])],
    ),
  ],
  [
    'a chain, with nodes in the wrong order',
    oneConv([weight('v', SHAPE)], [node('Identity', ['t'], ['w']), node('Identity', ['v'], ['t'])]),
  ],
]
for (const [name, file] of behind) {
  test(`reads through ${name}`, async () => {
    assert.equal(await weightsOf(file), WEIGHTS)
    assert.is((await read(file)).convolutions[0]!.layer, 'v')
  })
}

test('a Cast that rounds is read through with a warning', async () => {
  const source = await open(oneConv([weight('v', SHAPE)], [node('Cast', ['v'], ['w'], attribute.int('to', FLOAT16))]))
  assert.is(source.models[0]!.convolutions.length, 1)
  assert.equal(source.warnings, ['1 weights (v …) are rounded by a Cast when the model runs; they are measured as stored'])
})

const scales = [0.5, 0.25]
const perChannel = Float32Array.from(whole, (value, k) => (value - (k < 27 ? 3 : -1)) * scales[k < 27 ? 0 : 1]!)
const perTensor = Float32Array.from(whole, (value) => (value - 3) * 0.5)
const int8 = (name: string, of: number[]) => tensor(name, of.length === 1 ? [] : [of.length], INT8, raw(Int8Array.from(of)))

test('reads DequantizeLinear, per tensor and per channel', async () => {
  const v = tensor('v', SHAPE, INT8, raw(whole))
  const one = oneConv([v, scalar('s', 0.5), int8('z', [3])], [node('DequantizeLinear', ['v', 's', 'z'], ['w'])])
  assert.equal(await weightsOf(one), perTensor)
  const many = oneConv(
    [v, list('s', ...scales), int8('z', [3, -1])],
    [node('DequantizeLinear', ['v', 's', 'z'], ['w'], attribute.int('axis', 0))],
  )
  assert.equal(await weightsOf(many), perChannel)
  const noZero = oneConv([v, list('s', ...scales)], [node('DequantizeLinear', ['v', 's'], ['w'], attribute.int('axis', -4))])
  assert.equal(
    await weightsOf(noZero),
    Float32Array.from(whole, (value, k) => value * scales[k < 27 ? 0 : 1]!),
  )
  const turnedQ = oneConv(
    [tensor('v', [3, 2, 3, 3], INT8, raw(whole)), list('s', ...scales)],
    [node('DequantizeLinear', ['v', 's'], ['u']), node('Transpose', ['u'], ['w'], attribute.ints('perm', [1, 0, 2, 3]))],
  )
  const { convolutions } = await read(turnedQ)
  assert.equal(convolutions[0]!.shape, SHAPE)
  assert.equal(convolutions[0]!.weights.strides, [9, 18, 3, 1])
  assert.equal(convolutions[0]!.weights.dequantise!.scale, Float64Array.from(scales))
})

test('reads QuantizeLinear and DequantizeLinear of a constant: the weights that the model computes with', async () => {
  const v = tensor('v', SHAPE, FLOAT, raw(WEIGHTS))
  const file = oneConv(
    [v, list('s', 0.01, 0.004), int8('z', [0, 0])],
    [
      node('QuantizeLinear', ['v', 's', 'z'], ['q'], attribute.int('axis', 0)),
      node('DequantizeLinear', ['q', 's', 'z'], ['w'], attribute.int('axis', 0)),
    ],
  )
  const scale = [Math.fround(0.01), Math.fround(0.004)]
  const even = (value: number) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))
  const expected = Float32Array.from(WEIGHTS, (value, k) => {
    const s = scale[k < 27 ? 0 : 1]!
    return Math.min(127, Math.max(-128, even(Math.fround(value / s)))) * s
  })
  assert.equal(await weightsOf(file), expected)
  const unsigned = oneConv(
    [v, scalar('s', 0.5), tensor('z', [], UINT8, raw(Uint8Array.of(4)))],
    [node('QuantizeLinear', ['v', 's', 'z'], ['q']), node('DequantizeLinear', ['q', 's', 'z'], ['w'])],
  )
  assert.equal(
    await weightsOf(unsigned),
    Float32Array.from(WEIGHTS, (value) => (Math.min(255, Math.max(0, even(value / 0.5) + 4)) - 4) * 0.5),
  )
})

test('reads QLinearConv and ConvInteger', async () => {
  const initializers = [
    tensor('w', SHAPE, INT8, raw(whole)),
    list('ws', ...scales),
    int8('wz', [3, -1]),
    scalar('s', 1),
    int8('z', [0]),
  ]
  const linear = model({ nodes: [node('QLinearConv', ['x', 's', 'z', 'w', 'ws', 'wz', 's', 'z'], ['y'])], initializers })
  assert.equal(await weightsOf(linear), perChannel)
  const integer = model({ nodes: [node('ConvInteger', ['x', 'w', 'z', 'wz'], ['y'])], initializers })
  assert.equal(
    await weightsOf(integer),
    Float32Array.from(whole, (value, k) => value - (k < 27 ? 3 : -1)),
  )
  const source = await openSource(memoryInput('m.onnx', integer))
  assert.match(source.warnings.join(), /^the weight w is whole numbers without a scale of their own \(ConvInteger\)/)
})

// ---- what is not measured, and why

const skippedCases: [name: string, file: Bytes, reason: string][] = [
  ['1-D', oneConv([weight('w', [2, 3, 3])]), '1-D convolution'],
  ['3-D', oneConv([weight('w', [2, 1, 3, 3, 3])]), '3-D convolution'],
  [
    'transposed',
    model({ nodes: [node('ConvTranspose', ['x', 'w'], ['y'])], initializers: [weight('w', SHAPE)] }),
    'transposed convolution',
  ],
  [
    'deformable',
    model({ nodes: [node('DeformConv', ['x', 'w', 'o'], ['y'])], initializers: [weight('w', SHAPE)] }),
    'deformable convolution',
  ],
  [
    'another domain',
    model({ nodes: [node('Conv', ['x', 'w'], ['y'], domain('my.ops'))], initializers: [weight('w', SHAPE)] }),
    'operator of my.ops that is not known',
  ],
  [
    'a blocked layout',
    model({ nodes: [node('Conv', ['x', 'w'], ['y'], domain('com.microsoft.nchwc'))], initializers: [weight('w', SHAPE)] }),
    'weights in the blocked order of one machine; use the model before it was optimised',
  ],
  [
    'a weight from the input',
    model({ inputs: ['x', 'w'], nodes: [node('Conv', ['x', 'w'], ['y'])] }),
    'its weight is an input of the model',
  ],
  [
    'a weight that an operator computes which is not imitated',
    oneConv([weight('v', SHAPE)], [node('Resize', ['v'], ['u']), node('Mul', ['v', 'u'], ['w'])]),
    'its weight is computed in the graph by Resize',
  ],
  [
    'a weight that depends on the input',
    oneConv([weight('v', SHAPE)], [node('Mul', ['v', 'x'], ['u']), node('Neg', ['u'], ['w'])]),
    'its weight is computed in the graph by Mul from an input',
  ],
  ['a weight that is nowhere', oneConv([]), 'its weight w is nowhere in the file'],
  ['no weight', model({ nodes: [node('Conv', ['x'], ['y'])] }), 'no weight is given'],
  ['an empty weight', oneConv([tensor('w', [0, 3, 3, 3], FLOAT)]), 'empty weight'],
  ['no values', oneConv([tensor('w', SHAPE, FLOAT)]), 'its values are not in the file'],
  ['whole numbers without a scale', oneConv([tensor('w', SHAPE, INT8, raw(whole))]), 'stored as int8 without a scale'],
  ['complex numbers', oneConv([tensor('w', SHAPE, 14, raw(new Float32Array(108)))]), 'stored as complex64'],
  ['4-bit numbers', oneConv([tensor('w', SHAPE, 22, raw(new Uint8Array(27)))]), 'stored as int4 without a scale'],
  ['a type that is not known', oneConv([tensor('w', SHAPE, 99, raw(whole))]), 'unknown data type 99'],
  [
    'a sparse tensor',
    model({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      rest: [message(15, [bytes(1, tensor('w', [1], FLOAT)), packed(3, SHAPE)])],
    }),
    'stored as a sparse tensor',
  ],
  [
    'a scale that is not constant',
    oneConv([tensor('v', SHAPE, INT8, raw(whole))], [node('DequantizeLinear', ['v', 'x'], ['w'])]),
    'quantised with a scale that is not constant',
  ],
  [
    'too few scales',
    oneConv([tensor('v', SHAPE, INT8, raw(whole)), list('s', 1, 2)], [node('DequantizeLinear', ['v', 's'], ['w'])]),
    'quantised with scales whose number does not fit its shape',
  ],
  [
    'blocks',
    oneConv(
      [tensor('v', SHAPE, INT8, raw(whole)), scalar('s', 1)],
      [node('DequantizeLinear', ['v', 's'], ['w'], attribute.int('block_size', 3))],
    ),
    'quantised in blocks',
  ],
  [
    'a Reshape to a computed shape',
    oneConv([weight('v', [54])], [node('Reshape', ['v', 'x'], ['w'])]),
    'its weight goes through a Reshape whose shape is not constant or does not fit',
  ],
  [
    'a Cast to whole numbers',
    oneConv([weight('v', SHAPE)], [node('Cast', ['v'], ['w'], attribute.int('to', INT32))]),
    'stored as int32 without a scale',
  ],
  [
    'no way from an input',
    model({
      inputs: [],
      nodes: [node('Conv', ['c', 'w'], ['y'])],
      initializers: [weight('w', SHAPE), weight('c', [1, 3, 8, 8])],
    }),
    'no path leads to it from a model input',
  ],
]
for (const [name, file, reason] of skippedCases) test(`skips ${name}`, async () => assert.is(await reasonFor(file), reason))

test('a skipped convolution of four dimensions counts among the depths, others do not', async () => {
  const { convolutions, skipped } = await read(
    model({
      nodes: [
        node('Conv', ['x', 'a'], ['p']),
        node('Conv', ['p', 'b'], ['q']),
        node('ConvTranspose', ['q', 'a'], ['r']),
        node('Conv', ['r', 'a'], ['y']),
      ],
      initializers: [weight('a', SHAPE), tensor('b', SHAPE, 14, raw(new Float32Array(108)))],
    }),
  )
  assert.is(skipped.length, 2)
  assert.equal(
    convolutions.map(({ depth, conv_depth, conv_depth_norm }) => [depth, conv_depth, conv_depth_norm]),
    [
      [0, 0, 0],
      [3, 2, 1],
    ],
  )
})

// ---- attributes

test('groups, strides, dilations, pads and bias', async () => {
  const { convolutions } = await read(
    model({
      nodes: [
        node(
          'Conv',
          ['x', 'w', 'b'],
          ['p'],
          attribute.int('group', 2),
          attribute.ints('strides', [2, 3]),
          attribute.ints('dilations', [1, 2]),
          attribute.ints('pads', [1, 2, 3, 4]),
        ),
        node('Conv', ['p', 'w'], ['q'], attribute.text('auto_pad', 'SAME_UPPER')),
        node('Conv', ['q', 'w', 'p'], ['y']),
      ],
      initializers: [weight('w', SHAPE), weight('b', [2])],
    }),
  )
  assert.is(convolutions[0]!.groups, 2)
  assert.equal(convolutions[0]!.placement, { strides: [2, 3], dilations: [1, 2], pads: [1, 2, 3, 4] })
  assert.equal(await referenceWeights(convolutions[0]!.bias!, [2, 1, 1, 1]), values([2]))
  assert.is(convolutions[1]!.placement!.pads, 'same_upper')
  assert.equal(convolutions[2]!.placement, { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] })
  assert.is(convolutions[2]!.bias, undefined)
})

// ---- graphs inside graphs, functions

test('convolutions in the bodies of If and Loop are found; they lie no higher than the node that holds them', async () => {
  const body = (name: string) =>
    graph({
      inputs: [],
      nodes: [node('Conv', ['r', 'w'], ['i']), node('Conv', ['i', name], ['o'])],
      initializers: [weight(name, SHAPE)],
    })
  const { convolutions, skipped } = await read(
    model({
      nodes: [
        node('Relu', ['x'], ['r']),
        node('If', ['r'], ['t'], attribute.graph('then_branch', body('v')), attribute.graph('else_branch', body('u'))),
        node('Conv', ['t', 'w'], ['y']),
      ],
      initializers: [weight('w', SHAPE)],
    }),
  )
  assert.equal(skipped, [])
  assert.equal(
    convolutions.map(({ layer, depth }) => [layer, depth]),
    [
      ['w', 1],
      ['w', 1],
      ['v', 2],
      ['u', 2],
      ['w', 2],
    ],
  )
})

test("local functions are unfolded where they are called, with the caller's weights and attributes", async () => {
  const block = localFunction(
    'block',
    ['in', 'weight'],
    ['out'],
    [
      node('Conv', ['in', 'weight'], ['t'], attribute.reference('group', 'g')),
      node('Relu', ['t'], ['u']),
      node('Conv', ['u', 'weight'], ['out']),
    ],
  )
  const { convolutions } = await read(
    model(
      {
        nodes: [
          node('block', ['x', 'a'], ['p'], domain('local'), message(5, [string(1, 'g'), number(3, 2), number(20, 2)])),
          node('block', ['p', 'b'], ['y'], domain('local')),
        ],
        initializers: [weight('a', SHAPE), weight('b', SHAPE)],
      },
      block,
    ),
  )
  assert.equal(
    convolutions.map(({ layer, depth, groups }) => [layer, depth, groups]),
    [
      ['a', 0, 2],
      ['a', 2, 1],
      ['b', 3, 1],
      ['b', 5, 1],
    ],
  )
})

test('functions that call themselves or unfold without end are refused', async () => {
  const self = model(
    { nodes: [node('f', ['x'], ['y'], domain('local'))] },
    localFunction('f', ['a'], ['b'], [node('f', ['a'], ['b'], domain('local'))]),
  )
  assert.match(await refused(self), /its function f calls itself/)
  const doubling = Array.from({ length: 40 }, (_, k) =>
    localFunction(
      `f${k}`,
      ['a'],
      ['b'],
      k === 39 ? [] : [node(`f${k + 1}`, ['a'], ['c'], domain('local')), node(`f${k + 1}`, ['a'], ['b'], domain('local'))],
    ),
  )
  const started = processorTime()
  assert.match(await refused(model({ nodes: [node('f0', ['x'], ['y'], domain('local'))] }, ...doubling)), /unfolds to more than/)
  assert.ok(processorTime() - started < 20_000)
})

test('a graph that runs in a circle is refused, near a node of the circle', async () => {
  const circle = model({ nodes: [node('Relu', ['x'], ['r']), node('Add', ['r', 'b'], ['a']), node('Relu', ['a'], ['b'])] })
  assert.is(await refused(circle), 'net.onnx: its graph runs in a circle, near node Add_a; it is no valid model')
})

test('a graph of 100,000 nodes in reverse order has its depths, without recursion', async () => {
  const nodes = Array.from({ length: 100_000 }, (_, k) => node('Relu', [k === 0 ? 'x' : `v${k - 1}`], [`v${k}`]))
  const { convolutions } = await read(
    model({ nodes: [node('Conv', ['v99999', 'w'], ['y']), ...nodes.reverse()], initializers: [weight('w', SHAPE)] }),
  )
  assert.is(convolutions[0]!.depth, 100_000)
})

test('many nodes that read and write the same value cost no more than their number', async () => {
  const nodes = Array.from({ length: 30_000 }, (_, k) =>
    k % 2 ? node('Relu', ['x'], ['same']) : node('Relu', ['same'], [`v${k}`]),
  )
  assert.equal((await read(model({ nodes }))).convolutions, [])
})

// ---- damage

test('a file that ends early says where', async () => {
  const file = oneConv([weight('w', [64, 3, 3, 3])])
  assert.is(
    await refused(file.slice(0, 3000)),
    'net.onnx: is cut short: it ends at byte 3000, inside the graph, initializer w; get the file again',
  )
})

test('a payload that does not fit its shape is refused', async () => {
  assert.is(
    await refused(oneConv([tensor('w', SHAPE, FLOAT, raw(WEIGHTS.slice(1)))])),
    'net.onnx: initializer w holds 212 bytes, but its shape 2×3×3×3 needs 216 bytes (float32); get the file again',
  )
  assert.match(await refused(oneConv([tensor('w', SHAPE, FLOAT, floats(4, [1, 2]))])), /holds 2 numbers/)
  assert.match(await refused(oneConv([tensor('w', SHAPE, FLOAT16, packed(5, [1, 2]))])), /holds 2 numbers/)
  assert.match(await refused(oneConv([tensor('w', [2, -3, 3, 3], FLOAT, raw(WEIGHTS))])), /has the shape 2×-3×3×3/)
  assert.match(await refused(oneConv([tensor('w', [2 ** 30, 2 ** 30, 3, 3], FLOAT, raw(WEIGHTS))])), /more than any file holds/)
})

test('graphs nested without end are refused', async () => {
  let inner = graph({})
  for (let k = 0; k < 40; k++) inner = graph({ nodes: [node('If', ['x'], ['y'], attribute.graph('then_branch', inner))] })
  assert.match(await refused(concat([number(1, 8), bytes(7, inner)])), /graphs inside graphs, more than 32 deep/)
})

test('a length beyond its message and a number without end are refused', async () => {
  const head = concat([number(1, 8), message(8, [number(2, 13)])])
  assert.match(
    await refused(concat([head, bytes(7, concat([varint(5 * 8 + 2), varint(1000)])), new Uint8Array(2000)])),
    /is damaged at byte \d+, inside the graph: a part of 1000 bytes/,
  )
  assert.match(
    await refused(concat([head, bytes(7, concat([varint(5 * 8 + 2), new Uint8Array(12).fill(0xff)]))])),
    /more than ten bytes/,
  )
  assert.match(
    await refused(
      concat([head, bytes(7, concat([bytes(1, concat([varint(3 * 8 + 2), varint(70_000), new Uint8Array(70_000)]))]))]),
    ),
    /a name of 70000 bytes/,
  )
})

test('an ONNX file without a graph is refused', async () => {
  assert.is(
    await refused(concat([number(1, 8), message(8, [number(2, 13)])])),
    'net.onnx: is an ONNX file without a graph; export the model again',
  )
})

test('payloads are passed over: a model of 40 MB costs some windows', async () => {
  const file = oneConv([
    weight('w', SHAPE),
    ...Array.from({ length: 4 }, (_, k) => tensor(`big${k}`, [2_500_000], FLOAT, bytes(9, new Uint8Array(10_000_000)))),
  ])
  const input = memoryInput('net.onnx', file)
  const access = counted(input.access)
  await openSource({ ...input, access })
  assert.ok(access.bytes < 200_000, `${access.bytes} bytes`)
})

test.run()
