import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import type { PassResult } from '../../src/measure/layer-pass.ts'
import { localMeasurer } from '../../src/measure/measurer.ts'
import { evaluateMetrics } from '../../src/measure/metrics/evaluate.ts'
import type { Profile } from '../../src/measure/model-row.ts'
import { openInstance } from '../../src/wasm/module.ts'
import type { ConvShape } from '../../src/weights/plan.ts'

interface EdgeCase {
  readonly shape: ConvShape
  readonly weights: readonly (number | string)[]
  readonly notebook: Readonly<Record<'peak' | 'sparse_filters' | 'variance_entropy' | 'orthogonality', number | null>>
  readonly torchconvquality: Readonly<Record<string, number | null>>
}

const cases = JSON.parse(readFileSync(new URL('../fixtures/edge-cases.json', import.meta.url), 'utf8')) as Record<
  string,
  EdgeCase
>
const wasm = await openInstance()

async function measured(name: string, profile: Profile) {
  const { shape, weights } = cases[name]!
  const values = Float32Array.from(weights, Number)
  const exact = weights.every((w, k) => Object.is(values[k], Number(w)))
  const measurer = localMeasurer({ threshold: 0.01, profile, passes: new Set(['gram'] as const) }, wasm)
  const plan = { access: memoryAccess(name, new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' as const }
  const result: PassResult = await measurer.measure({ plan, shape })
  return { exact, result }
}

/** float32 inputs must agree to 1e-9; a case given in float64 is narrowed first, which moves results by about 1e-7. */
function close(actual: number | null, expected: number | null, exact: boolean, what: string): void {
  assert.ok(actual !== null && expected !== null, `${what}: ${actual} against ${expected}`)
  const tolerance = exact ? 1e-9 : what.startsWith('denormal') ? 1e-4 : 2e-7
  assert.ok(
    Math.abs(actual! - expected!) <= tolerance * Math.max(1e-3, Math.abs(expected!)),
    `${what}: ${actual} against ${expected}`,
  )
}

/** Metrics that have no value, by case; the reference gives NaN, infinities, or a zero that means nothing. */
const raw = ['variance_entropy_raw', 'variance_entropy_raw_norm']
const clean = ['variance_entropy', 'variance_entropy_clean', 'variance_entropy_clean_norm']
const standardised = ['norm_l1_standardised', 'norm_l2_standardised']
const shape = ['dc_share', 'centre_share', 'frequency', 'symmetry']
const pairs = ['orthogonality', 'nearest_cosine', 'duplicate_outputs', 'overlap_over_chance']
const undefinedIn: Record<string, readonly string[]> = {
  all_zero_4x4: [...clean, ...raw, ...standardised, ...shape],
  all_zero_1x1: [...clean, ...raw, ...standardised, ...shape, ...pairs],
  all_zero_1x8: [...clean, ...raw, ...standardised, ...shape, ...pairs],
  all_ones_4x4: [...clean, ...raw, ...standardised],
  all_same_random_kernel_4x4: [...clean, ...raw],
  n1_random: [...clean, ...raw, ...pairs],
  out1_in16: pairs,
  out1_in2: pairs,
  one_nonzero_kernel: clean,
}

/** Given in float64 only, these ties are none after narrowing to float32, or become one. */
const tiesMovedByNarrowing = new Set(['cvprw22 tie_max7_w0.07_f64'])
const strictTiesMoved = new Set(['tie_max1_w0.01_f64', 'tie_max29_w0.29_f64', 'tie_max127_w1.27_f64', 'tie_max0.3_w0.003_f64'])

for (const name of Object.keys(cases)) {
  test(name, async () => {
    const { notebook, torchconvquality: tcq } = cases[name]!
    const { exact, result } = await measured(name, 'cvprw22')
    if ('nonFinite' in result) {
      assert.ok(name === 'nan_weight' || name === 'inf_weight')
      assert.is(result.nonFinite.index, 0)
      assert.is(Number.isFinite(result.nonFinite.value), false)
      return
    }
    const row = evaluateMetrics(result.statistics, wasm, 'cvprw22')
    const { shape, weights } = cases[name]!
    const [outputs, inputs, height, width] = shape
    // The covariance of few filters, or of equal ones, has no shape that could be told from a sphere.
    const taps = height * width
    const isFew = outputs * inputs <= taps || weights.every((weight, k) => Number(weight) === Number(weights[k % taps]))
    const undefinedMetrics = [...(undefinedIn[name] ?? []), ...(isFew ? ['sphericity'] : [])]
    assert.equal(Object.keys(row.undefined_because).sort(), [...undefinedMetrics].sort())
    for (const metric of undefinedMetrics) assert.is(row[metric as keyof typeof row], null, metric)
    close(row.peak, notebook.peak, exact, `${name} peak`)
    close(row.norm_l1, tcq['norm_l1']!, exact, `${name} norm_l1`)
    close(row.norm_l2, tcq['norm_l2']!, exact, `${name} norm_l2`)
    const compare = (metric: string, value: number | null, expected: number | null | undefined): void => {
      // torchconvquality gives NaN where a tap is always 0; 0·log 0 = 0 is checked against the notebook's entropy.
      if (!undefinedMetrics.includes(metric) && expected !== null) close(value, expected ?? null, exact, `${name} ${metric}`)
    }
    compare('orthogonality', row.orthogonality, notebook.orthogonality)
    compare('norm_l1_standardised', row.norm_l1_standardised, tcq['norm_l1_norm'])
    compare('norm_l2_standardised', row.norm_l2_standardised, tcq['norm_l2_norm'])
    compare('variance_entropy_raw', row.variance_entropy_raw, tcq['variance_entropy'])
    compare('variance_entropy_raw_norm', row.variance_entropy_raw_norm, tcq['variance_entropy_norm'])
    if (tiesMovedByNarrowing.has(`cvprw22 ${name}`)) return
    assert.is(row.sparse_filters, notebook.sparse_filters)
    compare('variance_entropy', row.variance_entropy, notebook.variance_entropy)
  })
}

test('the strict profile leaves ties out and multiplies by the threshold', async () => {
  for (const name of Object.keys(cases)) {
    const { result, exact } = await measured(name, 'torchconvquality')
    if ('nonFinite' in result || strictTiesMoved.has(name)) continue
    const row = evaluateMetrics(result.statistics, wasm, 'torchconvquality')
    const tcq = cases[name]!.torchconvquality
    assert.is(row.sparse_filters, tcq['sparse_filters'], name)
    assert.is(row.variance_entropy, row.variance_entropy_raw, name)
    if (row.variance_entropy_clean === null || tcq['variance_entropy_clean'] === null) continue
    close(row.variance_entropy_clean, tcq['variance_entropy_clean']!, exact, `${name} clean`)
    close(row.variance_entropy_clean_norm, tcq['variance_entropy_clean_norm']!, exact, `${name} clean_norm`)
  }
})

test.run()
