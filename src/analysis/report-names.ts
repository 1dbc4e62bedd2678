import { comparedMetrics, groupedMetrics } from '../measure/metrics/registry.ts'

export type { GroupedMetric as MetricName } from '../measure/metrics/registry.ts'

/** The paper's three metrics, which come first wherever models are compared. Ranges: [0, 1], [0, log10 9 = 0.9542], [0, 1]. */
export const metricNames = comparedMetrics

/** All metrics by which groups are compared: those three, then the shape of the filters. */
export const groupedNames = groupedMetrics

/** `first` is conv_depth 0, then ten half-open bins of conv_depth_norm; `all` is every layer. */
export const bucketNames = [
  'first',
  '(0.0, 0.1]',
  '(0.1, 0.2]',
  '(0.2, 0.3]',
  '(0.3, 0.4]',
  '(0.4, 0.5]',
  '(0.5, 0.6]',
  '(0.6, 0.7]',
  '(0.7, 0.8]',
  '(0.8, 0.9]',
  '(0.9, 1.0]',
] as const
export type BucketName = (typeof bucketNames)[number]

/**
 * How a normal model that serves several robust ones counts. `pairs`: once per pair (the paper's pair figures; n = number
 * of pairs). `models`: each model once; for a paired test the differences of all pairs that share a model, or models with
 * the same filters under several names, are averaged first, so its n is the number of independent observations.
 */
export const countings = ['pairs', 'models'] as const
export type Counting = (typeof countings)[number]
