import type { ModelRow } from '../measure/model-row.ts'
import { holm } from './holm.ts'
import { knownColumns, metaValue } from './members.ts'
import { type NumericColumn, requireNumbers } from './meta-column.ts'
import type { DepthSums } from './model-depth.ts'
import { groupedNames, metricNames } from './report-names.ts'
import { spearman, type TriedOrders } from './spearman.ts'
import type { ColumnCorrelation } from './study-types.ts'

/** A model with its metrics. */
interface CorrelatedModel {
  readonly index: number
  readonly row: ModelRow
}

/** What is correlated: a metric over some layers, or a column. */
interface Variable {
  readonly of: string
  readonly bucket: 'all' | 'first'
  readonly value: (model: CorrelatedModel) => number | null
}

type Scope = Pick<ColumnCorrelation, 'dataset' | 'architecture'>

/** Fewer models are in no order that says anything. */
const LEAST_MODELS = 3

/**
 * Spearman's rank correlation of every metric (over all layers; the paper's three in the first layer too) with each column, and of
 * the columns with one another: over all models, in each data set, and in each data set for each architecture with three models
 * at least. Models with the same filters (`classes`) and the same values count once. p is corrected by Holm's method over all
 * that could be correlated in the same kind of scope.
 * @throws UsageError for a column that no model has, or that is not numeric
 */
export function columnCorrelations(
  models: readonly ModelRow[],
  names: readonly string[],
  depth: DepthSums,
  classes: Uint32Array,
): ColumnCorrelation[] {
  const columns = names.map((name) => requireNumbers(models, 'correlate', name))
  const tried: TriedOrders = new Map()
  const kinds = scopesOf(models)
  return kinds.flatMap((scopes) => {
    const rows = scopes.flatMap(({ scope, members }) =>
      columns.flatMap((column, k) => {
        const others = columns
          .slice(0, k)
          .map(({ name, number }): Variable => ({ of: name, bucket: 'all', value: ({ row }) => number(row) }))
        return [...metricVariables(depth), ...others].map((variable) =>
          correlation(variable, column, scope, members, classes, tried),
        )
      }),
    )
    const p = rows.map((row) => row.p_exact ?? row.p)
    const family = p.filter((value) => value !== null).length
    const corrected = holm(p)
    return rows.map(({ because, ...row }, k) => ({ ...row, p_holm: corrected[k]!, family, because }))
  })
}

function metricVariables(depth: DepthSums): Variable[] {
  const of = (metric: (typeof groupedNames)[number], bucket: 'all' | 'first'): Variable => ({
    of: metric,
    bucket,
    value: (model) => depth.value(model, bucket === 'all' ? 'all' : 0, metric),
  })
  return [...groupedNames.map((metric) => of(metric, 'all')), ...metricNames.map((metric) => of(metric, 'first'))]
}

/** All models; then each data set; then each architecture of each data set: kinds of scopes, with their models. */
function scopesOf(rows: readonly ModelRow[]): { scope: Scope; members: CorrelatedModel[] }[][] {
  const models = rows.map((row, index) => ({ index, row }))
  const textOf = (row: ModelRow, names: readonly string[]): string | null => {
    const value = metaValue(row.meta, names)
    return value === null || value === '' ? null : String(value)
  }
  const by = (key: (row: ModelRow) => Scope | null): { scope: Scope; members: CorrelatedModel[] }[] => {
    const found = new Map<string, { scope: Scope; members: CorrelatedModel[] }>()
    for (const model of models) {
      const scope = key(model.row)
      if (!scope) continue
      const text = JSON.stringify(scope)
      const known = found.get(text)
      if (known) known.members.push(model)
      else found.set(text, { scope, members: [model] })
    }
    return [...found.values()].filter(({ members }) => members.length >= LEAST_MODELS)
  }
  const dataset = (row: ModelRow) => textOf(row, knownColumns.dataset)
  return [
    [{ scope: { dataset: null, architecture: null }, members: models }],
    by((row) => (dataset(row) === null ? null : { dataset: dataset(row), architecture: null })),
    by((row) => {
      const architecture = textOf(row, knownColumns.architecture)
      return dataset(row) === null || architecture === null ? null : { dataset: dataset(row), architecture }
    }),
  ]
}

function correlation(
  { of, bucket, value }: Variable,
  { name, number }: NumericColumn,
  scope: Scope,
  models: readonly CorrelatedModel[],
  classes: Uint32Array,
  tried: TriedOrders,
): Omit<ColumnCorrelation, 'p_holm' | 'family'> {
  const [x, y]: [number[], number[]] = [[], []]
  const seen = new Set<string>()
  for (const model of models) {
    const [a, b] = [value(model), number(model.row)]
    if (a === null || b === null) continue
    const key = `${classes[model.index]} ${a} ${b}`
    if (seen.has(key)) continue
    seen.add(key)
    x.push(a)
    y.push(b)
  }
  const row = { of, bucket, against: name, ...scope, n: x.length }
  const found = spearman(x, y, tried)
  if ('because' in found) return { ...row, rho: null, p: null, p_exact: null, because: found.because }
  return { ...row, rho: found.rho, p: found.p, p_exact: found.p_exact, because: null }
}
