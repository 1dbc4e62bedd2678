import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { groupReportProblem } from '../../src/analysis/report-schema.ts'
import { describedGroupTables, groupTables } from '../../src/results/export-groups.ts'
import { modelRow, syntheticAnalysis, syntheticCoefficients } from './synthetic.ts'

const models = ['n1', 'n2', 'r1', 'r2'].map((name, k) =>
  modelRow(name, {
    Robust: name.startsWith('r'),
    'Clean Accuracy': 80 + k,
    'Training-Dataset': 'cifar10',
    Note: k === 1 ? null : 'x',
  }),
)
const parameters = { profile: 'cvprw22', threshold: 0.01, kernel: '3x3', kernel_sha256: '00' } as const
const analysis = { ...syntheticAnalysis(models, 6), parameters }
const pairs = [
  { a: 'n1', b: 'r1', architecture: null, dataset: null },
  { a: 'n2', b: 'r2', architecture: null, dataset: null },
]
const report = groupAnalysis({ analysis, pairs, coefficients: syntheticCoefficients(analysis) })

/** The report as it is read from a file, one member changed; undefined takes it away. */
function changed(path: string, change: (old: unknown) => unknown): unknown {
  const found = JSON.parse(JSON.stringify({ report })) as Record<string, unknown>
  const steps = ['report', ...path.split('.')]
  const last = steps.pop()!
  const holder = steps.reduce((value, step) => value[step] as Record<string, unknown>, found)
  holder[last] = change(holder[last])
  return JSON.parse(JSON.stringify(found['report']))
}

test('what the analysis gives is what is described, with and without coefficients', () => {
  assert.is(groupReportProblem(changed('version', (old) => old)), undefined)
  assert.is(groupReportProblem(JSON.parse(JSON.stringify(groupAnalysis({ analysis })))), undefined)
})

test('what is not is refused, with its place', () => {
  const refused = (path: string, change: (old: unknown) => unknown, pattern: RegExp): void =>
    assert.match(groupReportProblem(changed(path, change)) ?? 'accepted', pattern)
  const shorter = (old: unknown): unknown => (old as unknown[]).slice(1)
  refused('comparisons.0.n', String, /^comparisons\.0\.n: Invalid type: Expected number/)
  refused('comparisons.1.metric', () => 'beauty', /^comparisons\.1\.metric: Invalid type/)
  refused('pairs.1.metrics.orthogonality.b', () => undefined, /^pairs\.1\.metrics\.orthogonality\.b: /)
  refused('models.0.filters', () => -1, /^models\.0\.filters: /)
  refused('parameters.profile', () => 'mine', /^parameters: parameters that are not of filterlens/)
  refused('bases.0.mean', shorter, /^bases\.0: a basis whose parts do not fit one another/)
  refused('coefficients.bins', () => 69, /^coefficients: histograms of other lengths/)
  refused('matrices.0.shift', shorter, /^matrices\.0: a matrix that is not square/)
  assert.match(groupReportProblem(null) ?? 'accepted', /^Invalid type/)
})

test('every table has the columns that are described, and the group that a row is about by its name', () => {
  const tables = groupTables(report)
  const described = describedGroupTables()
  assert.equal(
    tables.map(({ name, columns }) => [name, columns.map((column) => [column.name, column.type])]),
    described.map(({ name, columns }) => [name, columns.map((column) => [column.name, column.type])]),
  )
  for (const { name, columns } of described)
    for (const column of columns) {
      assert.ok(column.meaning.length > 0, `${name}.${column.name}`)
      const stored = tables.find((table) => table.name === name)!.columns.find((one) => one.name === column.name)!
      if (!column.nullable) assert.not((stored.values as readonly unknown[]).includes(null), `${name}.${column.name}`)
    }
  const groups = tables.find(({ name }) => name === 'distributions')!.columns.find(({ name }) => name === 'group')!
  assert.equal([...new Set(groups.values as string[])].sort(), [report.groups.a.name, report.groups.b.name].sort())
})

test.run()
