import type { BucketName, MetricName } from '../analysis/report-types.ts'
import { fixed, interval, percent, pointInterval, points, signed } from '../words.ts'

/** How a metric is named and written: sparsity as a share in percent, the others as plain numbers. */
export interface MetricWords {
  readonly name: string
  /** Axis label with its unit. */
  readonly axis: string
  /** "have … filters": group b compared with a. */
  readonly more: string
  readonly less: string
  readonly value: (value: number | null) => string
  readonly difference: (value: number | null) => string
  readonly interval: (bounds: readonly [number, number] | null) => string
  readonly tick: (value: number) => string
}

export const metricWords: Readonly<Record<MetricName, MetricWords>> = {
  sparsity: {
    name: 'sparsity',
    axis: 'sparse filters (%)',
    more: 'have a larger share of sparse filters',
    less: 'have a smaller share of sparse filters',
    value: (v) => percent(v),
    difference: (v) => points(v),
    interval: (bounds) => pointInterval(bounds),
    tick: (v) => tick(100 * v),
  },
  variance_entropy: {
    name: 'variance entropy',
    axis: 'variance entropy (0 to 0.954)',
    more: 'have more variance entropy',
    less: 'have less variance entropy',
    value: (v) => fixed(v),
    difference: (v) => signed(v),
    interval: (bounds) => interval(bounds),
    tick,
  },
  orthogonality: {
    name: 'orthogonality',
    axis: 'orthogonality (0 to 1)',
    more: 'are more orthogonal',
    less: 'are less orthogonal',
    value: (v) => fixed(v),
    difference: (v) => signed(v),
    interval: (bounds) => interval(bounds),
    tick,
  },
}

/** A tick label: as many decimals as it needs, up to four. */
export function tick(value: number): string {
  return fixed(value, 4).replace(/\.?0+$/, '') || '0'
}

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
