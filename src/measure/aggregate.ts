import { type Fields, numberField, optional, type RowOf } from '../arrow/fields.ts'
import type { LayerMetrics } from './layer-row.ts'
import type { LayerCounts, Metric } from './metrics/metric.ts'
import { layerMetrics, type OverallRow, overallOf, type SummedMetric } from './metrics/registry.ts'

const sizeFields = {
  layers: numberField('int32', 'layers measured', 'the run'),
  filters: numberField('int64', 'their filters', 'the run'),
} as const satisfies Fields

/** What a sum over layers needs of each. */
export type Weighable = Pick<LayerMetrics, keyof LayerCounts | SummedMetric>

/** Several layers together: how many, and the metrics that they have as one. Null where no layer has a value. */
export interface Aggregate extends RowOf<typeof sizeFields>, OverallRow {}

/** The members of an aggregate, each described. */
export function aggregateFields(metrics: readonly Metric[] = layerMetrics): Fields {
  return {
    ...sizeFields,
    ...Object.fromEntries(
      overallOf(metrics).map(({ name, label, overall, undefinedWhen, inOlderTables }) => {
        const field =
          overall.rule === 'sum'
            ? numberField('int64', `${label.long}, summed over layers`, 'the sum over layers')
            : numberField('float64', `${label.long} of all layers: ${overall.words}`, 'the sum over layers')
        if (overall.rule === 'sum' && undefinedWhen === null) return [name, field]
        return [name, { ...optional(field), ...(inOlderTables && { absent: () => null }) }]
      }),
    ),
  }
}

/**
 * Metrics of several layers together with the reference's weights (correlation.ipynb), each by the rule in its own file. A layer
 * whose value is null is left out of both sums. Summed in the order given.
 * @example
 * const { layers } = await analyze(await listInputs(['net.onnx']))
 * console.log(aggregateLayers(layers.slice(1)).variance_entropy)
 */
export function aggregateLayers(layers: Iterable<Weighable>, metrics: readonly Metric[] = layerMetrics): Aggregate {
  const sum = new LayerSum(metrics)
  for (const layer of layers) sum.add(layer)
  return sum.total()
}

/** The same for layers that come one after the other and need not be kept. */
export class LayerSum {
  readonly #sums: LayerSums

  constructor(metrics: readonly Metric[] = layerMetrics) {
    this.#sums = new LayerSums(1, metrics)
  }

  add(layer: Weighable): void {
    this.#sums.add(0, layer)
  }

  total(): Aggregate {
    return this.#sums.total(0)
  }
}

/** Many sums side by side, in one array: 16 bytes each, and 16 for every metric. */
export class LayerSums {
  readonly #metrics: ReturnType<typeof overallOf>
  readonly #width: number
  /** Of each sum: layers, filters; then of each metric the sum, and what it is divided by. */
  readonly #values: Float64Array

  constructor(count: number, metrics: readonly Metric[] = layerMetrics) {
    this.#metrics = overallOf(metrics)
    this.#width = 2 + 2 * this.#metrics.length
    this.#values = new Float64Array(count * this.#width)
  }

  /** Adds a layer to the sum of that number. */
  add(index: number, layer: Weighable): void {
    const values = this.#values
    let at = index * this.#width
    values[at]!++
    values[at + 1]! += layer.filters
    for (const { name, overall } of this.#metrics) {
      at += 2
      if (overall.rule === 'ratio') {
        values[at]! += overall.part(layer)
        values[at + 1]! += overall.whole(layer)
        continue
      }
      const value = layer[name as SummedMetric]
      if (value === null) continue
      const weight = overall.rule === 'sum' ? 1 : overall.weight(layer)
      values[at]! += weight * value
      values[at + 1]! += weight
    }
  }

  /** Makes all sums those of no layer. */
  clear(): void {
    this.#values.fill(0)
  }

  #valueAt(index: number, k: number): number | null {
    const at = index * this.#width + 2 + 2 * k
    const [sum, weight] = [this.#values[at]!, this.#values[at + 1]!]
    const { overall, undefinedWhen } = this.#metrics[k]!
    if (overall.rule === 'sum') return undefinedWhen === null || weight > 0 ? sum : null
    return weight > 0 ? sum / weight : null
  }

  total(index: number): Aggregate {
    const at = index * this.#width
    const values = this.#metrics.map(({ name }, k): [string, number | null] => [name, this.#valueAt(index, k)])
    return { layers: this.#values[at]!, filters: this.#values[at + 1]!, ...Object.fromEntries(values) } as Aggregate
  }
}
