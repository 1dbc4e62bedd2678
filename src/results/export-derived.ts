import {
  type DepthCount,
  depthCountSchema,
  type KernelCount,
  kernelCountSchema,
  LayerTally,
  type ModelCount,
  modelCountSchema,
  modelCounts,
} from '../analysis/counts.ts'
import { type ModelBasis, ModelBasisSums, modelBasisSchema } from '../analysis/model-bases.ts'
import { type NameRatio, nameRatioSchema, nameRatios } from '../analysis/name-ratios.ts'
import { metricNames } from '../analysis/report-names.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import {
  type ColumnPath,
  type DescribedTable,
  type DescribedTables,
  describedTable,
  describeTables,
  exportDescribed,
} from './described-tables.ts'
import type { ExportTable } from './export-table.ts'
import { parametersText } from './tables.ts'

/** What follows from the tables of a run, and is made when it is exported. */
interface DerivedRows {
  readonly counts: readonly ModelCount[]
  readonly kernels: readonly KernelCount[]
  readonly depths: readonly DepthCount[]
  readonly bases: readonly ModelBasis[]
  readonly ratios: readonly NameRatio[]
}

const tables: readonly DescribedTable<DerivedRows>[] = [
  describedTable('counts', modelCountSchema, ({ counts }) => counts),
  describedTable('kernels', kernelCountSchema, ({ kernels }) => kernels),
  describedTable('depth-counts', depthCountSchema, ({ depths }) => depths),
  describedTable('model-bases', modelBasisSchema, ({ bases }) => bases),
]

const ratios: DescribedTable<DerivedRows> = describedTable('ratios', nameRatioSchema, (rows: DerivedRows) => rows.ratios, [
  'model',
  'base',
  'sparse_filters',
  'base_sparse_filters',
  'sparse_ratio',
  ...metricNames.flatMap((metric): ColumnPath[] => [
    [`metrics.${metric}.of`, metric],
    [`metrics.${metric}.to`, `base_${metric}`],
  ]),
])

/**
 * Tables that follow from those of a run: models and filters counted by data set, architecture and group, convolutions by kernel
 * size, layers by depth, the basis of each model; and with `ratio` models beside those whose names differ by a word.
 * @throws UsageError when no two names differ so
 */
export async function derivedTables(run: StreamedRun, ratio?: string): Promise<ExportTable[]> {
  const metadata = { 'filterlens.version': run.version, 'filterlens.parameters': parametersText(run.parameters) }
  const bases = new ModelBasisSums()
  const counts = new LayerTally()
  for await (const layers of run.layers.rows())
    for (const layer of layers) {
      bases.add(layer)
      counts.add(layer)
    }
  for await (const skipped of run.skipped.rows()) for (const row of skipped) counts.addSkipped(row)
  const rows: DerivedRows = {
    counts: modelCounts(run.models),
    kernels: counts.kernels(),
    depths: counts.depths(),
    bases: bases.rows(),
    ratios: ratio === undefined ? [] : nameRatios(run.models, ratio),
  }
  return exportDescribed(ratio === undefined ? tables : [...tables, ratios], rows, metadata)
}

/** The columns of those tables, described. */
export function describedDerivedTables(): DescribedTables {
  return describeTables([...tables, ratios], 'export')
}
