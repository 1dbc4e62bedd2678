import { BasisSums, KernelCounts } from '../analysis/bases.ts'
import { flagsOf } from '../analysis/flags.ts'
import { DepthSums } from '../analysis/model-depth.ts'
import { type BasisRow, type MetricName, metricNames } from '../analysis/report-types.ts'
import { type MeasuredLayer, type RowSource, type StreamedRun, streamed } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import type { ReportInput } from './report-input.ts'

/** Beyond this many layers the report leaves their tables to layers.csv: it would be too large to open. */
export const MOST_LAYERS = 12_000

/** What a report is made of: what was given, and what it needs of the layers. */
export interface PreparedReport extends Omit<ReportInput, 'analysis'> {
  readonly analysis: Omit<Analysis, 'layers' | 'skipped'>
  readonly layers: ReportedLayers
  /** What was not measured: how often by reason. */
  readonly reasons: ReadonlyMap<string, number>
}

/** What a report says of the layers, found in one way through them. */
export interface ReportedLayers {
  readonly count: number
  readonly flagged: number
  /** Flagged layers by model. */
  readonly flaggedOf: ReadonlyMap<string, number>
  /** By model, where they are few enough to be shown one by one; else undefined. */
  readonly byModel: ReadonlyMap<string, readonly MeasuredLayer[]> | undefined
  /** Of a single model: its layers' values of each metric, as far as they have any. */
  readonly values: Readonly<Record<MetricName, readonly number[]>>
  /** Without groups: the models by depth, and the bases of all of them and of two that are compared. */
  readonly depth: DepthSums | undefined
  readonly bases: readonly BasisRow[]
}

/** Reads the layers once. */
export async function prepareReport(input: ReportInput): Promise<PreparedReport> {
  const run = streamed(input.analysis)
  return { ...input, analysis: run, layers: await reportedLayers(run, input), reasons: await reasonsOf(run.skipped) }
}

async function reportedLayers(run: StreamedRun, { groups, comparison }: ReportInput): Promise<ReportedLayers> {
  const { count } = run.layers
  const one = run.models.length === 1
  const members = run.models.map(({ model }, index) => ({
    index,
    // a basis of all is made of members of any group; two compared models are one group each
    group: comparison?.b === model ? ('b' as const) : ('a' as const),
    pooled: true,
    dataset: null,
  }))
  const byName = new Map(run.models.map(({ model }, k) => [model, members[k]!]))
  const values = Object.fromEntries(metricNames.map((metric) => [metric, []])) as unknown as Record<MetricName, number[]>
  const byModel = count <= MOST_LAYERS ? new Map<string, MeasuredLayer[]>() : undefined
  const flaggedOf = new Map<string, number>()
  let flagged = 0
  const take = (layer: MeasuredLayer): void => {
    if (flagsOf(layer).length > 0) {
      flagged++
      flaggedOf.set(layer.model, (flaggedOf.get(layer.model) ?? 0) + 1)
    }
    if (one) for (const metric of metricNames) if (layer[metric] !== null) values[metric].push(layer[metric])
    if (!byModel) return
    const own = byModel.get(layer.model)
    if (own) own.push(layer)
    else byModel.set(layer.model, [layer])
  }
  if (groups) {
    for await (const rows of run.layers.metrics()) for (const layer of rows) take(layer)
    return { count, flagged, flaggedOf, byModel, values, depth: undefined, bases: [] }
  }
  const kernels = new KernelCounts()
  const sums = new BasisSums([null])
  const depth = new DepthSums(members.length)
  for await (const rows of run.layers.rows())
    for (const layer of rows) {
      take(layer)
      const member = byName.get(layer.model)
      if (!member) continue
      for (const statistic of [kernels, sums, depth]) statistic.add(member, layer)
    }
  const bases = sums.rows(members, kernels.common().kernel).filter(({ group }) => comparison || group === 'all')
  return { count, flagged, flaggedOf, byModel, values, depth, bases }
}

async function reasonsOf(skipped: RowSource<{ readonly reason: string }>): Promise<Map<string, number>> {
  const reasons = new Map<string, number>()
  for await (const rows of skipped.rows()) for (const { reason } of rows) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  return reasons
}
