import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clustersOf, distinctPairs } from '../../src/analysis/clusters.ts'
import { coefficientBins } from '../../src/analysis/coefficients.ts'
import { blocksByKind, permuteLabels, swapClusters } from '../../src/analysis/exchange.ts'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import type { Pair } from '../../src/analysis/pairs.ts'
import type { GroupReport, ShiftRow } from '../../src/analysis/report-types.ts'
import { scaleOf } from '../../src/shift/level.ts'
import { quantile } from '../../src/shift/quantile.ts'
import { halvesChance } from '../../src/shift/random-halves.ts'
import { densities, distributionShift } from '../../src/shift/shift.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { modelRow, syntheticAnalysis, syntheticCoefficients, withTwin } from './synthetic.ts'

const draw = sharedInstance()
const pair = (a: string, b: string, dataset: string | null = null): Pair => ({ a, b, architecture: null, dataset })
const index = (a: number, b: number) => ({ a: { index: a }, b: { index: b } })

test('pairs that share a model, or models with the same filters, are one cluster', () => {
  // Models 1 and 4 have the same filters.
  const classes = Uint32Array.from([0, 1, 2, 3, 1, 5, 6, 7])
  const pairs = [index(0, 5), index(1, 6), index(4, 7), index(2, 5)]
  assert.equal(clustersOf(pairs, classes), [
    [pairs[0], pairs[3]],
    [pairs[1], pairs[2]],
  ])
  assert.equal(distinctPairs([index(1, 6), index(4, 6), index(4, 7)], classes), [index(1, 6), index(4, 7)])
})

test('swaps take one side of each cluster, permutations keep the size of each side of each stratum', () => {
  const { exchanged, resampled } = swapClusters(3, 1, 50)
  for (let d = 0; d < 50; d++)
    assert.equal(
      [...exchanged.a.subarray(3 * d, 3 * d + 3)].map((r) => r >> 1),
      [0, 1, 2],
    )
  for (const [k, r] of resampled!.a.entries()) assert.is(resampled!.b[k], r + 1)
  assert.is(swapClusters(1, 1).resampled, null)
  const labels = permuteLabels(
    [
      { a: [0, 1], b: [2] },
      { a: [3], b: [4, 5] },
    ],
    1,
    50,
  )
  const seen = new Set<string>()
  for (let d = 0; d < 50; d++) {
    const picked = [...labels.exchanged.a.subarray(3 * d, 3 * d + 3)].sort()
    assert.is(new Set(picked).size, 3)
    assert.is(picked.filter((r) => r < 3).length, 2)
    seen.add(picked.join())
  }
  assert.is(seen.size, 9) // 3 × 3 ways
  const blocks = blocksByKind(
    Array.from({ length: 1000 }, (_, k) => (k < 900 ? 'a' : 'b')),
    1,
  )
  assert.equal(new Set(blocks.slice(0, 900)).size + new Set(blocks.slice(900)).size, new Set(blocks).size)
  assert.is(new Set(blocks).size, 115 + 12)
})

const models = ['n1', 'n2', 'n3', 'n4', 'r1', 'r2', 'r3', 'r4', 'r5'].map((name, k) =>
  modelRow(name, { Robust: name.startsWith('r'), 'Training-Dataset': k % 4 < 2 ? 'one' : 'two' }),
)
const analysis = syntheticAnalysis(models, 6)
const pairs = [pair('n1', 'r1'), pair('n1', 'r2'), pair('n2', 'r3'), pair('n3', 'r4'), pair('n4', 'r5')]
const coefficients = syntheticCoefficients(analysis)
const paired = groupAnalysis({ analysis, pairs, coefficients })
const unpaired = groupAnalysis({ analysis, coefficients })

const shiftIn = (report: GroupReport, counting: 'pairs' | 'models', bucket: string): ShiftRow =>
  report.shift.find((row) => row.dataset === null && row.counting === counting && row.bucket === bucket)!

function countsOf(names: readonly string[], bucket?: (layer: number) => boolean): Float64Array {
  const total = new Float64Array(9 * coefficientBins)
  for (const name of names)
    for (const { model, layer_id, counts } of coefficients.layers)
      if (model === name && (bucket === undefined || bucket(layer_id)))
        for (const [k, count] of counts.entries()) total[k]! += count
  return total
}

function shiftOf(a: Float64Array, b: Float64Array): number {
  const [p, q] = [a, b].map((counts) => densities({ filters: 1, counts }, coefficients.range, draw.math)!)
  return distributionShift(p!, q!, coefficients.basis.explainedVarianceRatio).shift
}

test('beside D stands what all swaps of clusters give', () => {
  // Every swap there is, counted out with the plain functions: 2^4, with n1, r1 and r2 as one.
  for (const [counting, times] of [
    ['pairs', 2],
    ['models', 1],
  ] as const)
    for (const [bucket, isIn] of [
      ['all', () => true],
      ['first', (layer: number) => layer === 0],
    ] as const) {
      const row = shiftIn(paired, counting, bucket)
      const sides = [
        [Array.from({ length: times }, () => 'n1'), ['r1', 'r2']],
        [['n2'], ['r3']],
        [['n3'], ['r4']],
        [['n4'], ['r5']],
      ].map((names) => names.map((some) => countsOf(some, isIn)))
      const all = Array.from({ length: 16 }, (_, swaps) => {
        const total = (side: number): Float64Array =>
          sides.reduce(
            (sum, both, k) => sum.map((count, i) => count + both[side ^ ((swaps >> k) & 1)]![i]!),
            new Float64Array(9 * coefficientBins),
          )
        return shiftOf(total(0), total(1))
      })
      assert.ok(Math.abs(all[0]! - row.shift!) < 1e-15)
      const { chance } = row
      assert.equal([chance!.unit, chance!.units], ['cluster', 4])
      const sorted = Float64Array.from(all).sort()
      // The median of many draws of 8 values lies between neighbours of theirs.
      assert.ok(chance!.median >= quantile(sorted, 0.35) - 1e-12 && chance!.median <= quantile(sorted, 0.65) + 1e-12)
      const share = all.filter((value) => value >= row.shift! - 1e-12).length / 16
      assert.ok(Math.abs(chance!.p - share) < 0.05, `${chance!.p} ${share}`)
      assert.is(chance!.excess, row.shift! - chance!.median)
      assert.ok(chance!.interval![0] <= chance!.interval![1] && chance!.interval![0] >= 0)
      const family = paired.shift.filter(
        (one) =>
          one.counting === counting &&
          one.chance &&
          (bucket === 'all' ? one.bucket === 'all' : one.bucket !== 'all' && one.dataset === null),
      )
      assert.is(chance!.family, family.length)
      assert.ok(chance!.p_holm! >= chance!.p)
    }
})

test('one pair is what chance gives; without pairs labels of models are exchanged; single models deal out their filters', () => {
  const lone = groupAnalysis({ analysis, pairs: pairs.slice(0, 1), coefficients })
  const { shift, chance } = shiftIn(lone, 'pairs', 'all')
  assert.equal([chance!.median, chance!.high, chance!.excess, chance!.p, chance!.interval], [shift, shift, 0, 1, null])
  const free = shiftIn(unpaired, 'models', 'all').chance!
  assert.equal([free.unit, free.units], ['model', 9])
  assert.ok(free.p > 1 / 1001 && free.p <= 1 && free.median > 0 && free.high >= free.median)
  const two = groupAnalysis({
    analysis,
    coefficients,
    groups: { a: { name: 'A', models: ['n1'] }, b: { name: 'B', models: ['r1'] } },
  })
  const dealt = shiftIn(two, 'models', 'all')
  assert.is(dealt.chance!.unit, 'filter')
  for (const { shift: own, chance: level } of paired.pairs) assert.ok(own! > 0 && level!.unit === 'filter' && level!.median > 0)
})

test('models with the same filters are one', () => {
  const twin = withTwin(analysis, 'n1', 'n2')
  const found = groupAnalysis({ analysis: twin, pairs, coefficients })
  assert.is(shiftIn(found, 'pairs', 'all').chance!.units, 3)
  assert.is(shiftIn(groupAnalysis({ analysis: twin, coefficients }), 'models', 'all').chance!.units, 8)
})

test('a matrix has the levels of the table where they are about the same models', () => {
  const [matrix] = paired.matrices
  assert.equal(matrix!.values.length, matrix!.chance!.length)
  for (const [i, row] of matrix!.chance!.entries())
    for (const [j, cell] of row.entries()) {
      assert.equal(cell, matrix!.chance![j]![i])
      assert.is(cell === null, i === j)
    }
  const one = groupAnalysis({
    analysis: { ...analysis, models: models.map(({ model, meta }) => modelRow(model, { Robust: meta['Robust']! })) },
    pairs,
    coefficients,
  })
  const { p_holm: _, family: __, ...level } = one.matrices[0]!.chance![0]![1]!
  const { p_holm: ___, family: ____, ...same } = shiftIn(one, 'models', 'all').chance!
  assert.equal(level, same)
})

test('halves of the same filters: as numpy deals them (384 filters in 9 components, 1,000 draws)', () => {
  // A hump of 384 filters in each component, the narrower the later, as first layers have them.
  const both = new Float64Array(9 * coefficientBins)
  for (let c = 0; c < 9; c++)
    for (let k = 0; k < 384; k++) {
      const place = (k + 0.5) / 384 - 0.5
      const bin = 35 + Math.round((34 - 3 * c) * 4 * place * place * place * 2)
      both[c * coefficientBins + bin]!++
    }
  const half = both.map((count) => Math.ceil(count / 2))
  const other = both.map((count, k) => count - half[k]!)
  const scale = scaleOf([0.4, 0.2, 0.15, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01], [-2, 2])
  const found = halvesChance(1, half, other, scale, draw, { seed: 1, draws: 1000 })!
  // multivariate_hypergeometric, seed 1: median 2.791, 95 % 3.350
  assert.ok(Math.abs(found.median - 2.79) < 0.06, `${found.median}`)
  assert.ok(Math.abs(found.high - 3.35) < 0.12, `${found.high}`)
})

test.run()
