import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openSource } from '../../../src/sources/open.ts'
import { duplicateKey } from '../../../src/sources/safetensors/json-keys.ts'
import { referenceWeights } from '../helpers/reference-weights.ts'
import { counted, memoryInput, text } from '../inputs.ts'
import { float32, type Tensor, withHeader, writeSafetensors } from './write.ts'

async function refused(bytes: Uint8Array, beside?: Record<string, Uint8Array>, path = 'm.safetensors'): Promise<string> {
  try {
    await openSource(memoryInput(path, bytes, beside))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}

const numbers = (tensor: Tensor): number[] => [...new Float32Array(tensor.bytes.buffer)]

test('one file: convolutions in the order of their bytes, the rest counted', async () => {
  const conv1 = float32(4, 3, 3, 3)
  const conv2 = float32(2, 4, 1, 1)
  const bytes = writeSafetensors(
    { 'conv1.weight': conv1, 'bn.weight': float32(4), 'conv2.weight': conv2, 'c.weight': float32(2, 2, 3) },
    { format: 'pt' },
  )
  const input = memoryInput('nets/net.safetensors', bytes)
  const access = counted(input.access)
  const source = await openSource({ ...input, access })
  const [model] = source.models
  assert.is(model!.name, 'net')
  assert.is(model!.producer, 'PyTorch')
  assert.is(model!.tensors, 4)
  assert.equal(
    model!.convolutions.map(({ layer, depth, conv_depth_norm, shape }) => [layer, depth, conv_depth_norm, shape]),
    [
      ['conv1.weight', 0, 0, [4, 3, 3, 3]],
      ['conv2.weight', 1, 1, [2, 4, 1, 1]],
    ],
  )
  assert.equal(model!.skipped, [{ name: 'c.weight', kind: 'Conv', shape: [2, 2, 3], reason: '1-D convolution' }])
  assert.equal([...(await referenceWeights(model!.convolutions[0]!.weights, [4, 3, 3, 3]))], numbers(conv1))
  assert.equal([...(await referenceWeights(model!.convolutions[1]!.weights, [2, 4, 1, 1]))], numbers(conv2))
  await source.close()
  assert.is(access.closed, 1)
})

test('half, bfloat16, double; types without weights are named', async () => {
  const tensor = (dtype: string, values: ArrayBufferView): Tensor => ({
    dtype,
    shape: [1, 1, 2, 2],
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  })
  const source = await openSource(
    memoryInput(
      'm.safetensors',
      writeSafetensors({
        'a.weight': tensor('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff)),
        'b.weight': tensor('BF16', Uint16Array.of(0x3f80, 0xc000, 0x3e80, 0)),
        'c.weight': tensor('F64', Float64Array.of(1, -2, 0.25, 0.1)),
        'd.weight': tensor('F8_E4M3', Uint8Array.of(1, 2, 3, 4)),
        'e.weight': tensor('I8', Int8Array.of(1, 2, 3, 4)),
        'f.weight': { dtype: 'F77_NEW', shape: [1, 1, 2, 2], bytes: new Uint8Array(3) },
        'g.weight': { dtype: 'constructor', shape: [1, 1, 2, 2], bytes: new Uint8Array(3) },
      }),
    ),
  )
  const { convolutions, skipped } = source.models[0]!
  const values = await Promise.all(convolutions.map(async (c) => [...(await referenceWeights(c.weights, c.shape))]))
  assert.equal(values, [
    [1, -2, 2 ** -24, 65504],
    [1, -2, 0.25, 0],
    [1, -2, 0.25, Math.fround(0.1)],
    [1 / 512, 2 / 512, 3 / 512, 4 / 512],
  ])
  assert.equal(
    skipped.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'e.weight: stored as I8, which is not read as weights',
      'f.weight: stored as F77_NEW, which is not read as weights',
      'g.weight: stored as constructor, which is not read as weights',
    ],
  )
})

test('kernels of TensorFlow, Flax and MLX are turned', async () => {
  const stored = float32(3, 3, 2, 4)
  for (const [format, name, shape, strides] of [
    ['tf', 'net/conv/kernel:0', [4, 2, 3, 3], [1, 4, 24, 8]],
    ['flax', 'net.conv.kernel', [4, 2, 3, 3], [1, 4, 24, 8]],
    ['flax', 'net.dw.depthwise_kernel', [8, 1, 3, 3], [1, 1, 24, 8]],
    ['mlx', 'net.conv.weight', [3, 4, 3, 2], [24, 1, 8, 4]],
    ['pt', 'net.kernel', [3, 3, 2, 4], undefined],
  ] as const) {
    const source = await openSource(memoryInput('m.safetensors', writeSafetensors({ [name]: stored }, { format })))
    const [convolution] = source.models[0]!.convolutions
    assert.equal(convolution!.shape, shape, `${format} ${name}`)
    assert.equal(convolution!.weights.strides, strides)
  }
})

/** The same tensor with other values: equal ones would be one weight. */
function other(tensor: Tensor): Tensor {
  const values = new Float32Array(tensor.bytes.slice().buffer).map((value) => value * value - 3)
  return { ...tensor, bytes: new Uint8Array(values.buffer) }
}

test('shards: read through their index; each is sorted for itself, so names tell the order', async () => {
  const one = writeSafetensors({ 'z.weight': other(float32(2, 2, 3, 3)), 'a.bias': float32(2) })
  const two = writeSafetensors({ 'a.weight': float32(2, 2, 3, 3) })
  const index = text(
    JSON.stringify({
      metadata: { total_size: 1 },
      weight_map: {
        'a.weight': 'm-00002-of-00002.safetensors',
        'a.bias': 'm-00001-of-00002.safetensors',
        'z.weight': 'm-00001-of-00002.safetensors',
      },
    }),
  )
  const beside = { 'm-00001-of-00002.safetensors': one, 'm-00002-of-00002.safetensors': two }
  const source = await openSource(memoryInput('nets/m.safetensors.index.json', index, beside))
  const [model] = source.models
  assert.is(model!.name, 'm')
  assert.is(model!.parts.length, 2)
  assert.is(model!.tensors, 3)
  assert.equal(
    model!.convolutions.map(({ layer, depth }) => [layer, depth]),
    [
      ['a.weight', 0],
      ['z.weight', 1],
    ],
  )
  assert.is(model!.depth_source, 'names')
  await source.close()

  const name = 'm.safetensors.index.json'
  assert.is(
    await refused(index, { 'm-00001-of-00002.safetensors': one }, name),
    `${name}: names the shard m-00002-of-00002.safetensors, which is not beside it; put it there, or give its whole folder`,
  )
  assert.match(
    await refused(index, { ...beside, 'm-00002-of-00002.safetensors': one }, name),
    /lists the tensor a\.weight in m-00002-of-00002/,
  )
  const withMore = writeSafetensors({ 'a.weight': float32(2, 2, 3, 3), 'b.weight': float32(1) })
  assert.match(
    await refused(index, { ...beside, 'm-00002-of-00002.safetensors': withMore }, name),
    /holds the tensor b\.weight, which .* does not list/,
  )
  for (const path of ['../m.safetensors', '/etc/m.safetensors', 'C:\\m.safetensors', 'a/../../m.safetensors'])
    assert.match(await refused(text(JSON.stringify({ weight_map: { a: path } })), {}, name), /such a path is refused/)
  assert.match(await refused(text('{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}'), {}, name), /names a twice/)
  assert.match(await refused(text('{"weight_map":{"a":"x.safetensors",'), {}, name), /no valid JSON/)
})

const entry = (shape: string, begin: number, end: number, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`

for (const [name, bytes, says] of [
  [
    'a header longer than the file',
    withHeader(`{"a":${entry('1', 0, 4)}}`).slice(0, 20),
    /^m\.safetensors: is cut short: it ends at byte 20, inside its header, which runs to byte/,
  ],
  [
    'a file cut inside a tensor',
    withHeader(`{"a":${entry('2', 0, 8)},"b":${entry('2', 8, 16)}}`, new Uint8Array(9)),
    /is cut short: .*inside tensor "b"/,
  ],
  [
    'bytes behind the last tensor',
    withHeader(`{"a":${entry('1', 0, 4)}}`, new Uint8Array(6)),
    /2 bytes that belong to no tensor/,
  ],
  ['a gap', withHeader(`{"a":${entry('1', 0, 4)},"b":${entry('1', 8, 12)}}`, new Uint8Array(12)), /tensor "b" begins at byte/],
  [
    'an overlap',
    withHeader(`{"a":${entry('2', 0, 8)},"b":${entry('2', 4, 12)}}`, new Uint8Array(12)),
    /tensor "b" begins at byte/,
  ],
  [
    'two names for one range',
    withHeader(`{"a":${entry('2', 0, 8)},"b":${entry('2', 0, 8)}}`, new Uint8Array(8)),
    /tensor "b" begins at byte/,
  ],
  [
    'a shape that does not fit',
    withHeader(`{"a":${entry('3', 0, 8)}}`, new Uint8Array(8)),
    /tensor "a" has 8 bytes, but 3 F32 needs 12/,
  ],
  [
    'a repeated key',
    withHeader(`{"a":${entry('2', 0, 8)},"a":${entry('1', 0, 4)}}`, new Uint8Array(4)),
    /its header names "a" twice/,
  ],
  ['offsets backwards', withHeader(`{"a":${entry('0', 8, 4)}}`, new Uint8Array(8)), /ends at 4 before it begins at 8/],
  ['a negative size', withHeader(`{"a":${entry('-1', 0, 4)}}`, new Uint8Array(4)), /tensor "a" has no shape/],
  ['a size beyond all bounds', withHeader(`{"a":${entry('1e300,1e300', 0, 4)}}`, new Uint8Array(4)), /tensor "a" has no shape/],
  ['no offsets', withHeader('{"a":{"dtype":"F32","shape":[1]}}', new Uint8Array(4)), /has no data_offsets/],
  ['no JSON', withHeader('{"a":', new Uint8Array(4)), /is no JSON/],
  ['no UTF-8', Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xff, 0x7d), /no UTF-8/],
  [
    'a header over 100 MB',
    Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0, 0x7b, 0x22, 0x22),
    /claims 268435456 bytes, more than the 100000000/,
  ],
] as const) {
  test(`refuses ${name}`, async () => assert.match(await refused(bytes), says))
}

test('an empty model and an empty tensor are fine', async () => {
  for (const bytes of [withHeader('{}'), withHeader(`{"a":${entry('0,3', 0, 0)}}      `)]) {
    const source = await openSource(memoryInput('m.safetensors', bytes))
    assert.equal(source.models[0]!.convolutions, [])
  }
})

test('repeated keys are found at any depth, strings with braces do not confuse', () => {
  assert.is(duplicateKey('{"a":{"b":1},"c":["{\\"a\\":1",{"b":2}]}'), undefined)
  assert.is(duplicateKey('{"a":[{"x":1,"y":{"z":0,"\\u007a":1}}]}'), 'z')
  assert.is(duplicateKey('{"__proto__":1,"__proto__":2}'), '__proto__')
  assert.is(duplicateKey('["a","a",{"a":"a"}]'), undefined)
})

test.run()
