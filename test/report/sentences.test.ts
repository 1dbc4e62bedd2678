import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupCoefficients } from '../../src/analysis/analyze-groups.ts'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { joinPairs } from '../../src/analysis/join-pairs.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { parsePairs } from '../../src/analysis/pairs.ts'
import { analyze } from '../../src/analyze.ts'
import { isBeyondChance } from '../../src/figures/chance-words.ts'
import { pcaBases } from '../../src/figures/pca-bases.ts'
import { shiftByDepth } from '../../src/figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../../src/figures/shift-matrix.ts'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { howSure, leadSentences } from '../../src/report/answer.ts'
import { scaleOf } from '../../src/shift/level.ts'
import { halvesChance } from '../../src/shift/random-halves.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { fixed, percent, pNumber } from '../../src/words.ts'

const text = (name: string): string => readFileSync(`data/${name}`, 'utf8')
const inputs = await listInputs(['data'])
const analysis = await analyze(inputs, { meta: parseMeta('meta.csv', text('meta.csv')) })
const names = analysis.models.map(({ model }) => model)
const pairs = joinPairs(names, parsePairs('pairs.csv', text('pairs.csv')))
const coefficients = (await groupCoefficients(inputs, { analysis, pairs }))!
const report = groupAnalysis({ analysis, pairs, coefficients })

test("the demo's answer: what is said of p is what the tables hold", () => {
  const { lead, rest } = leadSentences(report)
  const tests = report.comparisons.filter(
    ({ bucket, dataset, counting, metric }) =>
      bucket === 'all' &&
      dataset === null &&
      counting === 'models' &&
      ['sparsity', 'variance_entropy', 'orthogonality'].includes(metric),
  )
  const least = Math.min(...tests.flatMap(({ test }) => (test ? [test.p] : [])))
  const said = rest.find((sentence) => /the smallest p that the test can give/.test(sentence))!
  assert.ok(said.includes(pNumber(Math.min(...tests.flatMap(({ test }) => (test ? [test.p_least!] : []))))), said)
  assert.ok(tests.every(({ test }) => !test || test.p >= test.p_least! - 1e-15) && least > 0)
  assert.ok(tests.every(({ p_holm }) => p_holm === null || p_holm >= 0.05))
  assert.match(lead, /too few to show it for other models/)
  assert.match(howSure(report), /^6 pairs, each of its own normal model\./)
})

test("the demo's shifts: nothing is called beyond chance, largest or furthest that is not", async () => {
  const { caption } = await shiftByDepth(report)
  for (const dataset of report.datasets) {
    const rows = report.shift.filter((row) => row.dataset === dataset && row.counting === 'pairs' && row.shift !== null)
    const all = rows.find(({ bucket }) => bucket === 'all')!
    assert.not(isBeyondChance(all.chance)) // three pairs can be swapped in four ways
    assert.ok(
      caption.includes(
        `on ${dataset} D = ${fixed(all.shift)} (chance ${fixed(all.chance!.median)}, 95 %: ${fixed(all.chance!.high)}; not shown`,
      ),
    )
    assert.ok(rows.every(({ chance }) => chance!.p >= 0.2))
  }
  assert.not.match(caption, /largest|furthest|by most/)
  for (const matrix of report.matrices) {
    const { caption: words } = shiftMatrixFigure(matrix, report)
    const beyond = matrix.chance!.flat().filter(isBeyondChance).length / 2
    assert.ok(beyond === 0 ? !/by most|Furthest/.test(words) : words.startsWith(`${beyond} of `), words)
  }
  const first = report.shift.find(({ dataset, bucket }) => dataset === 'cifar10' && bucket === 'first')!
  assert.is(fixed(first.shift), '1.628')
})

test('first layers of 16 to 24 channels: halves of the same filters give 1.48 (95 %: 1.85), as numpy deals them', () => {
  const both = new Float64Array(630)
  for (const { model, layer_id, counts } of coefficients.layers)
    if (
      model.includes('cifar10') &&
      analysis.layers.find((row) => row.model === model && row.layer_id === layer_id)!.conv_depth === 0
    )
      for (const [k, count] of counts.entries()) both[k]! += count
  const half = both.map((count) => Math.ceil(count / 2))
  const scale = scaleOf(coefficients.basis.explainedVarianceRatio, coefficients.range)
  const rest = both.map((count, k) => count - half[k]!)
  const { median, high } = halvesChance(1, half, rest, scale, sharedInstance(), { seed: 1, draws: 1000 })!
  assert.ok(Math.abs(median - 1.48) < 0.03 && Math.abs(high - 1.85) < 0.06, `${median} ${high}`)
})

test("the demo's bases: spread is said only where the numbers beside it show it", () => {
  const { caption } = pcaBases(report)
  const [a, b] = (['a', 'b'] as const).map(
    (side) => report.bases.find(({ group, dataset }) => group === side && dataset === null)!.explained_variance_ratio![0]!,
  )
  if (/spread over more/.test(caption)) assert.is.not(percent(a), percent(b))
  assert.ok(caption.includes(percent(a)) && caption.includes(percent(b)))
})

test.run()
