import { InputError } from '../errors.ts'
import { type Aggregate, LayerSums } from '../measure/aggregate.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { bucketIndex, buckets } from './depth.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import type { Member } from './members.ts'
import { type BucketName, bucketNames, type MetricName, type ModelDepthRow, type PooledDepthRow } from './report-types.ts'
import { manyRows } from './rows-on-demand.ts'

/** Sums of a model: over all its layers, then of each bucket. */
const SUMS = 1 + bucketNames.length

/**
 * The metrics of each model over all its layers and in each depth bucket: about a kilobyte a model. Layers come model by model; sums
 * are kept of the one that is under way, of the others what came of them.
 */
export class DepthSums implements LayerStatistic {
  readonly #names: readonly string[]
  /** Of each model and bucket a number for each name; NaN: undefined. */
  readonly #values: Float64Array
  readonly #ended: Uint8Array
  /** Of the model under way; -1: of none. */
  readonly #sums = new LayerSums(SUMS)
  #current = -1

  constructor(models: number) {
    this.#names = Object.keys(new LayerSums(1).total(0))
    this.#values = new Float64Array(models * SUMS * this.#names.length)
    this.#ended = new Uint8Array(models)
  }

  /** @throws InputError for a model whose layers stand in several places */
  add({ index }: Pick<Member, 'index'>, layer: LayerRow): void {
    if (this.#current !== index) {
      this.#end()
      if (this.#ended[index])
        throw new InputError(layer.model, 'its layers stand in several places of the table of layers; measure it again')
      this.#current = index
      this.#sums.clear()
    }
    const bucket = bucketIndex(layer)
    this.#sums.add(0, layer)
    if (bucket !== null) this.#sums.add(1 + bucket, layer)
  }

  #end(): void {
    const index = this.#current
    if (index < 0) return
    this.#current = -1
    this.#ended[index] = 1
    for (let k = 0, at = index * SUMS * this.#names.length; k < SUMS; k++) {
      const total = this.#sums.total(k) as unknown as Readonly<Record<string, number | null>>
      for (const name of this.#names) this.#values[at++] = total[name] ?? Number.NaN
    }
  }

  of({ index }: Pick<Member, 'index'>, bucket: number | 'all'): Aggregate {
    this.#end()
    if (!this.#ended[index]) return new LayerSums(1).total(0)
    const at = this.#placeOf(index, bucket)
    return Object.fromEntries(this.#names.map((name, k) => [name, orNull(this.#values[at + k]!)])) as unknown as Aggregate
  }

  layersIn(member: Pick<Member, 'index'>, bucket: number | 'all'): number {
    return this.#value(member, bucket, 'layers') ?? 0
  }

  value(member: Pick<Member, 'index'>, bucket: number | 'all', metric: MetricName): number | null {
    return this.#value(member, bucket, metric)
  }

  #value({ index }: Pick<Member, 'index'>, bucket: number | 'all', name: string): number | null {
    this.#end()
    if (!this.#ended[index]) return this.of({ index }, bucket)[name as 'filters'] // of no layer
    return orNull(this.#values[this.#placeOf(index, bucket) + this.#names.indexOf(name)]!)
  }

  #placeOf(index: number, bucket: number | 'all'): number {
    return (index * SUMS + (bucket === 'all' ? 0 : 1 + bucket)) * this.#names.length
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

/** A member with its metrics over all layers and in each depth bucket. */
export interface MeasuredMember extends Member {
  readonly depth: DepthSums
}

/** A model's value of a metric in a bucket, or over all its layers. */
export function valueIn(member: MeasuredMember, bucket: number | 'all', metric: MetricName): number | null {
  return member.depth.value(member, bucket, metric)
}

/** What models hold together, and the share of sparse filters among it; null of no filter. */
export function sizesOf(models: readonly MeasuredMember[]): {
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  readonly sparsity: number | null
} {
  let [layers, filters, sparse] = [0, 0, 0]
  for (const member of models) {
    const own = member.depth.of(member, 'all')
    layers += own.layers
    filters += own.filters
    sparse += own.sparse_filters
  }
  return { layers, filters, sparse_filters: sparse, sparsity: filters > 0 ? sparse / filters : null }
}

/** `all`, then the 11 buckets, as keys for `valueIn` with their names. */
export const scopes: readonly (readonly [key: number | 'all', name: BucketName | 'all'])[] = [['all', 'all'], ...buckets]

/** One row per model of a group and bucket that it has layers in; of very many models made when they are asked for. */
export function depthRows(
  members: readonly Pick<MeasuredMember, 'index' | 'row' | 'group' | 'dataset' | 'architecture' | 'depth'>[],
): readonly ModelDepthRow[] {
  const places: number[] = []
  for (const [m, member] of members.entries())
    for (const [k] of buckets) if (member.depth.layersIn(member, k) > 0) places.push(m * bucketNames.length + k)
  return manyRows(places.length, (index): ModelDepthRow => {
    const [m, k] = [Math.floor(places[index]! / bucketNames.length), places[index]! % bucketNames.length]
    const member = members[m]!
    const { row, group, dataset, architecture } = member
    const { layers, ...metrics } = member.depth.of(member, k)
    return { model: row.model, group, dataset, architecture, bucket: bucketNames[k]!, layers, ...metrics }
  })
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
