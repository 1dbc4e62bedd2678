import type { BucketName } from '../analysis/report-types.ts'
import { describedMetric, type GroupedMetric, groupedMetrics } from '../measure/metrics/registry.ts'
import { type NumberWords, numberFormats } from '../words.ts'

/** How a metric by which groups are compared is named and written; the words stand in the metric's own file. */
export interface MetricWords extends NumberWords {
  readonly name: string
  /** Axis label with its unit. */
  readonly axis: string
  /** "have … filters": group b compared with a. */
  readonly more: string
  readonly less: string
}

export const metricWords = Object.fromEntries(
  groupedMetrics.map((metric) => {
    const { label, format, compared } = describedMetric(metric)
    return [metric, { name: label.long, ...compared, ...numberFormats[format] } satisfies MetricWords]
  }),
) as unknown as Readonly<Record<GroupedMetric, MetricWords>>

/** Axis label of a bucket: "first", then deciles 1 to 10. */
export function bucketTick(bucket: BucketName, index: number): string {
  return bucket === 'first' ? 'first' : String(index)
}

/** A bucket in a sentence: "the first layer", "depth 0.9 to 1.0". */
export function bucketWords(bucket: BucketName | 'all'): string {
  if (bucket === 'all') return 'all layers'
  if (bucket === 'first') return 'the first layer'
  const [low, high] = bucket.replace(/[^\d. ]/g, '').split(' ')
  return high === '1.0' ? 'the deepest tenth' : `relative depth ${low} to ${high}`
}
