import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupCoefficients } from '../../src/analysis/analyze-groups.ts'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { joinPairs } from '../../src/analysis/join-pairs.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { parsePairs } from '../../src/analysis/pairs.ts'
import { bucketNames, type MetricName } from '../../src/analysis/report-types.ts'
import { analyze } from '../../src/analyze.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'

// 119,648 filters of the authors' 114 models, decoded from their published figures; the licence (CC BY-SA 4.0) keeps them out of
// this repository.
const sample = process.env['FILTERLENS_SAMPLE']
if (!sample || !existsSync(`${sample}/dataset.h5`)) {
  test.skip("the sample of the paper's own filters", () => undefined)
  console.log(
    "skipped: the sample of the paper's own filters (set FILTERLENS_SAMPLE to the folder that holds dataset.h5, meta.csv, pairs.csv)",
  )
} else {
  test("the sample of the paper's own filters", async () => {
    const text = (name: string): string => readFileSync(`${sample}/${name}`, 'utf8')
    const path = `${sample}/dataset.h5`
    const inputs = [{ path, open: async () => ({ path, access: await openFile(path), folder: diskFolder(sample) }) }]
    const analysis = await analyze(inputs, { meta: parseMeta('meta.csv', text('meta.csv')), hash: false })
    const models = analysis.models.map(({ model }) => model)
    const pairs = joinPairs(models, parsePairs('pairs.csv', text('pairs.csv')))
    const coefficients = await groupCoefficients(inputs, { analysis, pairs })
    const near = (found: number | null | undefined, expected: number): void =>
      assert.ok(Math.abs(found! - expected) < 5e-7, `${found}, expected ${expected}`)
    const started = process.cpuUsage()
    const report = groupAnalysis({ analysis, pairs, coefficients })
    const { user, system } = process.cpuUsage(started)
    console.log(`${analysis.layers.length} layers: ${((user + system) / 1e6).toFixed(2)} s of processor time after measuring`)
    assert.equal([report.models.length, report.pairs.length, report.groups.a.models, report.groups.b.models], [114, 66, 43, 71])
    assert.is(report.groups.a.filters + report.groups.b.filters, 119_648 - analysis.skipped.length)
    // The pool of the notebooks: models that stand in a pair (independent figures of numpy for the same filters).
    const pool = report.bases.find(({ group, dataset }) => group === 'all' && dataset === null)!
    assert.is(pool.filters, 112_605)
    for (const [k, ratio] of [0.397592, 0.192822, 0.153093, 0.084912, 0.055464, 0.055189, 0.022847, 0.022029, 0.016052].entries())
      near(pool.explained_variance_ratio![k], ratio)
    const overPairs = (dataset: string): number | null =>
      report.shift.find((row) => row.dataset === dataset && row.counting === 'pairs' && row.bucket === 'all')!.shift
    near(overPairs('cifar10'), 0.087559)
    near(overPairs('cifar100'), 0.054775)
    for (const counting of ['pairs', 'models'] as const) {
      const rows = report.comparisons.filter(
        (row) => row.metric === 'variance_entropy' && row.dataset === null && row.counting === counting,
      )
      const [all, ...depth] = rows
      assert.is(all!.n, counting === 'pairs' ? 66 : 35)
      assert.ok(all!.difference! > 0.05 && all!.interval![0] > 0 && all!.p_holm! < 1e-6)
      const largest = Math.max(...depth.map(({ difference }) => difference!))
      assert.is(depth.find(({ difference }) => difference === largest)!.bucket, bucketNames[10])
    }
    const shift = report.shift.find(
      ({ dataset, counting, bucket }) => dataset === 'cifar10' && counting === 'pairs' && bucket === 'all',
    )!
    assert.ok(shift.shift! > 0)
    assert.ok(report.warnings.some((warning) => warning.startsWith('the same filters under several names')))
    // The paper's finding on first layers: robust ones threshold. Means over the models, and the test over pairs.
    const paired = new Set(report.pairs.flatMap(({ a, b }) => [a, b]))
    const first = (metric: MetricName) => ({
      test: report.comparisons.find(
        (row) => row.metric === metric && row.bucket === 'first' && row.dataset === null && row.counting === 'models',
      )!,
      means: (['a', 'b'] as const).map((side) => {
        const values = report.depth.flatMap((row) =>
          row.bucket === 'first' && row.group === side && paired.has(row.model) ? row[metric]! : [],
        )
        return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3))
      }),
    })
    assert.equal(first('centre_share').means, [0.225, 0.709])
    assert.equal(first('symmetry').means, [0.437, 0.824])
    for (const metric of ['centre_share', 'symmetry'] as const) {
      const { n, test } = first(metric).test
      assert.is(n, 35)
      assert.ok(test!.p < 2e-12)
    }
  })
}

test.run()
