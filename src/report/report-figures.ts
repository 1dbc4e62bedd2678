import { inGroups } from '../analysis/in-groups.ts'
import { depthRows } from '../analysis/model-depth.ts'
import type { GroupReport, ModelDepthRow } from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { accuracyByArchitecture, hasArchitectures } from '../figures/accuracy-by-architecture.ts'
import { coefficientRidges } from '../figures/coefficient-ridges.ts'
import { explainedVariance } from '../figures/explained-variance.ts'
import { type Figure, withId } from '../figures/figure.ts'
import { filterGrid } from '../figures/filter-grid.ts'
import { firstLayerRgb } from '../figures/first-layer-rgb.ts'
import { firstLayerShape, hasFirstLayers } from '../figures/first-layer-shape.ts'
import { metricAgainstAccuracy } from '../figures/metric-against-accuracy.ts'
import { type MetricsByDepthData, metricsByDepth } from '../figures/metrics-by-depth.ts'
import { modelComparison } from '../figures/model-comparison.ts'
import { modelOverview } from '../figures/model-overview.ts'
import { pairShifts } from '../figures/pair-shifts.ts'
import { pcaBases } from '../figures/pca-bases.ts'
import { shiftByDepth } from '../figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../figures/shift-matrix.ts'
import { count } from '../words.ts'
import type { ReportInput } from './report-input.ts'
import { type PreparedReport, prepareReport } from './reported-layers.ts'

/** Parts of the report that hold figures, in its order. */
const reportParts = ['depth', 'bases', 'shift', 'accuracy', 'filters', 'columns'] as const
export type ReportPart = (typeof reportParts)[number]

export interface PlacedFigure {
  readonly part: ReportPart
  readonly figure: Figure
}

/** A report has no more figures than this; later ones give way. */
export const MOST_FIGURES = 18
/** Models up to this many get an overview of their own. */
const MOST_OVERVIEWS = 2
const MOST_GRIDS = 2
const MOST_MATRICES = 2
/** Pairs of which a box says more than a table. */
const LEAST_PAIRS = 8

/** The figures of a report, numbered in this order. */
export async function reportFigures(input: ReportInput): Promise<PlacedFigure[]> {
  return drawReportFigures(await prepareReport(input))
}

/** The same of a report whose layers have been read. */
export async function drawReportFigures(input: PreparedReport): Promise<PlacedFigure[]> {
  const { analysis, comparison, layers: reported } = input
  const { groups, note } = drawnGroups(input.groups)
  const placed: PlacedFigure[] = []
  const put = (part: ReportPart, figure: Figure) => placed.push({ part, figure })
  const depth = [depthNote(inGroups(analysis.models, input.groups)), note].filter(Boolean).join(' ') || undefined
  const withNote = (figure: Figure): Figure => (note ? { ...figure, caption: `${figure.caption} ${note}` } : figure)
  if (groups) {
    put('depth', await metricsByDepth(groups, depth))
    // Results of earlier versions have no shape.
    const hasShape = groups.depth.some(({ symmetry }) => symmetry !== null)
    if (hasShape) put('depth', await metricsByDepth(groups, depth, 'shape'))
    if (hasFirstLayers(groups)) put('depth', withNote(await firstLayerShape(groups)))
  }
  const overviews = analysis.models.length <= MOST_OVERVIEWS ? reported.byModel : undefined
  if (!groups && !overviews) {
    const { data, note: drawn } = withoutGroups(input)
    const under = [depth, drawn].filter(Boolean).join(' ') || undefined
    put('depth', await metricsByDepth(data, under))
    put('depth', await metricsByDepth(data, under, 'shape'))
  }
  if (comparison) {
    const compared = analysis.models.filter(({ model }) => model === comparison.a || model === comparison.b)
    put('depth', await modelComparison(comparison, depthNote(compared)))
  }
  if (!comparison && !groups && overviews)
    for (const [i, model] of analysis.models.entries()) {
      const layers = overviews.get(model.model) ?? []
      if (layers.length > 0) put('depth', numbered(await modelOverview(model, layers), i))
    }
  const bases = groups ?? { bases: reported.bases, groups: namedSides(comparison?.a ?? '', comparison?.b ?? '') }
  if (bases.bases.some((row) => row.dataset === null && row.components !== null)) {
    put('bases', pcaBases(bases))
    put('bases', await explainedVariance(bases))
  }
  if (groups?.coefficients) {
    put('bases', await coefficientRidges(groups))
    if (groups.shift.some((row) => row.shift !== null)) put('shift', await shiftByDepth(groups, depth))
    if (groups.pairs.filter(({ shift }) => shift !== null).length >= LEAST_PAIRS) put('shift', await pairShifts(groups))
    for (const matrix of groups.matrices.slice(0, MOST_MATRICES)) put('shift', shiftMatrixFigure(matrix, groups))
  }
  if (groups?.models.some((model) => model.robust_accuracy !== null))
    put('accuracy', withNote(await metricAgainstAccuracy(groups)))
  if (groups && hasArchitectures(groups)) put('accuracy', withNote(await accuracyByArchitecture(groups)))
  if (input.activation) {
    const { activationFigure } = await import('../figures/activation-figure.ts') // with its PNG encoder: few reports need it
    put('filters', activationFigure(input.activation))
  }
  if (input.firstLayers?.length) put('filters', firstLayerRgb(input.firstLayers.slice(0, 4)))
  for (const [i, grid] of (input.grids ?? []).slice(0, MOST_GRIDS).entries()) put('filters', numbered(filterGrid(grid), i))
  const kept = placed.slice(0, MOST_FIGURES)
  if (!input.studies) return kept
  const { studyFigures } = await import('./study-figures.ts') // few reports need them
  for (const figure of await studyFigures(input.studies)) kept.push({ part: 'columns', figure })
  return kept
}

/** A second figure of a kind gets ids of its own. */
function numbered(figure: Figure, index: number): Figure {
  return index === 0 ? figure : withId(figure, `${figure.id}-${index + 1}`)
}

const nobody = { models: 0, layers: 0, filters: 0, sparse_filters: 0, sparsity: null }

const namedSides = (a: string, b: string): GroupReport['groups'] => ({ a: { name: a, ...nobody }, b: { name: b, ...nobody } })

/** Figures that draw every model draw no more than this many: a picture of more is a blot, and does not open. */
const MOST_DRAWN = 2000

function drawnNote(drawn: number, all: number): string {
  return `Drawn are ${count(drawn)} of ${count(all)} models, evenly from the table; what is said is of all.`
}

/** True for the models that are drawn. */
function isDrawn(index: number, all: number): boolean {
  if (all <= MOST_DRAWN) return true
  return Math.floor((index * MOST_DRAWN) / all) !== Math.floor(((index - 1) * MOST_DRAWN) / all)
}

/** Groups with the models that are drawn, and a sentence about it when they are not all. */
export function drawnGroups<Groups extends GroupReport | undefined>(
  groups: Groups,
): { readonly groups: Groups; readonly note: string | undefined } {
  const all = groups?.models.length ?? 0
  if (!groups || all <= MOST_DRAWN) return { groups, note: undefined }
  const models = groups.models.filter((_, k) => isDrawn(k, all))
  const names = new Set(models.map(({ model }) => model))
  const depth: ModelDepthRow[] = []
  for (const row of groups.depth) if (names.has(row.model)) depth.push(row)
  const pairs = groups.pairs.filter(({ a, b }) => names.has(a) && names.has(b))
  return { groups: { ...groups, models, depth, pairs }, note: drawnNote(models.length, all) }
}

/** Models that are in no group, as the depth figure takes them. */
function withoutGroups({ analysis: { models }, layers }: PreparedReport): {
  readonly data: MetricsByDepthData
  readonly note: string | undefined
} {
  const drawn = models.flatMap((row, index) => (isDrawn(index, models.length) ? [{ row, index }] : []))
  const { depth: sums } = layers
  const members = sums
    ? drawn.map(({ row, index }) => ({ row, index, depth: sums, group: null, dataset: null, architecture: null }))
    : []
  const data = { depth: depthRows(members), datasets: [], comparisons: [], groups: namedSides('a', 'b') }
  return { data, note: drawn.length < models.length ? drawnNote(drawn.length, models.length) : undefined }
}
