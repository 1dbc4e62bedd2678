import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { type Folder, type Input, memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { tfjs } from '../../../src/sources/tfjs/format.ts'
import { problem } from '../../helpers/problem.ts'
import { referenceWeights, weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/tfjs/', import.meta.url))

interface Golden {
  convolutions: number
  layers: {
    name: string
    shape_oihw: number[]
    depth: number
    conv_depth: number
    conv_depth_norm: number
    n: number
    sha256_f32_oihw: string
  }[]
}

async function sameAsGolden(source: Source, name: string): Promise<void> {
  const golden: Golden = JSON.parse(readFileSync(`${fixtures}${name}.golden.json`, 'utf8'))
  const { convolutions } = source.models[0]!
  assert.is(convolutions.length, golden.convolutions)
  const threes = convolutions.filter(({ shape }) => shape[2] === 3 && shape[3] === 3)
  const ours = await Promise.all(
    threes.map(async (layer) => ({
      name: layer.layer,
      shape_oihw: [...layer.shape],
      depth: layer.depth,
      conv_depth: layer.conv_depth,
      conv_depth_norm: layer.conv_depth_norm,
      n: layer.shape[0] * layer.shape[1],
      sha256_f32_oihw: await weightsHash(layer),
    })),
  )
  assert.equal(ours, golden.layers)
}

async function openFixture(path: string): Promise<Source> {
  const file = fixtures + path
  return openSource({ path, access: await openFile(file), folder: diskFolder(file.slice(0, file.lastIndexOf('/'))) })
}

/** An input of files in memory; the first is the one that is opened. */
function inMemory(files: Record<string, string | Uint8Array>): Input {
  const access = (name: string) => {
    const content = files[name]!
    return memoryAccess(name, typeof content === 'string' ? new TextEncoder().encode(content) : content)
  }
  const first = Object.keys(files)[0]!
  const folder: Folder = { open: async (path) => (Object.hasOwn(files, path) ? access(path) : undefined) }
  return { path: first, access: access(first), folder }
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer)
const counting = (n: number, from = 0): Uint8Array => floats(...Array.from({ length: n }, (_, k) => from + k))

test('a layers model equals its golden layers, with names, placement and bias from the topology', async () => {
  const source = await openFixture('upscalerjs/model.json')
  await sameAsGolden(source, 'upscalerjs')
  const model = source.models[0]!
  assert.is(model.producer, 'keras v2.10.0, TensorFlow.js Converter v1.2.6')
  assert.is(model.tensors, 24)
  assert.equal(model.skipped, [])
  assert.equal(source.warnings, [])
  const first = model.convolutions[0]!
  assert.is(first.node, 'F_m1')
  assert.equal(first.placement, { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' })
  assert.is((await first.bias!.access.read(first.bias!.offset, 256)).length, 256)
  assert.ok(first.weights.access.origin, 'workers must be able to open the shard')
  await source.close()
})

test('a manifest that lists heads before the layer that takes the image is in no order: names tell it', async () => {
  const kernels: [string, number, number][] = [
    ['head/box', 16, 4],
    ['conv_2/filters', 8, 16],
    ['conv_0/filters', 3, 8],
    ['conv_10/filters', 16, 16],
  ]
  const weights = kernels.map(([name, inputs, out]) => ({ name, shape: [3, 3, inputs, out], dtype: 'float32' }))
  const bytes = new Uint8Array(4 * 9 * kernels.reduce((sum, [, inputs, out]) => sum + inputs * out, 0))
  const files = { 'm.json': JSON.stringify([{ weights, paths: ['w.bin'] }]), 'w.bin': bytes }
  const source = await openSource(inMemory(files))
  assert.equal(
    source.models[0]!.convolutions.map(({ layer, conv_depth }) => [layer, conv_depth]),
    [
      ['conv_0/filters', 0],
      ['conv_2/filters', 1],
      ['conv_10/filters', 2],
      ['head/box', 3],
    ],
  )
  assert.is(source.models[0]!.depth_source, 'names')
  assert.match(source.warnings.join(), /its order is not the one in which the network runs/)
  await source.close()
  const right = JSON.stringify([{ weights: [weights[2], weights[0], weights[1]], paths: ['w.bin'] }])
  const listed = await openSource(inMemory({ ...files, 'm.json': right, 'w.bin': bytes.subarray(0, 4 * 9 * (24 + 64 + 128)) }))
  assert.is(listed.models[0]!.depth_source, 'order')
  await listed.close()
})

test('a weight manifest alone equals its golden layers, dequantised, depthwise kernels as (C·M, 1, rows, columns)', async () => {
  const source = await openFixture('face-api/face_landmark_68_tiny_model-weights_manifest.json')
  await sameAsGolden(source, 'face-api')
  assert.is(source.models[0]!.name, 'face_landmark_68_tiny_model')
  await source.close()
})

test('a model in scripts (object and base64 strings) equals the same golden layers', async () => {
  const json = JSON.parse(readFileSync(`${fixtures}upscalerjs/model.json`, 'utf8'))
  const shard = readFileSync(`${fixtures}upscalerjs/group1-shard1of1.bin`)
  const wrap = (value: string) =>
    `!function(e){module.exports=e()}(function(){return{1:[function(e,t,n){t.exports=${value}},{}]}});`
  // As a minifier writes it: bare keys, no zero before the dot, !0 for true.
  const minified = JSON.stringify(json)
    .replace(/"([A-Za-z_]\w*)":/g, '$1:')
    .replace(/\btrue\b/g, '!0')
    .replace(/\bfalse\b/g, '!1')
  const source = await openSource(
    inMemory({ 'model.min.js': wrap(minified), 'group1-shard1of1.min.js': wrap(JSON.stringify(shard.toString('base64'))) }),
  )
  await sameAsGolden(source, 'upscalerjs')
})

test('layer classes decide: separable, grouped, transposed and recurrent kernels', async () => {
  const layers = [
    ['SeparableConv2D', 'sep', { pointwise_initializer: {}, use_bias: true }],
    ['Conv2D', 'grouped', { groups: 2, strides: [2, 1], padding: 'valid', dilation_rate: [1, 3] }],
    ['Conv2DTranspose', 'up', {}],
    ['ConvLSTM2D', 'cell', {}],
    ['Conv1D', 'line', {}],
  ].map(([class_name, name, config]) => ({ class_name, config: { name, ...(config as object) } }))
  const inner = { class_name: 'Functional', config: { name: 'backbone', layers } }
  const weight = (name: string, ...shape: number[]) => ({ name, shape, dtype: 'float32' })
  const weights = [
    weight('sep/depthwise_kernel', 3, 3, 2, 2),
    weight('sep/pointwise_kernel', 1, 1, 4, 3),
    weight('sep/bias', 3),
    weight('backbone/grouped/kernel', 3, 3, 2, 4),
    weight('up/kernel', 3, 3, 4, 2),
    weight('cell/recurrent_kernel', 3, 3, 2, 8),
    weight('line/kernel', 3, 2, 2),
    weight('head/kernel', 3, 3, 1, 1),
  ]
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const source = await openSource(
    inMemory({
      'model.json': JSON.stringify({
        modelTopology: { model_config: { class_name: 'Sequential', config: { name: 's', layers: [inner] } } },
        weightsManifest: [{ paths: ['w.bin'], weights }],
      }),
      'w.bin': counting(count),
    }),
  )
  const { convolutions, skipped } = source.models[0]!
  assert.equal(
    convolutions.map(({ layer, shape, groups, depth }) => [layer, [...shape], groups, depth]),
    [
      ['sep/depthwise_kernel', [4, 1, 3, 3], 2, 0],
      ['sep/pointwise_kernel', [3, 4, 1, 1], 1, 1],
      ['backbone/grouped/kernel', [4, 2, 3, 3], 2, 2],
      ['head/kernel', [1, 1, 3, 3], 1, 3],
    ],
  )
  const [depthwise, pointwise, grouped] = convolutions
  // Output channel c·M + m is stored at [row][column][c][m].
  assert.equal(
    [...(await referenceWeights(depthwise!.weights, depthwise!.shape))].slice(9, 18),
    [1, 5, 9, 13, 17, 21, 25, 29, 33],
  )
  assert.not.ok(depthwise!.bias)
  assert.is(pointwise!.bias!.offset, 4 * (36 + 12))
  assert.equal(grouped!.placement, { strides: [2, 1], dilations: [1, 3], pads: [0, 0, 0, 0] })
  assert.equal(
    skipped.map(({ name, kind, reason }) => [name, kind, reason]),
    [
      ['up/kernel', 'Conv2DTranspose', 'transposed convolution'],
      ['cell/recurrent_kernel', 'ConvLSTM2D', 'convolution inside a recurrent cell'],
      ['line/kernel', 'Conv1D', '1-D convolution'],
    ],
  )
})

test('a graph model: operators decide, through identities; fused biases and explicit pads', async () => {
  const s = (text: string) => ({ s: btoa(text) })
  const ints = (...i: number[]) => ({ list: { i: i.map(String) } })
  const conv = (name: string, op: string, input: string[], more = {}) => ({
    name,
    op,
    input,
    attr: { strides: ints(1, 2, 3, 1), padding: s('SAME'), data_format: s('NHWC'), ...more },
  })
  const node = [
    { name: 'x', op: 'Placeholder' },
    { name: 'a/kernel', op: 'Const' },
    { name: 'a/read', op: 'Identity', input: ['a/kernel'] },
    conv('a/conv', '_FusedConv2D', ['x', 'a/read', 'a/bias'], { fused_ops: { list: { s: [btoa('BiasAdd'), btoa('Relu')] } } }),
    conv('b/conv', 'DepthwiseConv2dNative', ['a/conv', 'b/kernel:0'], {
      padding: s('EXPLICIT'),
      data_format: s('NCHW'),
      strides: ints(1, 1, 1, 1),
      explicit_paddings: ints(0, 0, 0, 0, 1, 2, 3, 4),
    }),
    { name: 'b/add', op: 'BiasAdd', input: ['b/conv', 'b/bias'] },
    conv('c/up', 'Conv2DBackpropInput', ['size', 'c/kernel', 'b/add']),
    conv('d/conv', 'Conv2D', ['b/add', 'computed']),
  ]
  const weights = [
    { name: 'b/kernel', shape: [3, 3, 2, 1], dtype: 'float32' },
    { name: 'a/kernel', shape: [1, 1, 1, 2], dtype: 'float32' },
    { name: 'a/bias', shape: [2], dtype: 'float32' },
    { name: 'b/bias', shape: [2], dtype: 'float32' },
    { name: 'c/kernel', shape: [1, 1, 1, 1], dtype: 'float32' },
    { name: 'table', shape: [1, 1, 1, 1], dtype: 'float32' },
  ]
  const source = await openSource(
    inMemory({
      'model.json': JSON.stringify({ modelTopology: { node }, weightsManifest: [{ paths: ['w.bin'], weights }] }),
      'w.bin': counting(26),
    }),
  )
  const { convolutions, skipped } = source.models[0]!
  assert.equal(
    convolutions.map(({ layer, node: by, shape, groups, bias }) => [layer, by, [...shape], groups, bias?.offset]),
    [
      ['a/kernel', 'a/conv', [2, 1, 1, 1], 1, 80],
      ['b/kernel', 'b/conv', [2, 1, 3, 3], 2, 88],
    ],
  )
  // The manifest has them the other way round.
  assert.equal(
    convolutions.map(({ depth, conv_depth, conv_depth_norm }) => [depth, conv_depth, conv_depth_norm]),
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
  )
  assert.equal(convolutions[0]!.placement, { strides: [2, 3], dilations: [1, 1], pads: 'same_upper' })
  assert.equal(convolutions[1]!.placement, { strides: [1, 1], dilations: [1, 1], pads: [1, 3, 2, 4] })
  assert.equal(
    skipped.map(({ name, reason }) => [name, reason]),
    [
      ['c/kernel', 'transposed convolution'],
      ['table', '4-D tensor that no convolution takes'],
      ['d/conv', 'no constant weight'],
    ],
  )
})

test('a graph model with a loop is placed by its way forward, one without inputs in the order of the file', async () => {
  const attr = { strides: { list: { i: ['1', '1', '1', '1'] } }, padding: { s: btoa('SAME') } }
  const conv = (name: string, from: string) => ({ name, op: 'Conv2D', input: [from, `${name}/kernel`], attr })
  const weights = ['c', 'b', 'a'].map((name) => ({ name: `${name}/kernel`, shape: [3, 3, 1, 1], dtype: 'float32' }))
  const read = async (node: unknown[]) => {
    const files = { 'model.json': JSON.stringify({ modelTopology: { node }, weightsManifest: [{ paths: ['w.bin'], weights }] }) }
    const source = await openSource(inMemory({ ...files, 'w.bin': counting(27) }))
    return source.models[0]!.convolutions.map(({ layer, depth }) => `${layer} ${depth}`)
  }
  const constants = weights.map(({ name }) => ({ name, op: 'Const' }))
  const loop = [
    { name: 'merge', op: 'Merge', input: ['a', 'next'] },
    conv('b', 'merge'),
    { name: 'next', op: 'NextIteration', input: ['b'] },
    conv('c', 'b:0'),
    conv('a', 'x'),
  ]
  assert.equal(await read([...constants, { name: 'x', op: 'Placeholder' }, ...loop]), ['a/kernel 0', 'b/kernel 2', 'c/kernel 3'])
  assert.equal(await read([...constants, ...loop]), ['c/kernel 0', 'b/kernel 1', 'a/kernel 2'])
  // map_fn: the list that a loop fills is made before it, and what fills it comes in through the body.
  const map = [
    { name: 'x', op: 'Placeholder' },
    { name: 'list', op: 'TensorListReserve' },
    { name: 'enter', op: 'Enter', input: ['list'] },
    { name: 'merge', op: 'Merge', input: ['enter', 'next'] },
    { name: 'switch', op: 'Switch', input: ['merge', 'go'] },
    { name: 'set', op: 'TensorListSetItem', input: ['switch:1', 'x'] },
    { name: 'next', op: 'NextIteration', input: ['set'] },
    { name: 'exit', op: 'Exit', input: ['switch'] },
    conv('a', 'exit'),
    conv('b', 'a'),
    conv('c', 'b'),
  ]
  assert.equal(await read([...constants, ...map]), ['a/kernel 3', 'b/kernel 4', 'c/kernel 5'])
})

test('tensors that run over two shards, float16 and uint16 weights, and strings between them', async () => {
  const weights = [
    { name: 'words', shape: [2], dtype: 'string' },
    { name: 'a/kernel', shape: [1, 1, 2, 2], dtype: 'float32' },
    { name: 'b/kernel', shape: [1, 1, 1, 2], dtype: 'float32', quantization: { dtype: 'float16', original_dtype: 'float32' } },
    { name: 'c/kernel', shape: [1, 1, 1, 2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.5, min: -3 } },
    { name: 'd/kernel', shape: [1, 1, 1, 1], dtype: 'int32' },
  ]
  const bytes = new Uint8Array([
    2,
    0,
    0,
    0,
    65,
    66,
    0,
    0,
    0,
    0,
    ...floats(1, 2, 3, 4),
    0,
    0x3c,
    0,
    0xc0,
    0,
    0,
    255,
    255,
    7,
    0,
    0,
    0,
  ])
  const source = await openSource(
    inMemory({
      'model.json': JSON.stringify([{ paths: ['1.bin', '2.bin', '3.bin'], weights }]),
      '1.bin': bytes.slice(0, 13),
      '2.bin': bytes.slice(13, 20),
      '3.bin': bytes.slice(20),
    }),
  )
  const { convolutions, skipped } = source.models[0]!
  const values = await Promise.all(
    convolutions.map(({ weights: plan, shape }) => referenceWeights(plan, shape).then((w) => [...w])),
  )
  assert.equal(values, [
    [1, 3, 2, 4], // stored (in, out)
    [1, -2],
    [-3, 65535 * 0.5 - 3],
  ])
  assert.equal(skipped, [
    { name: 'd/kernel', kind: 'Conv', shape: [1, 1, 1, 1], reason: 'stored as int32, which is not read as weights' },
  ])
})

test('what is wrong is said: shards missing, short or too long, broken JSON, unknown types, scripts that compute', async () => {
  const manifest = (weight: object, paths = ['w.bin']) =>
    JSON.stringify([{ weights: [{ name: 'a/kernel', shape: [3, 3, 1, 1], dtype: 'float32', ...weight }], paths }])
  const said = (files: Record<string, string | Uint8Array>) => problem(openSource(inMemory(files)))
  assert.match(await said({ 'm.json': manifest({}) }), /m\.json: its weights are in w\.bin, which is not beside it/)
  const twice = { 'm.json': manifest({}, ['w.bin', 'w.bin']), 'w.bin': counting(9) }
  assert.match(await said(twice), /m\.json: names the file "w\.bin" twice as a part of it/)
  assert.match(await said({ 'm.json': manifest({}), 'w.bin': counting(8) }), /needs bytes 0 to 36 of its shards, which have 32/)
  assert.match(
    await said({ 'm.json': manifest({ shape: [3, -1] }), 'w.bin': counting(9) }),
    /weights manifest: 0\.weights\.0\.shape\.1/,
  )
  assert.match(await said({ 'm.json': manifest({ dtype: 'float7' }), 'w.bin': counting(9) }), /"float7"/)
  assert.match(await said({ 'm.json': manifest({ dtype: '__proto__' }), 'w.bin': counting(9) }), /"__proto__"/)
  assert.match(
    await said({ 'm.json': manifest({ quantization: { dtype: 'uint8', min: 0 } }), 'w.bin': counting(9) }),
    /without a scale/,
  )
  assert.match(await said({ 'm.json': '{"modelTopology": {}' }), /not valid JSON/)
  assert.match(await said({ 'm.json': '{"modelTopology": {}}' }), /holds no weights/)
  assert.match(
    await said({ 'm.js': 'module.exports={modelTopology:make(),weightsManifest:[]}' }),
    /more than a literal.*not executed/,
  )
  const long = await openSource(inMemory({ 'm.json': manifest({}), 'w.bin': counting(10) }))
  assert.match(long.warnings[0]!, /4 of 40 bytes are no weight/)
})

test('other JSON and scripts are not taken for models', async () => {
  const matches = async (text: string) => tfjs.match(new TextEncoder().encode(text).subarray(0, 4096), inMemory({ f: text }))
  assert.not.ok(await matches('{"name": "left-pad", "version": "1.0.0"}'))
  assert.not.ok(await matches('[{"a": 1}]'))
  assert.not.ok(await matches('{"metadata": {"format": "pt"}, "weight_map": {}}'))
  assert.not.ok(await matches('module.exports = { parse: 1 }'))
  assert.not.ok(await matches('export default function () {}'))
  assert.ok(await matches(`{"format": "graph-model", "userDefinedMetadata": "${'x'.repeat(9000)}", "modelTopology": {}}`))
})

test.run()
