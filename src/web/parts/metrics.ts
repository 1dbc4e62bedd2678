import type { LayerMetrics } from '../../measure/layer-row.ts'
import {
  type ComparedMetric,
  chanceLevel,
  comparedMetrics,
  describedMetric,
  layerMetrics,
} from '../../measure/metrics/registry.ts'
import { count, type NumberWords, numberFormats, sentence, signed, weight } from '../../words.ts'

/** A metric that is compared, as the page shows it; its words stand in the metric's own file. */
export interface ShownMetric {
  readonly key: ComparedMetric
  readonly title: string
  readonly short: string
  /** For a phone's table. */
  readonly shortest: string
  /** Which way is better, and what it is, in a phrase. */
  readonly meaning: string
  /** Largest possible value: where its bar is full. */
  readonly full: number
  /** Ends of its axis, the same for every model. */
  readonly axis: readonly [low: number, high: number]
  /** After a tick of its axis: " %" or nothing. */
  readonly unit: string
  /** How its values, differences and intervals are written. */
  readonly words: NumberWords
  print(value: number | null): string
  /** A difference in a narrow column: that of shares in points, without the word. */
  change(difference: number): string
  /** What filters with random weights have in a layer of this shape; null when it does not apply. */
  random(row: LayerMetrics): number | null
}

/** Every other measure of a layer, as the registry has it. */
export interface FurtherMetric {
  readonly key: (typeof layerMetrics)[number]['name']
  readonly title: string
  readonly short: string
  readonly meaning: string
  /** Its value as it stands in a column, with as many decimals as those above and below it. */
  cell(row: LayerMetrics): string
  /** Its value in words; null where the layer has none. */
  print(row: LayerMetrics): string | null
}

function counted(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : count(value)
}

export const furtherMetrics: readonly FurtherMetric[] = layerMetrics
  .filter(({ name }) => !comparedMetrics.some((shown) => shown === name))
  .map(({ name, label, meaning, format }) => ({
    key: name,
    title: label.long,
    short: label.short,
    meaning,
    cell: (row) => (format === 'count' ? counted(row[name]) : numberFormats[format].value(row[name] ?? null)),
    print: (row) => {
      const value = row[name]
      return value === null || value === undefined
        ? null
        : format === 'number'
          ? weight(value)
          : numberFormats[format].value(value)
    },
  }))

export const shownMetrics: readonly ShownMetric[] = comparedMetrics.map((key) => {
  const { label, meaning, range, format } = describedMetric(key)
  const full = range.high ?? 1
  return {
    key,
    title: sentence(label.long),
    short: label.short,
    shortest: label.shortest ?? label.short,
    meaning,
    full,
    axis: [range.low, Math.ceil(full)],
    unit: format === 'share' ? ' %' : '',
    words: numberFormats[format],
    print: numberFormats[format].value,
    change: (difference) => (format === 'share' ? signed(100 * difference, 1) : numberFormats[format].difference(difference)),
    random: (row) => chanceLevel(key, row),
  }
})
