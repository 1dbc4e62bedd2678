import { BasisSums, KernelCounts } from '../analysis/bases.ts'
import { byBucket } from '../analysis/depth.ts'
import { inGroups } from '../analysis/in-groups.ts'
import { bucketNames, type GroupReport, type ModelDepthRow } from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { coefficientRidges } from '../figures/coefficient-ridges.ts'
import { explainedVariance } from '../figures/explained-variance.ts'
import type { Figure } from '../figures/figure.ts'
import { filterGrid } from '../figures/filter-grid.ts'
import { firstLayerRgb } from '../figures/first-layer-rgb.ts'
import { firstLayerShape, hasFirstLayers } from '../figures/first-layer-shape.ts'
import { metricAgainstAccuracy } from '../figures/metric-against-accuracy.ts'
import { metricsByDepth } from '../figures/metrics-by-depth.ts'
import { modelComparison } from '../figures/model-comparison.ts'
import { modelOverview } from '../figures/model-overview.ts'
import { pcaBases } from '../figures/pca-bases.ts'
import { shiftByDepth } from '../figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../figures/shift-matrix.ts'
import { aggregateLayers } from '../measure/aggregate.ts'
import { layersByModel } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import type { ReportInput } from './report-input.ts'

/** Parts of the report that hold figures, in its order. */
export const reportParts = ['depth', 'bases', 'shift', 'accuracy', 'filters'] as const
export type ReportPart = (typeof reportParts)[number]

export interface PlacedFigure {
  readonly part: ReportPart
  readonly figure: Figure
}

/** A report has no more figures than this; later ones give way. */
export const MOST_FIGURES = 14
/** Models up to this many get an overview of their own. */
const MOST_OVERVIEWS = 2
const MOST_GRIDS = 2
const MOST_MATRICES = 2

/** The figures of a report, numbered in this order. */
export async function reportFigures(input: ReportInput): Promise<PlacedFigure[]> {
  const { analysis, groups, comparison } = input
  const placed: PlacedFigure[] = []
  const put = (part: ReportPart, figure: Figure) => placed.push({ part, figure })
  const depth = depthNote(inGroups(analysis.models, groups))
  if (groups) {
    put('depth', await metricsByDepth(groups, depth))
    put('depth', await metricsByDepth(groups, depth, 'shape'))
    if (hasFirstLayers(groups)) put('depth', await firstLayerShape(groups))
  }
  if (!groups && analysis.models.length > MOST_OVERVIEWS) {
    put('depth', await metricsByDepth(withoutGroups(analysis), depth))
    put('depth', await metricsByDepth(withoutGroups(analysis), depth, 'shape'))
  }
  if (comparison) {
    const compared = analysis.models.filter(({ model }) => model === comparison.a || model === comparison.b)
    put('depth', await modelComparison(comparison, depthNote(compared)))
  }
  if (!comparison && !groups && analysis.models.length <= MOST_OVERVIEWS)
    for (const [i, model] of analysis.models.entries()) {
      const layers = layersByModel(analysis.layers).get(model.model) ?? []
      if (layers.length > 0) put('depth', withId(await modelOverview(model, layers), i))
    }
  const bases = groups ?? ungroupedBases(analysis, comparison && [comparison.a, comparison.b])
  if (bases.bases.some((row) => row.dataset === null && row.components !== null)) {
    put('bases', pcaBases(bases))
    put('bases', await explainedVariance(bases))
  }
  if (groups?.coefficients) {
    put('bases', await coefficientRidges(groups))
    if (groups.shift.some((row) => row.shift !== null)) put('shift', await shiftByDepth(groups, depth))
    for (const matrix of groups.matrices.slice(0, MOST_MATRICES)) put('shift', shiftMatrixFigure(matrix))
  }
  if (groups?.models.some((model) => model.robust_accuracy !== null)) put('accuracy', await metricAgainstAccuracy(groups))
  if (input.activation) {
    const { activationFigure } = await import('../figures/activation-figure.ts') // with its PNG encoder: few reports need it
    put('filters', activationFigure(input.activation))
  }
  if (input.firstLayers?.length) put('filters', firstLayerRgb(input.firstLayers.slice(0, 4)))
  for (const [i, grid] of (input.grids ?? []).slice(0, MOST_GRIDS).entries()) put('filters', withId(filterGrid(grid), i))
  return placed.slice(0, MOST_FIGURES)
}

/** A second figure of a kind gets ids of its own. */
function withId(figure: Figure, index: number): Figure {
  if (index === 0) return figure
  const id = `${figure.id}-${index + 1}`
  return {
    ...figure,
    id,
    svg: figure.svg.replaceAll(`${figure.id}-title`, `${id}-title`).replaceAll(`${figure.id}-desc`, `${id}-desc`),
  }
}

const nobody = { models: 0, layers: 0, filters: 0, sparse_filters: 0, sparsity: null }

/** Models that are in no group, as the depth figure takes them. */
function withoutGroups(analysis: Analysis): Pick<GroupReport, 'depth' | 'datasets' | 'comparisons' | 'groups'> {
  const own = layersByModel(analysis.layers)
  const depth = analysis.models.flatMap((model) =>
    byBucket(own.get(model.model) ?? []).flatMap((layers, index): ModelDepthRow[] =>
      layers.length === 0
        ? []
        : [
            {
              model: model.model,
              group: null,
              dataset: null,
              architecture: null,
              bucket: bucketNames[index]!,
              ...aggregateLayers(layers),
            },
          ],
    ),
  )
  return { depth, datasets: [], comparisons: [], groups: { a: { name: 'a', ...nobody }, b: { name: 'b', ...nobody } } }
}

/** The basis of all models, and of the two that are compared. */
function ungroupedBases(
  analysis: Analysis,
  compared: readonly [string, string] | undefined,
): Pick<GroupReport, 'bases' | 'groups'> {
  const kernels = new KernelCounts()
  const sums = new BasisSums([null])
  const members = analysis.models.map((row) => ({
    name: row.model,
    // a basis of all is made of members of any group; two compared models are one group each
    group: compared?.[1] === row.model ? ('b' as const) : ('a' as const),
    pooled: true,
    dataset: null,
  }))
  const own = layersByModel(analysis.layers)
  for (const member of members)
    for (const layer of own.get(member.name) ?? []) {
      kernels.add(member, layer)
      sums.add(member, layer)
    }
  const bases = sums.rows(members, kernels.common().kernel).filter((row) => compared !== undefined || row.group === 'all')
  return { bases, groups: { a: { name: compared?.[0] ?? '', ...nobody }, b: { name: compared?.[1] ?? '', ...nobody } } }
}
