import { metricFamilies } from '../measure/metrics/registry.ts'
import { holm } from './holm.ts'
import { type BucketName, groupedNames, type MetricName } from './report-names.ts'

/** A test of one metric over some layers; p is null where nothing could be tested. */
interface MetricTest {
  readonly metric: MetricName
  readonly bucket: BucketName | 'all'
  readonly p: number | null
}

/** p corrected by Holm's method, and how many tests its family has. */
export interface Corrected {
  readonly p_holm: number | null
  readonly family: number
}

/**
 * What stands beside each test, in their order: over all layers the metrics of one kind are a family, in the depth buckets those of
 * one metric. Each metric and bucket stands once in `tests`.
 */
export function correctedByFamily(tests: readonly MetricTest[]): Corrected[] {
  const families: (readonly MetricTest[])[] = [
    ...metricFamilies.map((family: readonly MetricName[]) =>
      tests.filter(({ metric, bucket }) => bucket === 'all' && family.includes(metric)),
    ),
    ...groupedNames.map((name) => tests.filter(({ metric, bucket }) => metric === name && bucket !== 'all')),
  ]
  const corrected = new Map<MetricTest, Corrected>()
  for (const own of families) {
    const p = own.map((test) => test.p)
    const family = p.filter((value) => value !== null).length
    for (const [k, p_holm] of holm(p).entries()) corrected.set(own[k]!, { p_holm, family })
  }
  return tests.map((test) => corrected.get(test)!)
}
