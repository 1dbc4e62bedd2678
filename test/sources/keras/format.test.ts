import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { strToU8, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/keras/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; groups: number; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)

async function openFixture(name: string): Promise<Source> {
  return openSource({ path: name, access: await openFile(fixtures + name), folder: emptyFolder })
}

const layersOf = (source: Source) =>
  Promise.all(
    source.models[0]!.convolutions.map(async (layer) => ({
      layer: layer.layer,
      shape: [...layer.shape],
      sha256: await weightsHash(layer),
      groups: layer.groups,
    })),
  )

for (const [name, layers] of Object.entries(expected))
  test(`${name}: the layers in the model's order`, async () => {
    const source = await openFixture(name)
    assert.equal(await layersOf(source), layers)
    assert.equal(
      source.models[0]!.convolutions.map(({ conv_depth }) => conv_depth),
      layers.map((_, k) => k),
    )
    await source.close()
  })

test('the transposed layer is listed, whatever says so', async () => {
  for (const name of Object.keys(expected)) {
    const source = await openFixture(name)
    const transposed = source.models[0]!.skipped.filter(({ reason }) => reason.startsWith('transposed convolution'))
    assert.is(transposed.length, 1, name)
    await source.close()
  }
})

test('the configuration gives placement and bias, the file its producer', async () => {
  for (const [name, producer] of [
    ['model.h5', 'Keras 2.15.0'],
    ['model.keras', 'Keras 3.6.0'],
  ] as const) {
    const source = await openFixture(name)
    const [model] = source.models
    assert.is(model!.name, 'model')
    assert.is(model!.producer, producer)
    const [stem, depthwise] = model!.convolutions
    assert.is(stem!.node, 'stem')
    assert.equal(stem!.placement, { strides: [2, 2], dilations: [1, 1], pads: 'same_upper' })
    assert.is((await stem!.bias!.access.read(stem!.bias!.offset, 32)).length, 32)
    assert.equal(depthwise!.placement!.pads, [0, 0, 0, 0])
    assert.is(model!.convolutions.find(({ layer }) => layer === 'a_sep/depthwise_kernel')!.bias, undefined)
    await source.close()
  }
})

test('a .keras in memory reads like one on disk', async () => {
  const bytes = new Uint8Array(readFileSync(`${fixtures}model.keras`))
  const source = await openSource({ path: 'model.keras', access: memoryAccess('model.keras', bytes), folder: emptyFolder })
  assert.equal(await layersOf(source), expected['model.keras'])
  await source.close()
})

test('a .keras without its weights, and one with a damaged configuration, are named', async () => {
  const open = (files: Record<string, Uint8Array>) =>
    openSource({ path: 'm.keras', access: memoryAccess('m.keras', zipSync(files)), folder: emptyFolder })
  for (const [files, sentence] of [
    [{ 'config.json': strToU8('{}'), 'metadata.json': strToU8('{}') }, /without model\.weights\.h5/],
    [{ 'config.json': strToU8('{'), 'model.weights.h5': strToU8('x') }, /config\.json: is not valid JSON/],
    [{ 'config.json': strToU8('{}'), 'model.weights.h5': strToU8('x'.repeat(3000)) }, /m\.keras\/model\.weights\.h5/],
  ] as const) {
    try {
      await open(files)
      throw new Error('nothing was refused')
    } catch (error) {
      assert.instance(error, InputError)
      assert.match((error as InputError).message, sentence)
    }
  }
})

test.run()
