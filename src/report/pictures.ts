import { type FirstFiltersSource, isRgbLayer } from '../activation/first-filters.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { spokenName } from '../database/spoken-name.ts'
import { drawnLayers, type FilterGridData } from '../figures/filter-grid.ts'
import type { FirstLayer } from '../figures/first-layer-rgb.ts'
import type { MeasuredLayer, StreamedRun } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import type { ReportInput } from './report-input.ts'

/** The report's pictures of filters: of the first pair of two groups, else of the first two models that have filters at hand. */
export async function pictures(
  run: StreamedRun,
  groups: GroupReport | undefined,
  first: FirstFiltersSource,
): Promise<Pick<ReportInput, 'grids' | 'firstLayers'>> {
  const grids: FilterGridData[] = []
  const firstLayers: FirstLayer[] = []
  for (const model of shownModels(run, groups, await first.models())) {
    const rows = await layersWithFilters(run, model, first)
    const rgb = rows.find(isRgbLayer)
    const drawn = new Set(drawnLayers(rows))
    if (rgb) drawn.add(rgb)
    const filters = await filtersOf(drawn, model, first)
    const none = new Float32Array(0)
    const layers = rows.map((row) => {
      const { peak, sparse_filters, filters: count } = row
      return { layer: spokenName(row), filters: filters.get(row.layer_id) ?? none, count, peak, sparse_filters }
    })
    grids.push({ model, threshold: run.parameters.threshold, layers })
    if (!rgb) continue
    const weights = filters.get(rgb.layer_id)!
    firstLayers.push({ model, layer: spokenName(rgb), outChannels: Math.floor(weights.length / 27), weights })
  }
  return { grids, firstLayers }
}

async function layersWithFilters({ layers }: StreamedRun, model: string, first: FirstFiltersSource): Promise<MeasuredLayer[]> {
  const known = new Set<number>()
  for await (const some of first.of(model)) for (const { layer_id } of some) known.add(layer_id)
  const own: MeasuredLayer[] = []
  for await (const rows of layers.metricsOf(model)) for (const row of rows) if (known.has(row.layer_id)) own.push(row)
  return own
}

/** Of the layers that are drawn: a model may have any number of others. */
async function filtersOf(
  drawn: ReadonlySet<MeasuredLayer>,
  model: string,
  first: FirstFiltersSource,
): Promise<Map<number, Float32Array>> {
  const ids = new Set([...drawn].map(({ layer_id }) => layer_id))
  const filters = new Map<number, Float32Array>()
  for await (const some of first.of(model))
    for (const { layer_id, filters: own } of some) if (ids.has(layer_id)) filters.set(layer_id, own)
  return filters
}

function shownModels(analysis: Pick<Analysis, 'models'>, groups: GroupReport | undefined, known: ReadonlySet<string>): string[] {
  const pair = groups?.pairs.find(({ a, b }) => known.has(a) && known.has(b))
  if (pair) return [pair.a, pair.b]
  return analysis.models
    .map(({ model }) => model)
    .filter((model) => known.has(model))
    .slice(0, 2)
}
