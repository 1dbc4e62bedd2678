import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compareWeights, type MeasuredModel, OpenLayers } from '../../src/analysis/changes.ts'
import type { ModelComparison, WeightChange } from '../../src/analysis/report-types.ts'
import { analyze } from '../../src/analyze.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import type { LazyInput } from '../../src/io/random-access.ts'
import { measureCoefficients } from '../../src/measure/coefficients.ts'
import { metricsOfGroup, usualMetrics } from '../../src/measure/metrics/registry.ts'
import { settingsOf } from '../../src/measure/options.ts'
import { changeTable } from '../../src/report/change-table.ts'
import { principalComponents } from '../../src/shift/principal-components.ts'
import { densities, distributionShift } from '../../src/shift/shift.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { mergeMoments } from '../../src/wasm/moments.ts'

type Expected = Pick<
  WeightChange,
  | 'relative_change'
  | 'cosine'
  | 'least_cosine'
  | 'sign_flips'
  | 'change_norm'
  | 'change_edge'
  | 'zeros_a'
  | 'zeros_b'
  | 'zeros_both'
> & {
  readonly above_edge: number
  readonly above_energy: number
  /** Every fifth part of the singular values. */
  readonly some_values: readonly number[]
}
const series = new URL('../../../test/fixtures/series/', import.meta.url)
const expected = JSON.parse(readFileSync(new URL('changes.json', series), 'utf8')) as Record<
  string,
  { readonly of: string; readonly layers: readonly Expected[] }
>
const { parameters } = settingsOf({ metrics: [...usualMetrics, ...metricsOfGroup('spectrum')] })

function inputOf(name: string): LazyInput {
  const path = fileURLToPath(new URL(name, series))
  return { path, open: async () => ({ path, access: await openFile(path), folder: diskFolder(dirname(path)) }) }
}

async function measured(name: string): Promise<MeasuredModel> {
  const inputs = [inputOf(name)]
  const { models, layers } = await analyze(inputs, { hash: false })
  return { model: models[0]!.model, layers, inputs }
}

const textOf = (comparison: ModelComparison): string => {
  const table = changeTable(comparison)
  return table === '' ? '' : table.text
}

const compared = new Map<string, ModelComparison>()
for (const [name, { of, layers }] of Object.entries(expected)) {
  test(`${of} and ${name}: as PyTorch and NumPy say`, async () => {
    const comparison = await compareWeights(await measured(of), await measured(name), parameters)
    compared.set(name, comparison)
    assert.is(comparison.layers.length, layers.length)
    for (const [k, wanted] of layers.entries()) {
      const change = comparison.layers[k]!.change!
      for (const key of ['zeros_a', 'zeros_b', 'zeros_both'] as const) assert.is(change[key], wanted[key], key)
      for (const key of ['change_norm', 'change_edge'] as const)
        assert.ok(Math.abs(change[key]! - wanted[key]!) <= 1e-8 * wanted[key]!, `${k} ${key}: ${change[key]}, not ${wanted[key]}`)
      assert.is(change.change_above_edge, wanted.above_edge, `${k} above the edge`)
      assert.ok(Math.abs(change.change_above_energy! - wanted.above_energy) < 1e-9, `${k} energy above the edge`)
      const values = change.change_singular_values!
      const step = Math.max(1, Math.floor(values.length / 5))
      for (const [i, value] of wanted.some_values.entries())
        assert.ok(
          Math.abs(values[i * step]! - value) <= 1e-7 * wanted.change_norm!,
          `${k} ${i}: ${values[i * step]}, not ${value}`,
        )
      for (const key of ['relative_change', 'cosine', 'least_cosine', 'sign_flips'] as const)
        assert.ok(Math.abs(change[key]! - wanted[key]!) < 1e-12, `${k} ${key}: ${change[key]}, not ${wanted[key]}`)
    }
  })
}

test('the largest singular value of a change stands out of the Marčenko-Pastur edge where it was trained, and hardly where it was rounded', () => {
  const overEdge = (name: string): number[] =>
    compared.get(name)!.layers.map(({ change }) => change!.change_norm! / change!.change_edge!)
  for (const ratio of overEdge('finetuned.pt').slice(1)) assert.ok(ratio > 1.5, String(ratio))
  for (const ratio of overEdge('int8.onnx')) assert.ok(ratio < 1.4, String(ratio))
})

test('a renamed network shows no change, and says how its layers were matched', () => {
  const renamed = compared.get('renamed.pt')!
  assert.is(renamed.matched_by, 'order')
  for (const { change } of renamed.layers) {
    assert.equal(
      [change!.relative_change, change!.cosine, change!.least_cosine, change!.sign_flips, change!.shift],
      [0, 1, 1, 0, 0],
    )
    for (const cosine of change!.principal_cosines!) assert.ok(Math.abs(cosine - 1) < 1e-12)
  }
  assert.match(textOf(renamed), /6 layers are the same: no change/)
})

test('a frozen layer is unchanged; D of a copy in integers is below chance, of a trained layer above it', () => {
  const [frozen] = compared.get('finetuned.pt')!.layers
  assert.is(frozen!.change!.relative_change, 0)
  for (const { change } of compared.get('int8.onnx')!.layers) assert.ok(change!.shift! < change!.shift_chance!.median)
  const deepest = compared.get('robust/step=1170.ckpt')!.layers[5]!.change!
  assert.ok(deepest.shift! > deepest.shift_chance!.high && deepest.shift_chance!.p < 0.01)
})

test('the report lists the layers that changed most first', () => {
  const table = textOf(compared.get('pruned.pt')!)
  const order = [...table.matchAll(/features\.(\d+)\.weight/g)].map((match) => match[1])
  assert.equal(order, ['17', '14', '10', '7', '3', '0'])
})

test('of a checkpoint of two networks the weights are those of the first, whose rows they are compared by', async () => {
  const input = inputOf('../pytorch/gan.pt')
  const { layers } = await analyze([input], { workers: 1 })
  const open = await OpenLayers.open([input], { kernel: '3x3' })
  const first = layers.filter(({ model }) => model === layers[0]!.model)
  assert.ok(first.length < layers.length)
  assert.equal(
    first.map((row) => open.of(row)?.convolution.layer),
    first.map(({ layer }) => layer),
  )
  await open.close()
})

test('a profile that keeps sparse filters counts them in D, as the second pass over the filters of groups does', async () => {
  const { math } = sharedInstance()
  const inputs = [inputOf('finetuned.pt'), inputOf('pruned.pt')]
  const run = await analyze(inputs, { hash: false, profile: 'cvpr22', threshold: 0.1 })
  const [a, b] = run.models.map(({ model }, k) => ({
    model,
    layers: run.layers.filter((row) => row.model === model),
    inputs: [inputs[k]!],
  }))
  const { layers } = await compareWeights(a!, b!, run.parameters)
  let sparse = 0
  for (const [k, { change }] of layers.entries()) {
    const rows = [a!.layers[k]!, b!.layers[k]!]
    sparse += rows[0]!.sparse_filters + rows[1]!.sparse_filters
    const basis = principalComponents(mergeMoments(rows.map(({ scaled }) => scaled)))
    const { range, layers: counted } = await measureCoefficients(inputs, { ...run, layers: rows }, basis)
    const [x, y] = counted.map((histograms) => densities(histograms, range, math)!)
    assert.is(change!.shift, distributionShift(x!, y!, basis.explainedVarianceRatio).shift, rows[0]!.layer)
  }
  assert.ok(sparse > 0)
})

test('layers of other shapes have no change, and say why', async () => {
  const a = await measured('pruned.pt')
  const b = await measured('finetuned.pt')
  const other = { ...b, layers: b.layers.map((row, k) => (k === 1 ? { ...row, out_channels: 8, filters: 128 } : row)) }
  const { layers } = await compareWeights(a, other, parameters)
  assert.match(layers[1]!.because!, /the shapes differ/)
  assert.is(layers[1]!.change, null)
  assert.ok(layers[0]!.change)
})

test.run()
