import { type Aggregate, aggregateLayers } from '../measure/aggregate.ts'
import { buckets, byBucket } from './depth.ts'
import type { Member } from './members.ts'
import type { BucketName, MetricName, ModelDepthRow, PooledDepthRow } from './report-types.ts'

/** A member with its metrics over all layers and in each depth bucket. */
export interface MeasuredMember extends Member {
  readonly overall: Aggregate
  /** 11 aggregates in the order of the buckets. */
  readonly depth: readonly Aggregate[]
}

export function measureMember(member: Member): MeasuredMember {
  return {
    ...member,
    overall: aggregateLayers(member.layers),
    depth: byBucket(member.layers).map((layers) => aggregateLayers(layers)),
  }
}

/** A model's value of a metric in a bucket, or over all its layers. */
export function valueIn(member: MeasuredMember, bucket: number | 'all', metric: MetricName): number | null {
  return (bucket === 'all' ? member.overall : member.depth[bucket]!)[metric]
}

/** `all`, then the 11 buckets, as keys for `valueIn` with their names. */
export const scopes: readonly (readonly [key: number | 'all', name: BucketName | 'all'])[] = [['all', 'all'], ...buckets]

/** One row per model of a group and bucket that it has layers in. */
export function depthRows(members: readonly MeasuredMember[]): ModelDepthRow[] {
  return members.flatMap((member) =>
    buckets.flatMap(([k, bucket]) => {
      const { layers, ...metrics } = member.depth[k]!
      if (layers === 0) return []
      return [
        {
          model: member.row.model,
          group: member.group,
          dataset: member.dataset,
          architecture: member.architecture,
          bucket,
          layers,
          ...metrics,
        },
      ]
    }),
  )
}

/** All layers of a group's pooled models together, bucket by bucket. */
export function pooledDepth(members: readonly Member[], datasets: readonly (string | null)[]): PooledDepthRow[] {
  return datasets.flatMap((dataset) =>
    (['a', 'b'] as const).flatMap((group) => {
      const inGroup = members.filter(
        (member) => member.group === group && member.pooled && (dataset === null || member.dataset === dataset),
      )
      const pooled = byBucket(inGroup.flatMap(({ layers }) => layers))
      return buckets.map(([k, bucket]) => ({
        group,
        dataset,
        bucket,
        models: new Set(pooled[k]!.map(({ model }) => model)).size,
        ...aggregateLayers(pooled[k]!),
      }))
    }),
  )
}
