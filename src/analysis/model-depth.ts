import { type Aggregate, LayerSums } from '../measure/aggregate.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { bucketIndex, buckets } from './depth.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import type { Member } from './members.ts'
import { type BucketName, bucketNames, type MetricName, type ModelDepthRow, type PooledDepthRow } from './report-types.ts'
import { rowsOnDemand } from './rows-on-demand.ts'

/** Sums of a model: over all its layers, then of each bucket. */
const SUMS = 1 + bucketNames.length

/** The metrics of each model over all its layers and in each depth bucket: about a kilobyte a model. */
export class DepthSums implements LayerStatistic {
  readonly #sums: LayerSums

  constructor(models: number) {
    this.#sums = new LayerSums(models * SUMS)
  }

  add({ index }: Pick<Member, 'index'>, layer: LayerRow): void {
    const bucket = bucketIndex(layer)
    this.#sums.add(index * SUMS, layer)
    if (bucket !== null) this.#sums.add(index * SUMS + 1 + bucket, layer)
  }

  of({ index }: Pick<Member, 'index'>, bucket: number | 'all'): Aggregate {
    return this.#sums.total(placeOf(index, bucket))
  }

  layersIn({ index }: Pick<Member, 'index'>, bucket: number | 'all'): number {
    return this.#sums.layers(placeOf(index, bucket))
  }

  value({ index }: Pick<Member, 'index'>, bucket: number | 'all', metric: MetricName): number | null {
    return this.#sums.value(placeOf(index, bucket), metric)
  }
}

function placeOf(index: number, bucket: number | 'all'): number {
  return index * SUMS + (bucket === 'all' ? 0 : 1 + bucket)
}

/** A member with its metrics over all layers and in each depth bucket. */
export interface MeasuredMember extends Member {
  readonly depth: DepthSums
}

/** A model's value of a metric in a bucket, or over all its layers. */
export function valueIn(member: MeasuredMember, bucket: number | 'all', metric: MetricName): number | null {
  return member.depth.value(member, bucket, metric)
}

/** `all`, then the 11 buckets, as keys for `valueIn` with their names. */
export const scopes: readonly (readonly [key: number | 'all', name: BucketName | 'all'])[] = [['all', 'all'], ...buckets]

/** Rows up to this many are simply held. */
const MOST_HELD = 20_000

/** One row per model of a group and bucket that it has layers in; of very many models made when they are asked for. */
export function depthRows(
  members: readonly Pick<MeasuredMember, 'index' | 'row' | 'group' | 'dataset' | 'architecture' | 'depth'>[],
): readonly ModelDepthRow[] {
  const places: number[] = []
  for (const [m, member] of members.entries())
    for (const [k] of buckets) if (member.depth.layersIn(member, k) > 0) places.push(m * bucketNames.length + k)
  const rows = rowsOnDemand(places.length, (index): ModelDepthRow => {
    const [m, k] = [Math.floor(places[index]! / bucketNames.length), places[index]! % bucketNames.length]
    const member = members[m]!
    const { row, group, dataset, architecture } = member
    const { layers, ...metrics } = member.depth.of(member, k)
    return { model: row.model, group, dataset, architecture, bucket: bucketNames[k]!, layers, ...metrics }
  })
  return rows.length <= MOST_HELD ? [...rows] : rows
}

/** All layers of a group's pooled models together, bucket by bucket. */
export class PooledDepthSums implements LayerStatistic {
  readonly #datasets: readonly (string | null)[]
  readonly #sums: LayerSums

  constructor(datasets: readonly (string | null)[]) {
    this.#datasets = datasets
    this.#sums = new LayerSums(datasets.length * 2 * bucketNames.length)
  }

  add({ group, pooled, dataset }: Member, layer: LayerRow): void {
    const bucket = bucketIndex(layer)
    if (!pooled || group === null || bucket === null) return
    for (let k = 0; k < this.#datasets.length; k++)
      if (this.#datasets[k] === null || this.#datasets[k] === dataset) this.#sums.add(this.#place(k, group, bucket), layer)
  }

  #place(dataset: number, group: 'a' | 'b', bucket: number): number {
    return (2 * dataset + (group === 'a' ? 0 : 1)) * bucketNames.length + bucket
  }

  rows(members: readonly MeasuredMember[]): PooledDepthRow[] {
    return this.#datasets.flatMap((dataset, d) =>
      (['a', 'b'] as const).flatMap((group) => {
        const inGroup = members.filter(
          (member) => member.group === group && member.pooled && (dataset === null || member.dataset === dataset),
        )
        return buckets.map(([k, bucket]) => ({
          group,
          dataset,
          bucket,
          models: inGroup.filter((member) => member.depth.layersIn(member, k) > 0).length,
          ...this.#sums.total(this.#place(d, group, k)),
        }))
      }),
    )
  }
}
