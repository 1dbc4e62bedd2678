import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSource } from '../../../src/sources/open.ts'
import type { Convolution, SourceModel } from '../../../src/sources/source.ts'
import { referenceWeights } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'
import { attribute, domain, graph, INT64, localFunction, model, node, raw, tensor, weight } from './model.ts'
import { concat, message, number, string } from './protobuf.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/onnx-computed')
/** Every weight as onnxruntime computes it: float32, base64, by the convolution's node. */
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<string, Record<string, string>>

async function read(file: Uint8Array, name = 'net.onnx'): Promise<SourceModel> {
  return (await openSource(memoryInput(name, file))).models[0]!
}

/** The largest difference, in units of the last place of the weight's largest value. */
async function difference({ weights, shape }: Convolution, base64: string): Promise<number> {
  const found = await referenceWeights(weights, shape)
  const bytes = Buffer.from(base64, 'base64')
  const right = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  assert.is(found.length, right.length)
  const unit = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * 2 ** -23
  return found.reduce((most, value, k) => Math.max(most, Math.abs(value - right[k]!) / unit), 0)
}

for (const [file, byNode] of Object.entries(expected)) {
  test(`${file}: every computed weight is onnxruntime's`, async () => {
    const { convolutions, skipped } = await read(new Uint8Array(readFileSync(join(fixtures, file))), file)
    assert.equal(
      skipped.map(({ name, reason }) => `${name}: ${reason}`),
      [],
    )
    assert.equal(convolutions.map(({ node, layer }) => node ?? layer).sort(), Object.keys(byNode).sort())
    for (const convolution of convolutions) {
      const off = await difference(convolution, byNode[convolution.node ?? convolution.layer]!)
      assert.ok(off <= 2, `${convolution.node}: ${off} units in the last place`)
    }
  })
}

// ---- what the files of exporters do not show

const SHAPE = [2, 3, 3, 3]
const int64 = (name: string, values: readonly number[]): Uint8Array =>
  tensor(name, [values.length], INT64, raw(BigInt64Array.from(values, BigInt) as unknown as Float64Array))
const conv = (input = 'w') => node('Conv', ['x', input], ['y'])

test('a computed weight bears the name of the stored tensor that it comes from, not of its mask', async () => {
  const file = model({
    nodes: [node('Mul', ['mask', 'weight_orig'], ['w']), conv()],
    initializers: [weight('mask', SHAPE), weight('weight_orig', SHAPE, 2)],
  })
  const { convolutions } = await read(file)
  assert.is(convolutions[0]!.layer, 'weight_orig')
})

test('a softmax along the last axis is computed, along another one it is named', async () => {
  const of = (axis: number) =>
    read(
      model({
        nodes: [node('Softmax', ['v'], ['w'], attribute.int('axis', axis)), conv()],
        initializers: [weight('v', SHAPE)],
      }),
    )
  const plain = await read(model({ nodes: [conv('v')], initializers: [weight('v', SHAPE)] }))
  const values = await referenceWeights(plain.convolutions[0]!.weights, SHAPE)
  for (const axis of [3, -1]) {
    const [found] = (await of(axis)).convolutions
    const weights = await referenceWeights(found!.weights, SHAPE)
    for (let row = 0; row < values.length; row += 3) {
      const powers = [...values.subarray(row, row + 3)].map((value) => Math.exp(value - values[row]!))
      const sum = powers.reduce((total, value) => total + value, 0)
      for (const [k, power] of powers.entries()) assert.ok(Math.abs(weights[row + k]! - power / sum) < 1e-6)
    }
  }
  assert.is((await of(1)).skipped[0]!.reason, 'computed in the graph by Softmax along axis 1 of 4')
})

test('through a local function, its attributes, and from the scope around a body', async () => {
  const scale = localFunction(
    'Scale',
    ['a', 'b'],
    ['c'],
    [node('Transpose', ['a'], ['t'], attribute.reference('perm', 'order')), node('Mul', ['t', 'b'], ['c'])],
  )
  const file = model(
    {
      nodes: [node('Scale', ['v', 's'], ['w'], domain('local'), attribute.ints('order', [3, 2, 0, 1])), conv()],
      initializers: [weight('v', [3, 3, 3, 2]), weight('s', [1])],
    },
    scale,
  )
  assert.equal(
    (await read(file)).convolutions.map(({ shape }) => shape),
    [SHAPE],
  )
  const body = graph({ inputs: [], nodes: [node('Add', ['v', 'v'], ['w']), conv()] })
  const inside = model({
    nodes: [node('If', ['x'], ['z'], attribute.graph('then_branch', body))],
    initializers: [weight('v', SHAPE)],
  })
  assert.is((await read(inside)).convolutions.length, 1)
})

const reasonFor = async (file: Uint8Array): Promise<string> => {
  const { convolutions, skipped } = await read(file)
  assert.equal(convolutions, [])
  return skipped[0]!.reason
}

test('a graph that doubles a weight over and over is computed once for each step', async () => {
  const nodes = Array.from({ length: 9000 }, (_, k) => node('Mul', [`w${k}`, `w${k}`], [`w${k + 1}`]))
  const { convolutions } = await read(model({ nodes: [...nodes, conv('w9000')], initializers: [weight('w0', SHAPE)] }))
  assert.is(convolutions.length, 1)
  const longer = Array.from({ length: 11_000 }, (_, k) => node('Mul', [`w${k}`, `w${k}`], [`w${k + 1}`]))
  const reason = await reasonFor(model({ nodes: [...longer, conv('w11000')], initializers: [weight('w0', SHAPE)] }))
  assert.is(reason, 'computed in the graph by more than 10000 operators')
})

test('what would not fit in memory, or take hours, is skipped before it is computed', async () => {
  const wide = (size: number) => int64('s', [size, 3, 3, 3])
  const expanded = [node('Expand', ['v', 's'], ['w']), conv()]
  assert.match(
    await reasonFor(model({ nodes: expanded, initializers: [weight('v', [1]), wide(1e9)] })),
    /^computed from a tensor of 1000000000×3×3×3, more than is computed with$/,
  )
  assert.match(
    await reasonFor(model({ nodes: expanded, initializers: [weight('v', [1]), wide(4_000_000)] })),
    /more is computed than its file could hold$/,
  )
  const product = [
    node('Expand', ['v', 'a'], ['l']),
    node('MatMul', ['l', 'l'], ['m']),
    node('Slice', ['m', 'zero', 'two'], ['n']),
    node('Slice', ['n', 'zero', 'many', 'one'], ['o']),
    node('Reshape', ['o', 's'], ['w']),
  ]
  const lists = [
    int64('a', [4096, 4096]),
    int64('zero', [0]),
    int64('two', [2]),
    int64('one', [1]),
    int64('many', [27]),
    int64('s', SHAPE),
  ]
  assert.match(
    await reasonFor(model({ nodes: [...product, conv()], initializers: [weight('v', [1]), ...lists] })),
    /^computed in the graph in \d+ steps, more than are taken$/,
  )
})

test('weights in a file beside the model count towards what may be computed', async () => {
  // 64 weights of 2^20 elements and one more, of one stored weight: too many for a small file, few for 4 MiB beside it.
  const names = Array.from({ length: 65 }, (_, k) => `w${k}`)
  const outside = concat([
    ...[1024, 1024, 1, 1].map((size) => number(1, size)),
    number(2, 1),
    string(8, 'v'),
    message(13, [string(1, 'key'), string(2, 'x')]),
    message(13, [string(1, 'location'), string(2, 'net.data')]),
    number(14, 1),
  ])
  const file = model({
    nodes: names.flatMap((name, k) => [node('Neg', ['v'], [name]), node('Conv', [k === 0 ? 'x' : `y${k - 1}`, name], [`y${k}`])]),
    initializers: [outside],
  })
  const source = await openSource(memoryInput('net.onnx', file, { 'net.data': new Uint8Array(1 << 22) }))
  assert.is(source.models[0]!.convolutions.length, 65)
  const small = model({
    nodes: names.flatMap((name, k) => [
      node('Expand', ['v', 's'], [name]),
      node('Conv', [k === 0 ? 'x' : `y${k - 1}`, name], [`y${k}`]),
    ]),
    initializers: [weight('v', [1]), int64('s', [1024, 1024, 1, 1])],
  })
  const { convolutions, skipped } = await read(small)
  assert.equal([convolutions.length, skipped.length], [64, 1])
})

test('shapes that do not fit, a division by 0 and a Gather beyond its tensor are reasons, not faults', async () => {
  const two = (operator: string, a: Uint8Array, b: Uint8Array, ...rest: Uint8Array[]) =>
    model({ nodes: [node(operator, ['a', 'b'], ['w'], ...rest), conv()], initializers: [a, b] })
  assert.is(
    await reasonFor(two('Mul', weight('a', SHAPE), weight('b', [2, 2, 1, 1]))),
    'computed from shapes that do not fit (2×3×3×3, 2×2×1×1)',
  )
  assert.is(await reasonFor(two('Add', weight('a', SHAPE), int64('b', [1]))), 'computed from float32 and int64 at a time')
  assert.is(
    await reasonFor(two('Concat', weight('a', SHAPE), weight('b', [2]))),
    'computed by a Concat of shapes that do not fit',
  )
  const divided = model({
    nodes: [node('Div', ['a', 'b'], ['s']), node('Reshape', ['v', 's'], ['w']), conv()],
    initializers: [weight('v', SHAPE), int64('a', SHAPE), int64('b', [0])],
  })
  assert.is(await reasonFor(divided), 'its weight goes through a Reshape whose shape is not constant or does not fit')
  const beyond = await read(two('Gather', weight('a', [4, 3, 3, 3]), int64('b', [1, 7])))
  const [{ weights }] = beyond.convolutions as [Convolution]
  try {
    await weights.access.read(0, 4)
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'net.onnx: the weight a is computed by a Gather beyond its tensor; it cannot be measured')
  }
})

test('numbers of a computed weight are the same from whatever place they are read', async () => {
  const file = model({ nodes: [node('Sub', ['v', 'm'], ['w']), conv()], initializers: [weight('v', SHAPE), weight('m', [1], 3)] })
  const [{ weights }] = (await read(file)).convolutions as [Convolution]
  const whole = await weights.access.read(0, 216)
  const into = new Uint8Array(16)
  assert.equal(await weights.access.read(100, 12, into), whole.subarray(100, 112))
  assert.is(weights.access.byteLength, 216)
})

test.run()
