import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { metricsOfGroup } from '../../../src/measure/metrics/registry.ts'
import { convolution, memoryInput, safetensors } from '../models.ts'
import { measuredLayers } from './measures-fixture.ts'

const metrics = metricsOfGroup('spectrum')

test('as NumPy by singular values: to 1e-9, and within the bound that is told', async () => {
  const layers = await measuredLayers({ metrics })
  assert.ok(layers.length > 50)
  for (const { file, row, expected } of layers) {
    const where = `${file} ${row.layer} ${row.spectral_norm} ${row.spectral_norm_error}`
    const norm = expected['spectral_norm']!
    assert.ok(Math.abs(row.spectral_norm! - norm) <= Math.max(1e-9 * norm, 1e-300), where)
    assert.ok(Math.abs(row.spectral_norm! - norm) <= row.spectral_norm_error! + 1e-12 * norm, where)
    assert.is(row.stable_rank === null, expected['stable_rank'] === null, where)
    if (row.stable_rank !== null) assert.ok(Math.abs(row.stable_rank / expected['stable_rank']! - 1) < 1e-9, where)
    const [height = 0, width = 0] = row.kernel.split('x').map(Number)
    assert.ok(row.operator_norm_bound! >= Math.sqrt(height * width) * norm * (1 - 1e-12), where)
  }
})

test('without being asked for it is null, with no reason; a run that was asked says so in its parameters', async () => {
  const [one] = await measuredLayers()
  assert.is(one!.row.spectral_norm, null)
  assert.is(one!.row.undefined_because.spectral_norm, undefined)
  const bytes = safetensors([convolution('conv.weight', [8, 4, 3, 3], 1)])
  const input = () => [memoryInput('a.safetensors', bytes)]
  assert.is((await analyze(input())).parameters.metrics, undefined)
  assert.equal((await analyze(input(), { metrics })).parameters.metrics, metrics)
})

test('the same bits whatever is read at a time, in memory or not, by one thread or two', async () => {
  const tensors = [convolution('tall.weight', [600, 5, 3, 3], 1), convolution('wide.weight', [6, 70_000, 3, 3], 2)]
  const bytes = safetensors(tensors)
  const run = async (options: object): Promise<string> => {
    const { layers } = await analyze([memoryInput('a.safetensors', bytes)], { ...options, metrics })
    return JSON.stringify(layers.map((row) => metrics.map((name) => row[name])))
  }
  const expected = await run({})
  for (const options of [{ batchSize: 77 }, { memory: 0 }, { workers: 2 }])
    assert.is(await run(options), expected, JSON.stringify(options))
})

test.run()
