import {
  coded,
  type Field,
  type Fields,
  inRange,
  isPlainRecord,
  listField,
  type Nested,
  numberField,
  optional,
  plainNames,
  type RowOf,
  textField,
} from '../arrow/fields.ts'
import { convolutionFields, graphFields, layerNameFields } from '../database/layer-columns.ts'
import { parseJson } from '../database/provenance.ts'
import { sharedInstance } from '../wasm/module.ts'
import type { Moments } from '../wasm/moments.ts'
import { type Flags, layerFlags } from './flags.ts'
import { sidesOf, tapsOf } from './kernel-size.ts'
import type { Reasons } from './metrics/evaluate.ts'
import type { LayerStatistics, Metric } from './metrics/metric.ts'
import { comparedMetrics, layerMetrics, type MetricRow, nullableOf } from './metrics/registry.ts'

export { type NullableMetric, nullableMetrics } from './metrics/registry.ts'

/** Which layer it is, and its size. */
const placeFields = {
  ...layerNameFields,
  kernel: textField('rows × columns of its filters, "3x3"', "the format's reader"),
  ...convolutionFields,
  filters: inRange(
    numberField('int32', 'n, its filters: output channels × input channels per group', 'the pass over its weights'),
  ),
} as const satisfies Fields

const momentsOf = (which: string) =>
  ({
    fields: {
      count: inRange(numberField('int32', `${which}: how many`, 'the pass over its weights')),
      mean: listField(`${which}: their mean, a number a tap`, 'the pass over its weights'),
      scatter: listField(
        `${which}: sum of (f − mean)(f − mean)ᵀ, a number a pair of taps, row by row`,
        'the pass over its weights',
      ),
    },
    problem: ({ mean, scatter }: Moments, name: string, { kernel }: Readonly<Record<string, unknown>>) => {
      if (scatter.length !== mean.length * mean.length)
        return `${name}_scatter has ${scatter.length} values for ${mean.length} taps`
      return typeof kernel === 'string' && mean.length !== tapsOf(kernel)
        ? `${name}_mean has ${mean.length} values for a kernel of ${kernel}`
        : undefined
    },
  }) satisfies Nested<Moments>

/** Sufficient statistics: all that groups of layers need, without their filters. */
const statisticsFields = {
  scaled: momentsOf('non-sparse filters (all in the profile cvpr22), each divided by its own largest magnitude'),
  raw: momentsOf('all filters as they are'),
  clean: momentsOf('non-sparse filters as they are'),
} as const satisfies Fields

/** What identifies a layer, and its metrics. Columns of layers.arrow, keys of `--json`. */
export interface LayerMetrics extends RowOf<typeof placeFields>, MetricRow, RowOf<typeof graphFields> {}

/** A layer's row: its metrics, why any of them is null, why it is flagged, and its sufficient statistics. All that is kept of a layer. */
export interface LayerRow extends LayerMetrics, RowOf<typeof statisticsFields> {
  readonly undefined_because: Reasons
  readonly flags: Flags
}

/** The members of a layer's row, each described, in the order of the columns. */
export function layerFields(metrics: readonly Metric[] = layerMetrics): Fields {
  return {
    ...placeFields,
    ...Object.fromEntries(metrics.map((metric) => [metric.name, metricField(metric)])),
    ...graphFields,
    undefined_because: reasonsField(metrics),
    flags: flagsField,
    ...statisticsFields,
  }
}

function metricField(metric: Metric): Field<number> | Field<number | null> {
  const { type, meaning, undefinedWhen, stored, range } = metric
  const words = stored ? `${meaning} (a column only of runs that were asked for it)` : meaning
  // The most there can be depends on the kernel: `layerProblem` knows it.
  const field = inRange(numberField(type, words, 'the metric'), { low: range.low, high: null })
  if (undefinedWhen === null) return field
  return { ...optional(field), ...(metric.inOlderTables && { absent: (row) => olderValue(metric, row as unknown as LayerRow) }) }
}

/** A metric's value in a row whose table was written before the metric was. */
function olderValue(metric: Metric, row: LayerRow): number | null {
  if (metric.inOlderTables === 'unknown') return null
  const [height, width] = sidesOf(row.kernel)
  const statistics: LayerStatistics = {
    ...row,
    ...{ height, width, taps: height * width, deviation: Number.NaN },
    ...{ zero_weights: 0, dead_outputs: 0, dead_inputs: 0 },
    ...{ gram: undefined, nearest: undefined, duplicates: undefined, spectrum: undefined, random: undefined },
  }
  const outcome = metric.compute(statistics, sharedInstance(), 'cvprw22')
  return typeof outcome === 'number' ? outcome + 0 : null
}

/** Reasons as JSON with the metrics in the order of the columns; null when nothing is undefined. */
function reasonsField(metrics: readonly Metric[]): Field<Reasons> {
  const names = nullableOf(metrics).map(({ name }) => name)
  return sentencesField('why metrics are null, as JSON: {metric: reason}; null when none is', 'the metric', names)
}

/** Flags as JSON; what they follow from is in the row, so a table that was written before they were stored has them too. */
const flagsField: Field<Flags> = {
  ...sentencesField<Flags>(
    'why the layer is flagged as possibly degenerate, as JSON: {metric: sentence}; null when it is not',
    'the rules for flags',
    comparedMetrics,
  ),
  absent: (row) => layerFlags(row as unknown as LayerMetrics),
}

/** A sentence for some of the metrics in `names`, in that order, as JSON; null when there is none. */
function sentencesField<Sentences extends Reasons>(meaning: string, by: string, names: readonly string[]): Field<Sentences> {
  return coded(
    optional(textField(meaning, by)),
    (sentences: Sentences) => {
      const known = Object.fromEntries(reasonsIn(sentences, names))
      return Object.keys(known).length === 0 ? null : JSON.stringify(known)
    },
    (cell, table) => {
      if (cell === null) return {} as Sentences
      const entries = Object.entries(parseJson(table, cell) ?? {})
      return Object.fromEntries(
        entries.filter(([name, why]) => names.includes(name) && typeof why === 'string'),
      ) as unknown as Sentences
    },
    (value) =>
      isPlainRecord(value) && Object.entries(value).every(([name, why]) => names.includes(name) && typeof why === 'string'),
  )
}

/** The reasons or flags of a row, in the order of `names`. */
export function reasonsIn(reasons: Reasons, names: readonly string[]): [metric: string, why: string][] {
  const known = reasons as Readonly<Record<string, string | undefined>>
  return names.flatMap((name): [string, string][] => (known[name] === undefined ? [] : [[name, known[name]]]))
}

/** Names of a layer's plain columns, as CSV and `--json` have them, in order. */
export function layerMetricNames(metrics: readonly Metric[] = layerMetrics): (keyof LayerMetrics)[] {
  return plainNames(layerFields(metrics)) as (keyof LayerMetrics)[]
}
