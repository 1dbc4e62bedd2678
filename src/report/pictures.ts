import { type FirstFilters, isRgbLayer } from '../activation/first-filters.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import type { FilterGridData } from '../figures/filter-grid.ts'
import type { FirstLayer } from '../figures/first-layer-rgb.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis } from '../measure/model-row.ts'
import type { ReportInput } from './report-input.ts'

/** The report's pictures of filters: of the first pair of two groups, else of the first two models that have filters at hand. */
export function pictures(
  analysis: Analysis,
  groups: GroupReport | undefined,
  first: readonly FirstFilters[],
): Pick<ReportInput, 'grids' | 'firstLayers'> {
  const shown = shownModels(analysis, groups, new Set(first.map(({ model }) => model)))
  const filters = new Map(first.map((entry) => [`${entry.layer_id}/${entry.model}`, entry.filters]))
  const layersOf = (model: string): { row: LayerRow; filters: Float32Array }[] =>
    analysis.layers.flatMap((row) => {
      const own = row.model === model ? filters.get(`${row.layer_id}/${row.model}`) : undefined
      return own ? [{ row, filters: own }] : []
    })
  const grids = shown.map(
    (model): FilterGridData => ({
      model,
      threshold: analysis.parameters.threshold,
      layers: layersOf(model).map(({ row: { layer, peak, sparse_filters, filters: count }, filters: own }) => ({
        layer,
        filters: own,
        count,
        peak,
        sparse_filters,
      })),
    }),
  )
  const firstLayers = shown.flatMap((model) =>
    layersOf(model)
      .filter(({ row }) => isRgbLayer(row))
      .slice(0, 1)
      .map(
        ({ row, filters: own }): FirstLayer => ({
          model,
          layer: row.layer,
          outChannels: Math.floor(own.length / 27),
          weights: own,
        }),
      ),
  )
  return { grids, firstLayers }
}

function shownModels(analysis: Analysis, groups: GroupReport | undefined, known: ReadonlySet<string>): string[] {
  const pair = groups?.pairs.find(({ a, b }) => known.has(a) && known.has(b))
  if (pair) return [pair.a, pair.b]
  return analysis.models
    .map(({ model }) => model)
    .filter((model) => known.has(model))
    .slice(0, 2)
}
