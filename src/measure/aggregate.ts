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
  readonly #metrics: ReturnType<typeof overallOf>
  /** Of each metric: the sum, and what it is divided by. */
  readonly #sums: number[]
  readonly #weights: number[]
  #layers = 0
  #filters = 0

  constructor(metrics: readonly Metric[] = layerMetrics) {
    this.#metrics = overallOf(metrics)
    this.#sums = this.#metrics.map(() => 0)
    this.#weights = this.#metrics.map(() => 0)
  }

  add(layer: Weighable): void {
    this.#layers++
    this.#filters += layer.filters
    for (let k = 0; k < this.#metrics.length; k++) {
      const { name, overall } = this.#metrics[k]!
      if (overall.rule === 'ratio') {
        this.#sums[k]! += overall.part(layer)
        this.#weights[k]! += overall.whole(layer)
        continue
      }
      const value = layer[name as SummedMetric]
      if (value === null) continue
      const weight = overall.rule === 'sum' ? 1 : overall.weight(layer)
      this.#sums[k]! += weight * value
      this.#weights[k]! += weight
    }
  }

  total(): Aggregate {
    const values = this.#metrics.map(({ name, overall, undefinedWhen }, k): [string, number | null] => {
      const [sum, weight] = [this.#sums[k]!, this.#weights[k]!]
      if (overall.rule === 'sum' && undefinedWhen === null) return [name, sum]
      if (overall.rule === 'sum') return [name, weight > 0 ? sum : null]
      return [name, weight > 0 ? sum / weight : null]
    })
    return { layers: this.#layers, filters: this.#filters, ...Object.fromEntries(values) } as Aggregate
  }
}
