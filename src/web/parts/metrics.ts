import type { LayerMetrics } from '../../measure/layer-row.ts'
import { type ComparedMetric, chanceLevel, comparedMetrics, describedMetric } from '../../measure/metrics/registry.ts'
import { type NumberWords, numberFormats, sentence } from '../../words.ts'

/** A metric that is compared, as the page shows it; its words stand in the metric's own file. */
export interface ShownMetric {
  readonly key: ComparedMetric
  readonly title: string
  readonly short: string
  /** For a phone's table. */
  readonly shortest: string
  /** Which way is better, and what it is, in a phrase. */
  readonly meaning: string
  /** Largest possible value. */
  readonly full: number
  /** How its values, differences and intervals are written. */
  readonly words: NumberWords
  print(value: number | null): string
  /** What filters with random weights have in a layer of this shape; null when it does not apply. */
  random(row: LayerMetrics): number | null
}

export const shownMetrics: readonly ShownMetric[] = comparedMetrics.map((key) => {
  const { label, meaning, range, format } = describedMetric(key)
  return {
    key,
    title: sentence(label.long),
    short: label.short,
    shortest: label.shortest ?? label.short,
    meaning,
    full: range.high ?? 1,
    words: numberFormats[format],
    print: numberFormats[format].value,
    random: (row) => chanceLevel(key, row),
  }
})
