import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { givenFolder } from '../../../src/inputs/given-inputs.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { processorTime } from '../../helpers/processor-time.ts'
import { assertCloseWeights, type ComputedLayer } from '../helpers/close-weights.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'
import { concat, message, string } from '../onnx/protobuf.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/tensorflow/', import.meta.url))
const expected: Record<string, { shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))

async function openFixture(name: string): Promise<Source> {
  for await (const input of findInputs([fixtures + name])) return openSource(await input.open())
  throw new Error(`${name} is no input`)
}

const parts = (name: string): Record<string, Uint8Array> =>
  Object.fromEntries([`${name}.index`, `${name}.data-00000-of-00001`].map((file) => [file, bytesOf(file)]))

async function layersOf(source: Source): Promise<{ shape: number[]; sha256: string }[]> {
  const layers = []
  for (const layer of source.models[0]!.convolutions) layers.push({ shape: [...layer.shape], sha256: await weightsHash(layer) })
  return layers
}

async function refused(path: string, bytes: Uint8Array, beside?: Record<string, Uint8Array>): Promise<string> {
  try {
    await openSource(memoryInput(path, bytes, beside))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error(`${path} was opened`)
}

for (const [name, layers] of Object.entries(expected))
  test(`${name}: layers in the order in which they run, weights as TensorFlow has them`, async () => {
    const source = await openFixture(name)
    assert.equal(await layersOf(source), layers)
    await source.close()
  })

for (const name of ['computed/module', 'computed/frozen.pb'])
  test(`${name}: weights that the graph computes are those of TensorFlow`, async () => {
    const source = await openFixture(name)
    const layers = JSON.parse(readFileSync(`${fixtures}computed.json`, 'utf8')) as ComputedLayer[]
    await assertCloseWeights(source.models[0]!, layers, name)
    assert.equal(source.models[0]!.skipped, [])
    await source.close()
  })

test('the kernel of a recurrent cell, of which gates take parts, is left out once', async () => {
  const source = await openFixture('computed/cell')
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer }) => layer),
    ['last/kernel'],
  )
  assert.equal(
    model!.skipped.map(({ name, shape, reason }) => [name, shape.join('×'), reason]),
    [['gates/kernel', '3×3×3×6', 'convolution inside a recurrent cell']],
  )
  await source.close()
})

test('an exported Keras model: names, depths through function calls, what is left out', async () => {
  const source = await openFixture('exported')
  const [model] = source.models
  assert.is(model!.name, 'exported')
  assert.is(model!.format, 'TensorFlow SavedModel')
  assert.match(model!.producer!, /^TensorFlow 2\./)
  assert.equal(
    model!.convolutions.map(({ layer, depth, conv_depth, groups }) => [layer, depth, conv_depth, groups]),
    [
      ['conv/kernel (functional_1/conv_1/convolution)', 0, 0, 1],
      ['conv/kernel (functional_1/z_1/conv_1/convolution)', 2, 1, 1],
      ['conv/kernel (functional_1/a_1/conv_1/convolution)', 4, 2, 1],
      ['dw/kernel', 7, 3, 4],
      ['a_last/kernel', 14, 4, 1],
    ],
  )
  const reasons = model!.skipped.map(({ name, reason }) => `${name}: ${reason}`)
  assert.ok(reasons.includes('up/kernel: transposed convolution'), reasons.join('; '))
  assert.equal(model!.convolutions[0]!.placement, { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' })
  assert.equal(
    model!.parts.map(({ name }) => name.split('/').at(-1)),
    ['variables.index', 'variables.data-00000-of-00001'],
  )
  await source.close()
})

test('a module without a signature: its functions are entered, and their variables found by the objects they are bound to', async () => {
  const source = await openFixture('module')
  assert.equal(
    source.models[0]!.convolutions.map(({ layer, depth }) => [layer, depth]),
    [
      ['kernel (z/w)', 0],
      ['kernel (blocks/0/w)', 3],
      ['kernel (blocks/1/w)', 6],
      ['alt', 12],
      ['kernel (last/w)', 13],
    ],
  )
  await source.close()
})

test('a checkpoint of objects alone: the optimiser is left out, transposed and depthwise kernels are told by their biases', async () => {
  const source = await openFixture('objects.index')
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer, groups }) => [layer, groups]),
    [
      ['sequential/stem/kernel', 1],
      ['sequential/dw/kernel', 4],
      ['sequential/a_last/kernel', 1],
    ],
  )
  const reasons = new Map(model!.skipped.map(({ name, reason }) => [name, reason]))
  assert.match(reasons.get('sequential/up/kernel')!, /^transposed convolution/)
  assert.is(reasons.get('adam/sequential_stem_kernel_velocity'), 'optimiser state')
  await source.close()
})

test('variables of one name are told apart by their bytes', async () => {
  const source = await openFixture('twins.index')
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer }) => layer),
    ['conv/kernel', 'tail/_kernel/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  const [again] = model!.skipped
  assert.is(again!.reason, 'saved once more as again/.ATTRIBUTES/VARIABLE_VALUE')
  assert.is(model!.skipped.length, 1)
  await source.close()
})

test('variables in parts are joined, with the graph beside the checkpoint and without', async () => {
  const files: Record<string, Uint8Array> = { ...parts('parts'), 'parts.meta': bytesOf('parts.meta') }
  const withGraph = await openSource(memoryInput('parts.index', files['parts.index']!, files))
  assert.equal(
    withGraph.models[0]!.convolutions.map(({ layer, depth }) => [layer, depth]),
    [
      ['net/z/weights', 0],
      ['net/dw/depthwise_weights', 2],
      ['net/a/weights', 3],
    ],
  )
  const alone = await openSource(memoryInput('parts.index', bytesOf('parts.index'), parts('parts')))
  assert.equal(
    (await layersOf(alone)).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
    [...expected['parts.index']!].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
  )
})

test('a frozen graph: a quantiser, a loop, and what is computed', async () => {
  const source = await openFixture('loop.pb')
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer }) => layer),
    ['w0', 'w1', 'w2'],
  )
  assert.equal(
    model!.skipped.map(({ name, reason }) => [name, reason]),
    [
      ['conv1d', '1-D convolution, or a weight made by ExpandDims'],
      ['cut', 'computed in the graph by StridedSlice'],
    ],
  )
  assert.match(source.warnings.join(), /1 weights are rounded by a quantiser/)
  await source.close()
  const frozen = await openFixture('frozen.pb')
  assert.equal(
    frozen.models[0]!.convolutions.map(({ depth, groups }) => [depth, groups]),
    [
      [0, 1],
      [2, 6],
      [3, 1],
    ],
  )
  await frozen.close()
})

test('a SavedModel in a zip and among dropped files is one input, called as its folder', async () => {
  const files = ['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001']
  const entries = Object.fromEntries(files.map((file) => [`nets/small/${file}`, bytesOf(`module/${file}`)]))
  const zipped = await openSource(memoryInput('all.zip', zipSync(entries)))
  assert.equal(
    zipped.models.map(({ name, convolutions }) => [name, convolutions.length]),
    [['small', 5]],
  )
  const given = files.map((file) => ({ path: `small/${file}`, blob: new Blob([Uint8Array.from(bytesOf(`module/${file}`))]) }))
  const { findGivenInputs } = await import('../../../src/inputs/given-inputs.ts')
  const inputs = await findGivenInputs(given)
  assert.equal(
    inputs.map(({ path }) => path),
    ['small'],
  )
  assert.is((await openSource(await inputs[0]!.open())).models[0]!.convolutions.length, 5)
  assert.ok(await givenFolder(given, 'small').open('variables/variables.index'))
})

test('what is missing or of another kind is said', async () => {
  const exported = bytesOf('exported/saved_model.pb')
  assert.match(
    await refused('saved_model.pb', exported),
    /keeps its weights in variables\/variables.index, which is not beside it; give the whole SavedModel folder/,
  )
  assert.match(
    await refused('objects.index', bytesOf('objects.index')),
    /keeps its weights in objects.data-00000-of-00001, which is not beside it/,
  )
  assert.match(await refused('saved_model.pb', exported.slice(0, 20_000)), /TensorFlow SavedModel|runs past the end/)
  assert.match(await refused('first-kind.ckpt', bytesOf('first-kind.ckpt')), /is a TensorFlow checkpoint of the first kind/)
  assert.match(await refused('parts.meta', bytesOf('parts.meta')), /is the graph of a TensorFlow checkpoint/)
  assert.match(
    await refused('objects.data-00000-of-00001', bytesOf('objects.data-00000-of-00001')),
    /holds the weights of a TensorFlow checkpoint/,
  )
  assert.match(await refused('saved_model.pb', Uint8Array.of(8, 1, 0x12, 2, 0x0a, 0)), /SavedModel whose graph is empty/)
})

test('functions that call one another without end are refused soon', async () => {
  const call = (name: string, callee: string) =>
    message(3, [
      string(1, name),
      string(2, 'PartitionedCall'),
      string(3, 'x'),
      message(5, [string(1, 'f'), message(2, [message(10, [string(1, callee)])])]),
    ])
  const library = (count: number) =>
    Array.from({ length: count }, (_, k) => {
      const next = `f${(k + 1) % count}`
      const signature = message(1, [string(1, `f${k}`), message(2, [string(1, 'x')]), message(3, [string(1, 'y')])])
      return message(1, [signature, call('a', next), call('b', next), message(4, [string(1, 'y'), string(2, 'a:output:0')])])
    })
  const graph = (count: number) =>
    concat([
      message(1, [string(1, 'x'), string(2, 'Placeholder')]),
      message(1, [string(1, 'c'), string(2, 'f0'), string(3, 'x')]),
      message(2, library(count)),
    ])
  assert.match(
    await refused('a.pb', graph(1)),
    /its function f0 calls itself, or functions nest more than 64 deep|unfolds to more than/,
  )
  const started = processorTime()
  assert.match(await refused('a.pb', graph(40)), /functions nest more than 64 deep|unfolds to more than/)
  assert.ok(processorTime() - started < 20_000)
})

test('an index whose blocks do not have their CRC, or whose shapes do not fit, is refused', async () => {
  const index = bytesOf('objects.index')
  const flipped = index.slice()
  flipped[40]! ^= 4
  assert.match(await refused('objects.index', flipped, parts('objects')), /does not have the CRC that it states/)
  const short = { 'objects.data-00000-of-00001': bytesOf('objects.data-00000-of-00001').slice(0, 300) }
  assert.match(await refused('objects.index', index, short), /does not hold|ends at byte 300/)
})

test.run()
