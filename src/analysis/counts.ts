import * as v from 'valibot'
import { sidesOf } from '../measure/kernel-size.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { bucketIndex } from './depth.ts'
import { knownColumns, metaValue, robustOf } from './members.ts'
import { isMissing } from './meta-column.ts'
import { countIn, filtersIn, numberOrNull, textIn, textOrNull } from './report-kinds.ts'
import { bucketNames } from './report-names.ts'
import type { Described } from './report-types.ts'

/** Models and filters of a data set, an architecture, a group, or a cross of them; null: all of that kind. */
export const modelCountSchema = v.object({
  dataset: textOrNull('the data set; null: all'),
  architecture: textOrNull('the architecture; null: all'),
  group: textOrNull('normal or robust; null: all'),
  models: countIn('models'),
  architectures: countIn('architectures among them'),
  layers: countIn('their layers'),
  filters: filtersIn('their filters'),
  filters_per_model: numberOrNull('filters of a model, on average'),
  sparse_filters: filtersIn('sparse filters among them'),
  sparsity: numberOrNull('share of sparse filters among all of them'),
  clean_accuracy: numberOrNull('mean accuracy on unchanged images, of the models that have one'),
  robust_accuracy: numberOrNull('mean accuracy on attacked images, of the models that have one'),
})

/** Convolutions of one kernel size, measured or not. */
export const kernelCountSchema = v.object({
  kernel: textIn('rows × columns'),
  models: countIn('models that have such layers'),
  layers: countIn('such layers, of all models'),
  filters: filtersIn('their filters: output channels × input channels per group'),
  weights: filtersIn('their weights'),
  filter_share: numberOrNull('share of all filters'),
  weight_share: numberOrNull('share of all weights of convolutions'),
})

/** Layers by relative depth. */
export const depthCountSchema = v.object({
  bucket: textIn('the bucket of relative depth'),
  models: countIn('models that have layers there'),
  layers: countIn('layers there, of all models'),
  filters: filtersIn('their filters'),
  lowest_conv_depth: countIn('smallest conv_depth among them'),
  highest_conv_depth: countIn('largest conv_depth among them'),
})

export interface ModelCount extends Described<typeof modelCountSchema> {}
export interface KernelCount extends Described<typeof kernelCountSchema> {}
export interface DepthCount extends Described<typeof depthCountSchema> {}

interface Kind {
  readonly dataset: string | null
  readonly architecture: string | null
  readonly group: string | null
}

/**
 * Models and filters: all, by group, data set, architecture, and their crosses; those that are there. `datasets`: the order of the
 * data sets, as a report of groups has them; others follow as they come.
 */
export function modelCounts(models: readonly ModelRow[], datasets: readonly string[] = []): ModelCount[] {
  const rank = ({ dataset }: Kind): number => {
    const at = dataset === null ? -1 : datasets.indexOf(dataset)
    return at < 0 ? datasets.length : at
  }
  const kinds = models.map((row): Kind => {
    const text = (names: readonly string[]): string | null => {
      const value = metaValue(row.meta, names)
      return isMissing(value) ? null : String(value)
    }
    const side = robustOf(metaValue(row.meta, knownColumns.robust))
    return {
      dataset: text(knownColumns.dataset),
      architecture: text(knownColumns.architecture),
      group: side === null ? null : side === 'b' ? 'robust' : 'normal',
    }
  })
  const rows: ModelCount[] = []
  const crosses = [[], ['group'], ['dataset'], ['dataset', 'group'], ['architecture'], ['architecture', 'dataset']] as const
  for (const cross of crosses) {
    const sets = new Map<string, { readonly kind: Kind; readonly own: number[] }>()
    for (const [k, kind] of kinds.entries()) {
      if (cross.some((part) => kind[part] === null)) continue
      const of = {
        dataset: null,
        architecture: null,
        group: null,
        ...Object.fromEntries(cross.map((part) => [part, kind[part]])),
      }
      const key = JSON.stringify(of)
      const known = sets.get(key)
      if (known) known.own.push(k)
      else sets.set(key, { kind: of, own: [k] })
    }
    for (const { kind, own } of [...sets.values()].sort((p, q) => rank(p.kind) - rank(q.kind)))
      rows.push(
        countOf(
          kind,
          own.map((k) => models[k]!),
          own.map((k) => kinds[k]!),
        ),
      )
  }
  return rows
}

function countOf(kind: Kind, models: readonly ModelRow[], kinds: readonly Kind[]): ModelCount {
  const sum = (field: 'layers' | 'filters' | 'sparse_filters'): number => models.reduce((total, row) => total + row[field], 0)
  const mean = (names: readonly string[]): number | null => {
    const values = models.map(({ meta }) => metaValue(meta, names)).filter((value) => typeof value === 'number')
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length
  }
  const [filters, sparse_filters] = [sum('filters'), sum('sparse_filters')]
  return {
    ...kind,
    models: models.length,
    architectures: new Set(kinds.flatMap(({ architecture }) => architecture ?? [])).size,
    layers: sum('layers'),
    filters,
    filters_per_model: models.length > 0 ? filters / models.length : null,
    sparse_filters,
    sparsity: filters > 0 ? sparse_filters / filters : null,
    clean_accuracy: mean(knownColumns.clean),
    robust_accuracy: mean(knownColumns.robustAccuracy),
  }
}

/** Layers counted by kernel size and by relative depth while they come one after the other. */
export class LayerTally {
  readonly #kernels = new Map<string, { models: Set<string>; layers: number; filters: number; weights: number }>()
  readonly #depths = bucketNames.map(() => ({ models: new Set<string>(), layers: 0, filters: 0, low: Infinity, high: -Infinity }))

  add(layer: {
    readonly model: string
    readonly kernel: string
    readonly filters: number
    readonly conv_depth: number
    readonly conv_depth_norm: number | null
  }): void {
    this.#size(layer.model, ...sidesOf(layer.kernel), layer.filters)
    const bucket = bucketIndex(layer)
    if (bucket === null) return
    const own = this.#depths[bucket]!
    own.models.add(layer.model)
    own.layers++
    own.filters += layer.filters
    own.low = Math.min(own.low, layer.conv_depth)
    own.high = Math.max(own.high, layer.conv_depth)
  }

  /** What was not measured: convolutions count by their shapes. */
  addSkipped({ model, kind, shape }: { readonly model: string; readonly kind: string; readonly shape: readonly number[] }): void {
    if (kind === 'Conv' && shape.length === 4) this.#size(model, shape[2]!, shape[3]!, shape[0]! * shape[1]!)
  }

  #size(model: string, height: number, width: number, filters: number): void {
    const kernel = `${height}x${width}`
    let own = this.#kernels.get(kernel)
    if (!own) this.#kernels.set(kernel, (own = { models: new Set(), layers: 0, filters: 0, weights: 0 }))
    own.models.add(model)
    own.layers++
    own.filters += filters
    own.weights += filters * height * width
  }

  /** By falling number of filters. */
  kernels(): KernelCount[] {
    let filters = 0
    let weights = 0
    for (const own of this.#kernels.values()) {
      filters += own.filters
      weights += own.weights
    }
    return [...this.#kernels]
      .map(([kernel, own]) => ({
        kernel,
        ...own,
        models: own.models.size,
        filter_share: filters > 0 ? own.filters / filters : null,
        weight_share: weights > 0 ? own.weights / weights : null,
      }))
      .sort((p, q) => q.filters - p.filters)
  }

  /** Buckets that hold layers: how many, and which ranks of depth they have. */
  depths(): DepthCount[] {
    return this.#depths.flatMap(({ models, layers, filters, low, high }, k): DepthCount[] =>
      layers === 0
        ? []
        : [{ bucket: bucketNames[k]!, models: models.size, layers, filters, lowest_conv_depth: low, highest_conv_depth: high }],
    )
  }
}
