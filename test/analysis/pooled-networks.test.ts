import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupCoefficients } from '../../src/analysis/analyze-groups.ts'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { bucketNames } from '../../src/analysis/report-types.ts'
import { analyze } from '../../src/analyze.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import type { LazyInput } from '../../src/io/random-access.ts'
import { measureCoefficients } from '../../src/measure/coefficients.ts'

// The whole way from the files of two groups of real networks (150 MB, so not in the repository) to the figures that the
// reference code printed for them. The folder holds the models of npm @upscalerjs/esrgan-thick as
// upscalerjs_esrgan-thick_x2/model.json … _x8/, and the medium model of npm @imgly/background-removal-data joined to one file.
const folder = process.env['FILTERLENS_POOLED']
const paths = [...[2, 3, 4, 8].map((scale) => `upscalerjs_esrgan-thick_x${scale}/model.json`), 'imgly_isnet_fp16_medium.onnx']
if (!folder || !existsSync(`${folder}/${paths[4]}`)) {
  test.skip('pooled figures of real networks', () => undefined)
  console.log('skipped: pooled figures from the networks themselves (set FILTERLENS_POOLED to their folder)')
} else {
  const inputs = paths.map((path): LazyInput => {
    const full = `${folder}/${path}`
    return {
      path,
      open: async () => ({ path, access: await openFile(full), folder: diskFolder(full.slice(0, full.lastIndexOf('/'))) }),
    }
  })
  const pooled = JSON.parse(readFileSync(new URL('../fixtures/pooled/pooled.json', import.meta.url), 'utf8'))

  test('pooled figures of real networks', async () => {
    const started = performance.now()
    const analysis = await analyze(inputs, { hash: false })
    const measured = performance.now()
    const names = analysis.models.map(({ model }) => model)
    const options = {
      analysis,
      groups: { a: { name: 'A', models: names.slice(0, 4) }, b: { name: 'B', models: names.slice(4) } },
    }
    const coefficients = (await groupCoefficients(inputs, options))!
    const passed = performance.now()
    const report = groupAnalysis({ ...options, coefficients })
    console.log(
      `measuring ${Math.round(measured - started)} ms, coefficients ${Math.round(passed - measured)} ms, the rest ${Math.round(performance.now() - passed)} ms`,
    )
    let worst = 0
    const near = (actual: number | null, expected: number): void => {
      assert.ok(actual !== null && Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`)
      worst = Math.max(worst, Math.abs(actual - expected))
    }
    assert.equal(
      [report.groups.a.filters, report.groups.b.filters, report.groups.b.sparse_filters],
      [pooled.n.A, pooled.n.B, pooled.n.sparse_B],
    )
    for (const [index, key] of ['AB', 'A', 'B'].entries()) {
      const [row, want] = [report.bases[index]!, pooled.pca[key]]
      assert.is(row.filters, want.n)
      for (let c = 0; c < 9; c++) {
        near(row.mean![c]!, want.mean[c])
        near(row.explained_variance![c]!, want.explained_variance[c])
        near(row.explained_variance_ratio![c]!, want.explained_variance_ratio[c])
        const top = want.components[c].reduce((best: number, x: number) => (Math.abs(x) > Math.abs(best) ? x : best), 0)
        for (let j = 0; j < 9; j++) near(row.components![c]![j]!, want.components[c][j] * Math.sign(top))
      }
    }
    near(coefficients.range[0], pooled.coefficients.range[0])
    near(coefficients.range[1], pooled.coefficients.range[1])
    for (const [side, group] of [
      ['A', 'a'],
      ['B', 'b'],
    ] as const) {
      const row = report.coefficients!.groups.find((one) => one.group === group && one.bucket === 'all')!
      assert.equal(row.counts, pooled.coefficients[`counts_${side}`])
      for (let c = 0; c < 9; c++) {
        near(row.min![c]!, pooled.coefficients.stats[side].min[c])
        near(row.max![c]!, pooled.coefficients.stats[side].max[c])
      }
    }
    const shift = report.shift.find(({ bucket }) => bucket === 'all')!
    near(shift.shift, pooled.coefficients.kl_weighted_sym)
    for (let c = 0; c < 9; c++) near(shift.components![c]!, pooled.coefficients.kl_sym_per_component[c])
    // The reference's shift by depth was made with other signs of the components (scikit-learn 1.2), on which the histograms depend.
    const signs = [1, -1, 1, -1, -1, 1, 1, 1, 1]
    const components = coefficients.basis.components.map((x, k) => x * signs[Math.floor(k / 9)]!)
    const turned = await measureCoefficients(inputs, analysis, { mean: coefficients.basis.mean, components })
    const other = groupAnalysis({ ...options, coefficients: { ...turned, basis: coefficients.basis } })
    // Whether the depth of a TensorFlow.js layer comes from the graph or from its place in the file, the reference has both.
    const inGraph = report.pooled_depth[0]!.filters === pooled.by_depth_graph.group_pooled.A[0].filters
    const depth = inGraph ? pooled.by_depth_graph : pooled.by_depth_file_order
    for (const [k, bucket] of bucketNames.entries()) {
      near(other.shift.find((row) => row.bucket === bucket)!.shift, depth.kl_A_vs_B_by_bucket[k])
      for (const [side, group] of [
        ['A', 'a'],
        ['B', 'b'],
      ] as const) {
        const row = report.pooled_depth.find((one) => one.group === group && one.bucket === bucket && one.dataset === null)!
        const want = depth.group_pooled[side][k]
        assert.equal([row.layers, row.filters], [want.layers, want.filters])
        near(row.sparsity, want.sparsity)
        near(row.variance_entropy, want.entropy)
        near(row.orthogonality, want.ortho_without_out1)
      }
    }
    console.log(
      `depth from the ${inGraph ? 'graph' : 'file'}; all counts equal, everything else within ${worst.toExponential(1)}`,
    )
  })
}

test.run()
