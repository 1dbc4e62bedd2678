import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/tflite/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; depth: number; groups: number; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const openFixture = async (name: string): Promise<Source> =>
  openSource({ path: name, access: await openFile(fixtures + name), folder: emptyFolder })

for (const [name, layers] of Object.entries(expected))
  test(`${name}: layers, depths, groups and weights as the flatbuffers runtime reads them`, async () => {
    const source = await openFixture(name)
    const ours = []
    for (const layer of source.models[0]!.convolutions)
      ours.push({
        layer: layer.layer,
        shape: [...layer.shape],
        depth: layer.depth,
        groups: layer.groups,
        sha256: await weightsHash(layer),
      })
    assert.equal(ours, layers)
    await source.close()
  })

test('placement, bias and what is not measured', async () => {
  const source = await openFixture('quantised.tflite')
  const [model] = source.models
  assert.is(model!.producer, 'by hand')
  const [grouped, legacy, depthwise] = model!.convolutions
  assert.equal(grouped!.placement, { strides: [2, 3], dilations: [4, 5], pads: [0, 0, 0, 0] })
  assert.ok(grouped!.bias)
  assert.not.ok(legacy!.bias)
  assert.equal(depthwise!.placement, { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' })
  assert.equal(
    model!.convolutions.map(({ conv_depth }) => conv_depth),
    [0, 0, 1, 2],
  )
  assert.equal(
    model!.skipped.map(({ name, kind, reason }) => [name, kind, reason]),
    [
      ['up', 'TRANSPOSE_CONV', 'transposed convolution'],
      ['nibbles', 'CONV_2D', 'stored as type 17 of TensorFlow Lite, which is not read as weights'],
      ['computed', 'CONV_2D', 'no constant weight'],
    ],
  )
  await source.close()
  const real = await openFixture('selfie_segmentation.tflite')
  assert.equal(
    real.models[0]!.skipped.map(({ kind, reason }) => [kind, reason]),
    [['Convolution2DTransposeBias', 'transposed convolution']],
  )
  await real.close()
})

test('models that lie behind the first in packed assets are said, chance bytes are not', async () => {
  const one = readFileSync(`${fixtures}quantised.tflite`)
  const warnings = async (...parts: Uint8Array[]): Promise<readonly string[]> => {
    const source = await openSource({
      path: 'assets.data',
      access: memoryAccess('assets.data', new Uint8Array(Buffer.concat(parts))),
      folder: emptyFolder,
    })
    assert.is(source.models[0]!.convolutions.length, 4)
    return source.warnings
  }
  assert.equal(await warnings(one), [])
  assert.equal(await warnings(one, Buffer.from('....TFL3 is no model by itself')), [])
  const [said, ...more] = await warnings(one, Buffer.from('text\n'), one, one)
  assert.equal(more, [])
  assert.match(said!, `2 further TensorFlow Lite models in the same file (from byte ${one.length + 5}, ${2 * one.length + 5})`)
})

test('a file cut short is refused', async () => {
  const bytes = new Uint8Array(readFileSync(`${fixtures}quantised.tflite`))
  try {
    await openSource({ path: 'c.tflite', access: memoryAccess('c.tflite', bytes.subarray(0, 400)), folder: emptyFolder })
    throw new Error('nothing was refused')
  } catch (error) {
    assert.instance(error, InputError)
    assert.match((error as InputError).message, /^c\.tflite: TensorFlow Lite: .*cut short/)
  }
})

test.run()
