import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { creationOrder } from '../../../src/sources/keras/creation-order.ts'
import { openSource } from '../../../src/sources/open.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/keras-saved/', import.meta.url))
/** The kernels in the order in which they run, by the start of their SHA-256. */
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<string, string[]>

const open = async (name: string) =>
  openSource({ path: name, access: await openFile(fixtures + name), folder: diskFolder(dirname(fixtures + name)) })

for (const [name, hashes] of Object.entries(expected))
  test(`${name}: every kernel once, in the order in which it runs`, async () => {
    const source = await open(name)
    assert.is(source.models.length, 1)
    const found = await Promise.all(source.models[0]!.convolutions.map(weightsHash))
    assert.equal(
      found.map((hash) => hash.slice(0, 16)),
      hashes,
    )
    const isUncertain = source.warnings.some((text) => /does not say in which order/.test(text))
    assert.is(isUncertain, name.startsWith('subclassed'))
    await source.close()
  })

test('depth is the longest path from the input, in whatever order the layers stand', async () => {
  for (const name of ['branches.keras', 'branches.h5']) {
    const source = await open(name)
    const [model] = source.models
    assert.is(model!.depth_source, 'graph')
    assert.equal(Object.fromEntries(model!.convolutions.map(({ node, depth, conv_depth }) => [node, [depth, conv_depth]])), {
      first: [0, 0],
      short: [0, 0],
      second: [1, 1],
      last: [3, 2],
    })
    await source.close()
  }
})

const separable = JSON.parse(readFileSync(`${fixtures}separable.json`, 'utf8')) as Record<string, string[]>
for (const [name, hashes] of Object.entries(separable))
  test(`${name}: the kernels and their depths are those of every other form`, async () => {
    const source = await open(name)
    const [model] = source.models
    const found = await Promise.all(model!.convolutions.map(weightsHash))
    assert.equal(
      found.map((hash) => hash.slice(0, 16)),
      hashes,
    )
    assert.equal(
      model!.convolutions.map(({ conv_depth }) => conv_depth),
      hashes.map((_, k) => k),
    )
    await source.close()
  })

test('a configuration does not say in which order a layer of its own class uses what it keeps', async () => {
  for (const name of ['custom.keras', 'custom.h5']) {
    const source = await open(name)
    const [model] = source.models
    assert.is(model!.depth_source, 'names')
    assert.ok(source.warnings.some((text) => /does not say in which order/.test(text)))
    assert.is(model!.convolutions.length, 4)
    await source.close()
  }
})

test('a recurrent cell is left out of .h5 files too', async () => {
  const source = await open('cells.h5')
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer, depth }) => [layer, depth]),
    [['time_distributed/each/kernel', 0]],
  )
  assert.is(model!.skipped.filter(({ reason }) => reason === 'convolution inside a recurrent cell').length, 2)
  await source.close()
})

test('a normalised kernel is listed once more, and cells of recurrent layers are skipped', async () => {
  for (const name of ['wrapped.keras', 'wrapped.weights.h5']) {
    const source = await open(name)
    const reasons = source.models[0]!.skipped.filter(({ shape }) => shape.length === 4).map(({ reason }) => reason)
    assert.is(reasons.filter((text) => /convolution inside a recurrent cell/.test(text)).length, 6, name)
    assert.is(reasons.filter((text) => /normalised kernel of the layer that it wraps/.test(text)).length, 2, name)
    await source.close()
  }
})

const order = (...groups: [group: string, made: number, title?: string][]) => {
  const { order, isCertain } = creationOrder(groups.map(([group, made, title]) => ({ group, made, title, isKernel: true })))
  return { order: order.map(({ group }) => group), isCertain }
}

test('classes keep their numbers, whatever the addresses say; between them the addresses count', () => {
  const found = order(
    ['layers/conv2d', 9000],
    ['layers/conv2d_1', 100],
    ['layers/conv2d_10', 300],
    ['layers/conv2d_2', 12000],
    ['layers/depthwise_conv2d', 10000],
    ['layers/depthwise_conv2d_1', 13000],
  )
  assert.equal(found, {
    order: [
      'layers/conv2d',
      'layers/conv2d_1',
      'layers/depthwise_conv2d',
      'layers/conv2d_2',
      'layers/conv2d_10',
      'layers/depthwise_conv2d_1',
    ],
    isCertain: true,
  })
})

test('attributes come as their layers were made, as far as automatic names tell', () => {
  assert.equal(
    order(['a', 1, 'conv2d_9'], ['b/conv2d', 2, 'conv2d_7'], ['b/conv2d_1', 3, 'conv2d_8'], ['stem', 4, 'conv2d_6'], ['z', 5]),
    { order: ['stem', 'b/conv2d', 'b/conv2d_1', 'a', 'z'], isCertain: false },
  )
  assert.equal(order(['only', 1, 'conv2d']), { order: ['only'], isCertain: true })
})

test.run()
