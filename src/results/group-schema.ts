import * as v from 'valibot'
import { bucketNames, type GroupReport, metricNames } from '../analysis/report-types.ts'
import type { Parameters } from '../measure/model-row.ts'
import { isParameters } from './table-metadata.ts'

// groups.json comes from anywhere: before a report or a table is made of it, it must be what the analysis writes, down to
// the lengths of its lists.

const MOST_BINS = 10_000

const number = v.pipe(v.number(), v.finite())
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const value = v.nullable(number)
const text = v.string()
const name = v.nullable(v.string())
const numbers = v.array(number)
const side = v.picklist(['a', 'b'])
const group = v.picklist(['all', 'a', 'b'])
const metric = v.picklist(metricNames)
const depth = v.picklist(bucketNames)
const bucket = v.picklist(['all', ...bucketNames])
const counting = v.picklist(['pairs', 'models'])
const meta = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]))
const pairOfNumbers = v.tuple([number, number])

const metrics = { sparsity: value, variance_entropy: value, orthogonality: value }
const counts = { layers: count, filters: count, sparse_filters: count }
const three = v.object({ a: value, b: value, difference: value })

const groupInfo = v.object({ name: text, models: count, ...counts, sparsity: value })

const signedRank = v.object({
  n: count,
  zeros: count,
  w_plus: number,
  w_minus: number,
  p: number,
  method: v.picklist(['exact', 'normal approximation']),
  effect: number,
})

const comparison = v.object({
  metric,
  bucket,
  dataset: name,
  counting,
  n: count,
  a: value,
  b: value,
  difference: value,
  interval: v.nullable(pairOfNumbers),
  test: v.nullable(signedRank),
  p_holm: value,
  family: count,
  because: name,
})

const distribution = v.object({
  metric,
  bucket,
  dataset: name,
  group: side,
  n: count,
  mean: value,
  min: value,
  q1: value,
  median: value,
  q3: value,
  max: value,
  because: name,
})

const basis = v.pipe(
  v.object({
    group,
    dataset: name,
    models: count,
    filters: count,
    mean: v.nullable(numbers),
    components: v.nullable(v.array(numbers)),
    explained_variance: v.nullable(numbers),
    explained_variance_ratio: v.nullable(numbers),
    because: name,
  }),
  v.check(({ mean, components, explained_variance: variance, explained_variance_ratio: ratio }) => {
    const d = mean?.length ?? 0
    return (
      mean === null || // a basis is there as a whole or not at all
      (components?.length === d && components.every((row) => row.length === d) && variance?.length === d && ratio?.length === d)
    )
  }, 'a basis whose parts do not fit one another'),
)

const coefficientRow = v.object({
  group: side,
  dataset: name,
  bucket,
  filters: count,
  counts: v.array(numbers),
  min: v.nullable(numbers),
  max: v.nullable(numbers),
})

const coefficients = v.pipe(
  v.object({
    range: pairOfNumbers,
    bins: v.pipe(count, v.minValue(1), v.maxValue(MOST_BINS)),
    basis_models: count,
    groups: v.array(coefficientRow),
  }),
  v.check(
    ({ bins, range, groups }) => range[0] <= range[1] && groups.every((row) => row.counts.every(({ length }) => length === bins)),
    'histograms of other lengths than they say',
  ),
)

const matrix = v.pipe(
  v.object({
    column: text,
    values: v.array(text),
    models: v.array(count),
    filters: v.array(count),
    shift: v.array(v.array(value)),
  }),
  v.check(
    ({ values: { length }, models, filters, shift }) =>
      models.length === length &&
      filters.length === length &&
      shift.length === length &&
      shift.every((row) => row.length === length),
    'a matrix that is not square',
  ),
)

const groupReport = v.object({
  version: text,
  parameters: v.custom<Parameters>(isParameters, 'parameters that are not of filterlens'),
  methods: v.object({
    test: text,
    effect: text,
    interval: text,
    correction: text,
    correlation: text,
    shift: text,
    seed: number,
    resamples: count,
    level: number,
  }),
  groups: v.object({ a: groupInfo, b: groupInfo }),
  datasets: v.array(text),
  architectures: v.array(text),
  models: v.array(
    v.object({
      model: text,
      group: v.nullable(side),
      dataset: name,
      architecture: name,
      clean_accuracy: value,
      robust_accuracy: value,
      ...counts,
      ...metrics,
      meta,
    }),
  ),
  pairs: v.array(
    v.object({
      a: text,
      b: text,
      architecture: name,
      dataset: name,
      metrics: v.object({ sparsity: three, variance_entropy: three, orthogonality: three }),
      shift: value,
    }),
  ),
  comparisons: v.array(comparison),
  distributions: v.array(distribution),
  depth: v.array(
    v.object({
      model: text,
      group: v.nullable(side),
      dataset: name,
      architecture: name,
      bucket: depth,
      ...counts,
      ...metrics,
    }),
  ),
  pooled_depth: v.array(v.object({ group: side, dataset: name, models: count, bucket: depth, ...counts, ...metrics })),
  bases: v.array(basis),
  coefficients: v.nullable(coefficients),
  shift: v.array(
    v.object({
      dataset: name,
      counting,
      bucket,
      filters_a: count,
      filters_b: count,
      shift: value,
      components: v.nullable(numbers),
      because: name,
    }),
  ),
  matrices: v.array(matrix),
  correlations: v.array(
    v.object({
      metric,
      against: v.picklist(['clean_accuracy', 'robust_accuracy']),
      group,
      by: v.picklist(['all', 'dataset', 'architecture']),
      value: name,
      n: count,
      rho: value,
      p: value,
      p_exact: value,
      because: name,
    }),
  ),
  warnings: v.array(text),
})

/** What is wrong with a value that should be a group analysis: where, and what was expected; undefined when nothing is. */
export function groupReportProblem(found: unknown): string | undefined {
  const result = v.safeParse(groupReport satisfies v.GenericSchema<unknown, GroupReport>, found, { abortEarly: true })
  if (result.success) return undefined
  const [issue] = result.issues
  const place = v.getDotPath(issue)
  return `${place === null ? '' : `${place.slice(0, 80)}: `}${issue.message.slice(0, 120)}`
}
