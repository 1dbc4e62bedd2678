import * as v from 'valibot'
import { isParameters, type Parameters } from '../measure/parameters.ts'
import { basisEntries } from './basis-parts.ts'
import { countIn, filtersIn, numberIn, numberOrNull, numbersIn, textIn, textOrNull, wordIn } from './report-kinds.ts'
import { bucketNames, groupedNames } from './report-names.ts'
import { coefficientTableSchema, shiftMatrixSchema } from './report-schema.ts'

// What the analysis of the models by any column of their metadata gives (--group-by), and their rank correlations with numeric
// columns (--correlate). Described once, as the analysis of two groups is: report-schema.ts.

const metric = wordIn(groupedNames, 'the metric')
const bucket = wordIn(['all', ...bucketNames], 'the bucket of relative depth; all: every layer')
const column = textIn('the column of metadata')
const stratum = textOrNull('the value of the column within which models are compared; null: all of them')
const value = textIn('the value of the column')
const because = textOrNull('why a value is undefined; null where all are there')

/** The models that have one value of the column. */
export const studyValueSchema = v.object({
  column,
  value,
  models: countIn('its models'),
  networks: countIn('of them, those with different filters'),
  layers: countIn('their layers'),
  filters: filtersIn('their filters'),
  sparse_filters: filtersIn('sparse filters among them'),
  sparsity: numberOrNull('share of sparse filters among all of them'),
})

/** A metric over the models that have one value. */
export const studyDistributionSchema = v.object({
  column,
  metric,
  bucket,
  stratum,
  value,
  n: countIn('its models with a value of the metric'),
  mean: numberOrNull('mean over them'),
  min: numberOrNull('smallest'),
  q1: numberOrNull('lower quartile, by linear interpolation'),
  median: numberOrNull('median'),
  q3: numberOrNull('upper quartile'),
  max: numberOrNull('largest'),
  because,
})

/** An unpaired test of a metric over the values of the column. */
export const studyTestSchema = v.object({
  column,
  metric,
  bucket,
  stratum,
  values: countIn('values of the column that are compared'),
  n: countIn('networks that are ranked: models with the same filters and the same value count once'),
  test: textOrNull('Mann-Whitney U of two values, Kruskal-Wallis H of more'),
  statistic: numberOrNull('U of the second value, or H'),
  p: numberOrNull('p, two-sided'),
  p_holm: numberOrNull("p corrected by Holm's method over its family"),
  family: countIn('tests in that family: the buckets of this metric and stratum; the metrics of its kind where bucket is all'),
  effect: numberOrNull(
    'of U the rank-biserial correlation, −1 to 1, above 0 where the second value is higher; of H epsilon squared, 0 to 1',
  ),
  method: textOrNull('how p was computed'),
  because,
})

/** Two values of the column after a test of three or more, by a metric over all layers. */
export const studyPairSchema = v.object({
  column,
  metric,
  stratum,
  a: textIn('the one value'),
  b: textIn('the other'),
  n_a: countIn('networks with the one'),
  n_b: countIn('networks with the other'),
  z: numberIn("Dunn's z: difference of mean ranks among all values over its standard error; above 0 where b is higher"),
  p: numberIn('p, two-sided, by the normal distribution'),
  p_holm: numberIn("p corrected by Holm's method over its family"),
  family: countIn('comparisons in that family: of every two values in this metric and stratum'),
  effect: numberIn('rank-biserial correlation of these two values, −1 to 1, above 0 where b is higher'),
})

/** PCA of the scaled non-sparse filters of the models with one value; of all of them where the value is null. */
export const studyBasisSchema = v.object({
  column,
  value: textOrNull('the value of the column; null: all of them'),
  models: countIn('its models'),
  filters: filtersIn('filters in it: the non-sparse ones'),
  ...basisEntries,
  because,
})

/** Coefficient histograms of the models with one value. */
const studyHistogramSchema = v.object({
  column,
  value,
  filters: filtersIn('their non-sparse filters'),
  counts: v.array(numbersIn('filters by bin')),
})

/** A study of one column. */
export const columnStudySchema = v.object({
  column: v.string(),
  /** The column within whose values models are compared and their labels exchanged; null: none. */
  within: v.nullable(v.string()),
  strata: v.array(v.string()),
  values: v.array(studyValueSchema),
  distributions: v.array(studyDistributionSchema),
  tests: v.array(studyTestSchema),
  /** Every two values where three or more are tested; absent in studies from before they were compared. */
  pairwise: v.optional(v.array(studyPairSchema)),
  bases: v.array(studyBasisSchema),
  /** Null when the filters were not read again. */
  coefficients: v.nullable(
    v.object({
      range: coefficientTableSchema.entries.range,
      bins: coefficientTableSchema.entries.bins,
      values: v.array(studyHistogramSchema),
    }),
  ),
  matrix: v.nullable(shiftMatrixSchema),
  warnings: v.array(v.string()),
})

/** Spearman's rank correlation of a metric, or of a numeric column, with a numeric column over models. */
export const columnCorrelationSchema = v.object({
  of: textIn('the metric or column'),
  bucket: wordIn(['all', 'first'], 'layers that a metric is over: all, or the first one'),
  against: textIn('the column'),
  dataset: textOrNull('the data set; null: all of them'),
  architecture: textOrNull('the architecture; null: all of them'),
  n: countIn('models with both'),
  rho: numberOrNull("Spearman's rank correlation"),
  p: numberOrNull("two-sided p by Student's t with n − 2 degrees of freedom: poor for few models"),
  p_exact: numberOrNull('two-sided p over all orders; null for more than 8 models'),
  p_holm: numberOrNull("the exact p, else p, corrected by Holm's method over its family"),
  family: countIn('correlations in that family: all of this table in the same kind of scope that could be made'),
  because,
})

/** All studies of a run. */
export const studiesSchema = v.object({
  version: v.string(),
  parameters: v.custom<Parameters>(isParameters, 'parameters that are not of filterlens'),
  studies: v.array(columnStudySchema),
  correlations: v.array(columnCorrelationSchema),
  /** Columns that were asked for or understood, and those that were not: sentences. */
  notes: v.array(v.string()),
})

/** What is wrong with a value that should be studies; undefined when nothing is. */
export function studiesProblem(found: unknown): string | undefined {
  const result = v.safeParse(studiesSchema, found, { abortEarly: true })
  if (result.success) return undefined
  const [issue] = result.issues
  const place = v.getDotPath(issue)
  return `${place === null ? '' : `${place.slice(0, 80)}: `}${issue.message.slice(0, 120)}`
}
