import * as v from 'valibot'
import { describedMetric, layerMetrics, type OverallRow, overallOf } from '../measure/metrics/registry.ts'
import { isParameters, type Parameters } from '../measure/parameters.ts'
import { basisEntries } from './basis-parts.ts'
import {
  countIn,
  filtersIn,
  numberIn,
  numberOrNull,
  numbersIn,
  numbersOrNull,
  sideIn,
  sideOrAll,
  sideOrNull,
  textIn,
  textOrNull,
  wordIn,
} from './report-kinds.ts'
import { bucketNames, countings, groupedNames, type MetricName } from './report-names.ts'

// What the analysis of two groups gives: plain numbers, strings and arrays, so that it is written to JSON as it is. Described once:
// the types (report-types.ts), the check of a groups.json that was read, which comes from anywhere, the tables of groups/ and
// their description in docs/results.md follow from it.
//
// Everywhere: group `a` is the reference (normal, blue), group `b` the one that is studied (robust, orange), a
// difference is b - a, and a statistic that is undefined is null, with a phrase in `because` that says why.

const MOST_BINS = 10_000

const dataset = textOrNull('the data set; null: all of them')
const ownDataset = textOrNull('the data set that it was trained on')
const architecture = textOrNull('its architecture')
const because = textOrNull('why a value is undefined; null where all are there')
const metric = wordIn(groupedNames, 'the metric')
const bucket = wordIn(['all', ...bucketNames], 'the bucket of relative depth; all: every layer')
const depth = wordIn(bucketNames, 'the bucket of relative depth')
const counting = wordIn(countings, 'what counts once: a pair, or a model')

/** Layers of one or more models together. */
const sizes = { layers: countIn('its layers'), filters: filtersIn('their filters') }
const sparseFilters = filtersIn('sparse filters among them')

type Overall = {
  readonly [K in keyof OverallRow]: null extends OverallRow[K] ? ReturnType<typeof numberOrNull> : ReturnType<typeof filtersIn>
}
/** The metrics that models have, over the layers in question. */
const overall = Object.fromEntries(
  overallOf(layerMetrics).map(({ name, label, overall: { rule }, undefinedWhen }) => [
    name,
    rule === 'sum' && undefinedWhen === null
      ? filtersIn(`${label.long}, summed`)
      : numberOrNull(`${label.long}${rule === 'sum' ? ', summed' : ' of all these layers'}`),
  ]),
) as unknown as Overall

/** A metric of both sides and the difference. */
const threeOf = (name: MetricName) => {
  const { long } = describedMetric(name).label
  return v.object({
    a: numberOrNull(`${long} of a`),
    b: numberOrNull(`${long} of b`),
    difference: numberOrNull(`${long} of b less that of a`),
  })
}
const compared = v.object(
  Object.fromEntries(groupedNames.map((name) => [name, threeOf(name)])) as Record<MetricName, ReturnType<typeof threeOf>>,
)

export const groupInfoSchema = v.object({
  /** "normal", "robust", or what the person called it. */
  name: textIn('its name'),
  models: countIn('its models'),
  ...sizes,
  sparse_filters: sparseFilters,
  /** Sum of sparse filters over sum of filters; null without filters. */
  sparsity: numberOrNull('share of sparse filters among all its filters'),
})

/** What the numbers were made with, in words that the report prints. */
export const methodsSchema = v.object({
  test: textIn('the test'),
  effect: textIn('the size of an effect'),
  interval: textIn('the interval'),
  correction: textIn('the correction for many tests'),
  correlation: textIn('the correlation'),
  shift: textIn('the distribution shift'),
  chance: v.optional(textIn('what chance gives beside a shift')),
  seed: numberIn('seed of the draws'),
  resamples: countIn('how many draws'),
  level: numberIn('level of the interval: 0.95'),
})

/** A model with its overall metrics. */
export const reportModelSchema = v.object({
  model: textIn('the model'),
  group: sideOrNull('its group; null: in neither'),
  dataset: ownDataset,
  architecture,
  clean_accuracy: numberOrNull('accuracy on unchanged images, percent as the meta table has it'),
  robust_accuracy: numberOrNull('accuracy on attacked images, percent as the meta table has it'),
  ...sizes,
  ...overall,
  meta: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
})

/** What chance gives beside a distribution shift D, and how far D is beyond it. */
export const chanceSchema = v.object({
  unit: wordIn(
    ['cluster', 'model', 'filter'],
    'what was exchanged between the sides: clusters of pairs that share a model, models within a data set, or filters',
  ),
  units: countIn('how many of them'),
  median: numberIn('median of D when the sides mean nothing'),
  high: numberIn('95 % quantile of D when the sides mean nothing'),
  excess: numberIn('D less that median'),
  interval: v.nullable(
    v.tuple([
      numberIn('lower end of the 95 % pivotal bootstrap interval of the excess over independent units'),
      numberIn('upper end of that interval'),
    ]),
  ),
  p: numberIn('(1 + draws with D as large or larger) / (1 + draws)'),
  p_holm: numberOrNull(
    "p corrected by Holm's method over its family, at least family / (1 + draws); null where there is no family",
  ),
  family: countIn('shifts in that family'),
})
const chance = v.optional(v.nullable(chanceSchema))

/** One pair: model names, the metrics of both and their differences, and the shift between the two. */
export const pairRowSchema = v.object({
  a: textIn('the model of group a'),
  b: textIn('the model of group b'),
  architecture: textOrNull('their architecture'),
  dataset: textOrNull('their data set'),
  metrics: compared,
  shift: numberOrNull('distribution shift between the two'),
  /** For two single models: the filters of both dealt out anew. */
  chance,
})

/** Wilcoxon's signed-rank test of paired differences, two-sided. */
export const signedRankSchema = v.object({
  n: countIn('differences that are not 0: what is ranked'),
  zeros: countIn('differences that are 0'),
  w_plus: numberIn('sum of the ranks of positive differences'),
  w_minus: numberIn('sum of the ranks of negative differences'),
  p: numberIn("p of Wilcoxon's signed-rank test, two-sided"),
  p_least: v.optional(numberIn('p if all these differences had one sign: the smallest that the test can give for them')),
  method: wordIn(['exact', 'normal approximation'], 'how p was computed'),
  effect: numberIn(
    'matched-pairs rank-biserial correlation (w_plus − w_minus) / (w_plus + w_minus), −1 to 1; above 0 when b is higher',
  ),
})

/** A metric of group b against its counterparts in a, over pairs. */
export const pairedComparisonSchema = v.object({
  metric,
  bucket,
  dataset,
  counting,
  n: countIn('pairs, or independent observations (pairs that share a model or the same filters are one), with both values'),
  a: numberOrNull('mean of group a over those'),
  b: numberOrNull('mean of group b over those'),
  difference: numberOrNull('mean difference b − a'),
  interval: v.nullable(
    v.tuple([numberIn('lower end of its bootstrap interval'), numberIn('upper end of its bootstrap interval')]),
  ),
  test: v.nullable(signedRankSchema),
  p_holm: numberOrNull("p corrected by Holm's method over its family"),
  family: countIn(
    'tests in that family: the buckets of this metric, data set and counting; the metrics of its kind where bucket is all',
  ),
  because,
})

/** Distribution of a metric over the models of a group (each model once): mean, and a box with quartiles by linear interpolation. */
export const distributionSchema = v.object({
  metric,
  bucket,
  dataset,
  group: sideIn('the group'),
  n: countIn('its models with a value'),
  mean: numberOrNull('mean over them'),
  min: numberOrNull('smallest'),
  q1: numberOrNull('lower quartile, by linear interpolation'),
  median: numberOrNull('median'),
  q3: numberOrNull('upper quartile'),
  max: numberOrNull('largest'),
  because,
})

/** A model's layers in one depth bucket: weights as in the reference (filters, non-sparse filters, output channels). */
export const modelDepthRowSchema = v.object({
  model: textIn('the model'),
  group: sideOrNull('its group; null: in neither'),
  dataset: ownDataset,
  architecture,
  bucket: depth,
  ...sizes,
  ...overall,
})

/** A group's layers in one depth bucket, all models together. */
export const pooledDepthRowSchema = v.object({
  group: sideIn('the group'),
  dataset,
  models: countIn('its models with layers there'),
  bucket: depth,
  ...sizes,
  ...overall,
})

/** PCA of a group's scaled non-sparse filters. */
export const basisRowSchema = v.pipe(
  v.object({
    group: sideOrAll('the group; all: both'),
    dataset,
    models: countIn('its models'),
    filters: filtersIn('filters in it: the non-sparse ones'),
    ...basisEntries,
    because,
  }),
  v.check(({ mean, components, explained_variance: variance, explained_variance_ratio: ratio }) => {
    const d = mean?.length ?? 0
    return (
      mean === null || // a basis is there as a whole or not at all
      (components?.length === d && components.every((row) => row.length === d) && variance?.length === d && ratio?.length === d)
    )
  }, 'a basis whose parts do not fit one another'),
)

/** Non-sparse filters of a group. */
export const coefficientRowSchema = v.object({
  group: sideIn('the group'),
  dataset,
  bucket,
  filters: filtersIn('its non-sparse filters'),
  /** 9 × 70. */
  counts: v.array(numbersIn('filters by bin')),
  min: numbersOrNull('smallest coefficient per component over all filters, sparse ones included'),
  max: numbersOrNull('largest coefficient per component over all filters, sparse ones included'),
})

/** Coefficient histograms in the basis of all compared models: 70 equal bins over one range common to all components. */
export const coefficientTableSchema = v.pipe(
  v.object({
    range: v.tuple([numberIn('lower end of all bins'), numberIn('upper end of all bins')]),
    bins: v.pipe(countIn('bins'), v.minValue(1), v.maxValue(MOST_BINS)),
    /** Models whose filters make up the basis and the range. */
    basis_models: countIn('models in the basis'),
    groups: v.array(coefficientRowSchema),
  }),
  v.check(
    ({ bins, range, groups }) => range[0] <= range[1] && groups.every((row) => row.counts.every(({ length }) => length === bins)),
    'histograms of other lengths than they say',
  ),
)

/** Distribution shift D(a, b), natural logarithm, weighted by the explained variance ratio of the common basis. */
export const shiftRowSchema = v.object({
  dataset,
  counting,
  bucket,
  filters_a: filtersIn('filters of group a; those of a model that counts k times count k times'),
  filters_b: filtersIn('filters of group b, likewise'),
  shift: numberOrNull('distribution shift D'),
  components: numbersOrNull('KL(p‖q) + KL(q‖p) of each component, not weighted'),
  /** Family: the depth buckets of this data set and counting; where bucket is all, the data sets of this counting. */
  chance,
  because,
})

/** Shift between the values of a metadata column, each model once; symmetric, 0 on the diagonal. */
export const shiftMatrixSchema = v.pipe(
  v.object({
    /** The column, or "group and data set". */
    column: textIn('the column of metadata'),
    values: v.array(v.string()),
    models: v.array(countIn('models with that value')),
    filters: v.array(filtersIn('their non-sparse filters')),
    shift: v.array(v.array(numberOrNull('distribution shift D between the two'))),
    /** Beside each shift, null on the diagonal; the family is the matrix. */
    chance: v.optional(v.array(v.array(v.nullable(chanceSchema)))),
  }),
  v.check(
    ({ values: { length }, models, filters, shift, chance: levels = shift }) =>
      levels.length === length &&
      levels.every((row) => row.length === length) &&
      models.length === length &&
      filters.length === length &&
      shift.length === length &&
      shift.every((row) => row.length === length),
    'a matrix that is not square',
  ),
)

/** Spearman's rank correlation of a metric with an accuracy over models. */
export const correlationRowSchema = v.object({
  metric,
  against: wordIn(['clean_accuracy', 'robust_accuracy'], 'the accuracy'),
  group: sideOrAll('the group; all: both'),
  by: wordIn(['all', 'dataset', 'architecture'], 'which models: all, those of a data set, or those of an architecture'),
  value: textOrNull('which data set or architecture'),
  n: countIn('models with both; those with the same filters are one'),
  rho: numberOrNull("Spearman's rank correlation"),
  p: numberOrNull("two-sided p by Student's t with n − 2 degrees of freedom: poor for few models"),
  p_exact: numberOrNull('two-sided p over all orders; null for more than 8 models'),
  because,
})

/** The result of two groups' analysis: all that the report shows. */
export const groupReportSchema = v.object({
  /** Version of filterlens that made it. */
  version: v.string(),
  parameters: v.custom<Parameters>(isParameters, 'parameters that are not of filterlens'),
  methods: methodsSchema,
  groups: v.object({ a: groupInfoSchema, b: groupInfoSchema }),
  /** In the order of the table of pairs, then of the models; empty when no model names its data set. */
  datasets: v.array(v.string()),
  architectures: v.array(v.string()),
  models: v.array(reportModelSchema),
  pairs: v.array(pairRowSchema),
  /** Paired comparisons: 7 metrics × (all + 11 buckets) × 2 countings × (null = all data sets, then each). Empty without pairs. */
  comparisons: v.array(pairedComparisonSchema),
  /** Group figures: 7 metrics × (all + 11 buckets) × 2 groups × (null, then each data set). */
  distributions: v.array(distributionSchema),
  /** One row per model and bucket that it has layers in: what box plots are drawn from. */
  depth: v.array(modelDepthRowSchema),
  /** One row per group and bucket: all layers of the group's models together, with the reference's weights. */
  pooled_depth: v.array(pooledDepthRowSchema),
  /** all, a, b; then the same for each data set. */
  bases: v.array(basisRowSchema),
  /** Null when the coefficients were not measured. */
  coefficients: v.nullable(coefficientTableSchema),
  /** (null, then each data set) × 2 countings × (all + 11 buckets). Empty when the coefficients were not measured. */
  shift: v.array(shiftRowSchema),
  matrices: v.array(shiftMatrixSchema),
  correlations: v.array(correlationRowSchema),
  /** Sentences: models in no pair, columns that were not found, layers skipped. */
  warnings: v.array(v.string()),
})

/** What is wrong with a value that should be a group analysis: where, and what was expected; undefined when nothing is. */
export function groupReportProblem(found: unknown): string | undefined {
  return problemOf(groupReportSchema, found)
}

/** The same of one row of a list: ".models: …", or ": …" of the row itself. */
export const reportRowProblems = {
  depth: rowProblem(modelDepthRowSchema),
  models: rowProblem(reportModelSchema),
  pairs: rowProblem(pairRowSchema),
} as const

function rowProblem(schema: v.GenericSchema): (found: unknown) => string | undefined {
  return (found) => {
    const problem = problemOf(schema, found)
    return problem === undefined ? undefined : `${problem.includes(': ') ? '.' : ': '}${problem}`
  }
}

function problemOf(schema: v.GenericSchema, found: unknown): string | undefined {
  const result = v.safeParse(schema, found, { abortEarly: true })
  if (result.success) return undefined
  const [issue] = result.issues
  const place = v.getDotPath(issue)
  return `${place === null ? '' : `${place.slice(0, 80)}: `}${issue.message.slice(0, 120)}`
}
