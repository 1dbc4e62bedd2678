import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisations, normalise, runFirstStage } from '../../src/activation/first-stage.ts'
import { readImage } from '../../src/activation/image.ts'
import { UsageError } from '../../src/errors.ts'
import { openFile } from '../../src/io/node.ts'
import { emptyFolder } from '../../src/io/random-access.ts'
import { openSource } from '../../src/sources/open.ts'
import { openInstance } from '../../src/wasm/module.ts'

const wasm = await openInstance()
const image = (name: string) => readImage(wasm, name, new Uint8Array(readFileSync(`data/${name}`)))
const open = async (name: string) => {
  const access = await openFile(`data/${name}`, name)
  return openSource({ path: name, access, folder: emptyFolder })
}

interface Expected {
  readonly clean_sum: number
  readonly perturbed_sum: number
  readonly difference_abs_sum: number
  readonly clean_channel5_row16: number[]
  readonly perturbed_channel5_row16: number[]
}
const expected = JSON.parse(readFileSync(new URL('../fixtures/activation/first-stage.json', import.meta.url), 'utf8')) as Expected

test('the first stage of a real network on both images, as torch computes it', async () => {
  const source = await open('preact_w24_cifar10_normal.onnx')
  const clean = await image('automobile-clean.png')
  const perturbed = await image('automobile-perturbed.png')
  const stage = await runFirstStage(wasm, source.models[0]!, clean, perturbed, { normalisation: normalisations.cifar10 })
  await source.close()
  assert.is(stage.layer, 'conv1.weight')
  assert.equal([stage.activation.channels, stage.activation.height, stage.activation.width], [24, 32, 32])
  const sum = (values: Float32Array) => values.reduce((total, v) => total + v, 0)
  const close = (found: number, right: number) => assert.ok(Math.abs(found / right - 1) < 1e-5, `${found} for ${right}`)
  close(sum(stage.activation.values), expected.clean_sum)
  close(sum(stage.changedActivation.values), expected.perturbed_sum)
  close(sum(stage.difference.values.map(Math.abs)), expected.difference_abs_sum)
  const at = (5 * 32 + 16) * 32
  expected.clean_channel5_row16.forEach((v, i) => {
    assert.ok(Math.abs(v - stage.activation.values[at + i]!) < 1e-5)
    assert.ok(Math.abs(expected.perturbed_channel5_row16[i]! - stage.changedActivation.values[at + i]!) < 1e-5)
  })
})

test('an image that does not fit the network is refused in a sentence', async () => {
  const source = await open('preact_w24_fashion_mnist_normal.onnx')
  const clean = await image('automobile-clean.png')
  const message = await runFirstStage(wasm, source.models[0]!, clean, clean, { normalisation: normalisations.none }).then(
    () => 'run',
    (error) => (error as Error).message,
  )
  await source.close()
  assert.is(message, 'automobile-clean.png: has 3 channels, but the first convolution of preact_w24_fashion_mnist_normal takes 1')
})

test('mean and std fit the channels or are refused', () => {
  const planes = { channels: 2, height: 1, width: 1, values: Float32Array.of(1, 2) }
  assert.equal([...normalise(planes, { mean: [1, 1], std: [2, 0.5] }).values], [0, 2])
  assert.throws(
    () => normalise(planes, { mean: [1, 2, 3], std: [1] }),
    (error: Error) => error instanceof UsageError && /mean has 3 values/.test(error.message),
  )
  assert.throws(() => normalise(planes, { mean: [0], std: [0] }), /std must be above 0/)
})

test.run()
