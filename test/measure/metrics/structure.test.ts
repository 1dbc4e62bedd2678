import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { randomCosine } from '../../../src/measure/metrics/random-cosine.ts'
import { convolution, memoryInput, safetensors } from '../models.ts'
import { measuredLayers } from './measures-fixture.ts'

const counts = ['zero_weights', 'dead_outputs', 'dead_inputs', 'duplicate_outputs'] as const

test('as NumPy in float64: counts to the last one, cosines to 1e-7', async () => {
  const layers = await measuredLayers()
  assert.ok(layers.length > 50)
  for (const { file, row, expected } of layers) {
    const where = `${file} ${row.layer} `
    for (const name of counts) assert.is(row[name], expected[name], where + name)
    for (const name of ['nearest_cosine', 'overlap_over_chance'] as const) {
      const [found, wanted] = [row[name], expected[name]!]
      assert.is(found === null, wanted === null, where + name)
      if (found !== null)
        assert.ok(Math.abs(found - wanted) < 1e-7 * Math.max(1, wanted), `${where}${name} ${found}, not ${wanted}`)
    }
  }
})

test('the mean cosine of random directions: known values, and no step where the series takes over', () => {
  for (const [d, value] of [
    [1, 1],
    [2, 2 / Math.PI],
    [3, 1 / 2],
    [4, 4 / (3 * Math.PI)],
    [5, 3 / 8],
  ] as const)
    assert.ok(Math.abs(randomCosine(d) - value) < 1e-16, String(d))
  // E(d + 2) = E(d) · d / (d + 1), across the two ways.
  for (const d of [509, 510, 511, 512, 4608, 100_000])
    assert.ok(Math.abs((randomCosine(d + 2) * (d + 1)) / d / randomCosine(d) - 1) < 3e-15, String(d))
})

test('dead channels of a layer of several segments are the same however it is read', async () => {
  const [out, inputs] = [300, 701]
  const tensor = convolution('conv.weight', [out, inputs, 3, 3], 3)
  const values = tensor.values as Float32Array
  const silence = (o: number, i: number): void => void values.fill(1e-6, (o * inputs + i) * 9, (o * inputs + i + 1) * 9)
  for (const o of [0, 93, 94, 299]) for (let i = 0; i < inputs; i++) silence(o, i)
  for (const i of [1, 699]) for (let o = 0; o < out; o++) silence(o, i)
  const bytes = safetensors([tensor])
  for (const options of [{}, { batchSize: 1000 }, { memory: 0 }, { workers: 2 }]) {
    const { layers } = await analyze([memoryInput('dead.safetensors', bytes)], {
      ...options,
      metrics: ['dead_outputs', 'dead_inputs'],
    })
    assert.equal([layers[0]!.dead_outputs, layers[0]!.dead_inputs], [4, 2], JSON.stringify(options))
  }
})

test.run()
