import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inOrderOf, runsOf, type SweepRun, sweepMeasures, sweepRows, sweepTests, wholeNetwork } from '../../src/analysis/sweep.ts'
import type { TrajectoryRow } from '../../src/analysis/trajectory.ts'
import { analyze } from '../../src/analyze.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { convolution, memoryInput, safetensors } from '../measure/models.ts'

test('a run is the first folder below what the paths have in common', () => {
  assert.equal(runsOf(['s/a/1.pt', 's/a/2.pt', 's/b/1.pt']), ['a', 'a', 'b'])
  assert.equal(runsOf(['s/a/ckpt/100/m.pt', 's/b/ckpt/100/m.pt']), ['a', 'b'])
  assert.equal(runsOf(['a\\1.pt', 'b\\1.pt']), ['a', 'b'])
  assert.equal(runsOf(['a/1.pt', 'a/2.pt']), ['a', 'a'])
  assert.equal(runsOf(['1.pt', 'b/2.pt']), ['.', 'b'])
})

const [{ layers }] = [
  await analyze([
    memoryInput(
      'a.safetensors',
      safetensors([convolution('a.weight', [8, 4, 3, 3], 1), convolution('b.weight', [8, 8, 3, 3], 2)]),
    ),
  ]),
]

/** A run of two checkpoints whose last has changed by so much in its two layers. */
function runOf(run: string, changes: readonly [number, number], meta: SweepRun['meta'], sha256: string = run): SweepRun {
  const rows = [0, 1].flatMap((order) =>
    layers.map(
      (row, k): TrajectoryRow => ({
        ...row,
        ...{ checkpoint: `${order}.pt`, sha256: `${sha256} ${order}`, order, position: 10 * order },
        ...{ first_relative_change: order === 0 ? null : changes[k]!, first_shift: order === 0 ? null : changes[k]! / 2 },
        ...{ first_cosine: null, first_least_cosine: null, first_sign_flips: null, first_shift_chance: null },
        ...{ previous_relative_change: null, previous_cosine: null, previous_least_cosine: null },
        ...{ previous_sign_flips: null, previous_shift: null, previous_shift_chance: null },
      }),
    ),
  )
  return { run, rows, meta }
}

const runs = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map((lr, k) =>
  runOf(`run${k}`, [lr, 2 - lr], { lr, opt: k % 2 === 0 ? 'sgd' : 'adam', note: k === 0 ? 'x' : 1 }),
)
const { math } = sharedInstance()

test('a run as a whole: change by the norms of its layers, D by their filters', () => {
  const [row] = sweepRows(runs)
  const [a, b] = layers.map(({ norm_l2 }) => norm_l2)
  assert.ok(Math.abs(row!.relative_change! - Math.sqrt((0.01 * a! * a! + 1.9 * 1.9 * b! * b!) / (a! * a! + b! * b!))) < 1e-12)
  assert.ok(Math.abs(row!.shift! - (32 * 0.05 + 64 * 0.95) / 96) < 1e-12)
  assert.is(row!.checkpoints, 2)
  assert.is(row!.position, 10)
  assert.is(row!.filters, 96)
})

test('against numbers by rank, against groups by their tests, with p corrected over all layers together and over single ones', () => {
  const tests = sweepTests(runs, { correlate: ['lr'], groupBy: ['opt'] }, math)
  assert.is(tests.length, sweepMeasures.length * 3 * 2)
  const find = (of: string, layer: string, against: string) =>
    tests.find((row) => row.of === of && row.layer === layer && row.against === against)!
  const up = find('relative_change', 'a.weight', 'lr')
  assert.equal([up.test, up.n, up.effect, up.because], ['Spearman', 6, 1, null])
  assert.ok(Math.abs(up.p! - 2 / 720) < 1e-15)
  assert.is(find('relative_change', 'b.weight', 'lr').effect, -1)
  assert.ok(up.p_holm! >= up.p! && up.p_holm! <= 1)
  const groups = find('relative_change', 'a.weight', 'opt')
  assert.is(groups.test, 'Mann-Whitney U')
  assert.ok(Math.abs(groups.effect! - 1 / 3) < 1e-12, String(groups.effect))
  const same = find('sparsity', wholeNetwork, 'lr')
  assert.equal([same.test, same.p, same.because], [null, null, 'all runs have the same value'])
})

test('runs that ended in the same file count once', () => {
  const again = [...runs, runOf('copy', [0.1, 1.9], runs[0]!.meta, 'run0')]
  const [row] = sweepTests(again, { correlate: ['lr'], groupBy: [] }, math).filter(
    ({ of, layer }) => of === 'relative_change' && layer === 'a.weight',
  )
  assert.is(row!.n, 6)
})

test('what is no number cannot be correlated with, and a column that is not there is named', () => {
  assert.throws(
    () => sweepTests(runs, { correlate: ['note'], groupBy: [] }, math),
    /--correlate note: .*run0 has "x"; --group-by/,
  )
  assert.throws(() => sweepTests(runs, { correlate: ['depth'], groupBy: [] }, math), /--correlate depth: there is no such column/)
})

test('runs stand in the order of a parameter', () => {
  const order = inOrderOf([...runs].reverse(), 'lr').map(({ run }) => run)
  assert.equal(order, ['run0', 'run1', 'run2', 'run3', 'run4', 'run5'])
})

test.run()
