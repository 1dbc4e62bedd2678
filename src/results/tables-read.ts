import { readRows } from '../arrow/fields.ts'
import { type ArrowTable, readArrowTable } from '../arrow/table.ts'
import { metadataJson, readMeta } from '../database/provenance.ts'
import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { inMemory, type StreamedRun } from '../measure/layer-source.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import { type Analysis, type ModelRow, modelFields } from '../measure/model-row.ts'
import { isParameters } from '../measure/parameters.ts'
import { openLayerTable, openSkippedTable } from './layer-table.ts'
import { tableFiles } from './table-files.ts'
import { isFailures, isTexts } from './table-metadata.ts'
import { requireKind } from './table-rows.ts'

/**
 * An analysis from its results folder: every later step runs from the tables alone.
 * @throws InputError when a table is missing, damaged, or of another kind
 * @example
 * const { models } = await readResults(diskFolder('results'), 'results')
 * console.log(models.map(({ model, sparsity }) => [model, sparsity]))
 */
export async function readResults(folder: Folder, name: string): Promise<Analysis> {
  return withRun(folder, name, inMemory)
}

/**
 * The run of a results folder for as long as `work` takes: its layers are read from their table when they are asked for.
 * @throws InputError when a table is missing, damaged, or of another kind
 */
export async function withRun<T>(folder: Folder, name: string, work: (run: StreamedRun) => Promise<T>): Promise<T> {
  const open = async (file: string): Promise<RandomAccess> => {
    const access = await folder.open(file)
    if (!access) throw new InputError(name, `has no ${file}; give the folder that filterlens analyze -o wrote`)
    return access
  }
  const read = async <T>(file: string, decode: (access: RandomAccess) => Promise<T>): Promise<T> => {
    const access = await open(file)
    try {
      return await decode(access)
    } finally {
      await access.close?.()
    }
  }
  const models = await read(tableFiles.models, readModelTable)
  return read(tableFiles.skipped, async (skipped) =>
    read(tableFiles.layers, async (layers) =>
      work({ ...models, layers: await openLayerTable(layers), skipped: await openSkippedTable(skipped) }),
    ),
  )
}

/** The rows of a layer table. */
export async function readLayerTable(access: RandomAccess, metrics: readonly Metric[] = layerMetrics): Promise<LayerRow[]> {
  const layers: LayerRow[] = []
  for await (const rows of (await openLayerTable(access, metrics)).rows()) for (const row of rows) layers.push(row)
  return layers
}

/** The model table, with the parameters, failures and warnings that it carries. */
export async function readModelTable(
  access: RandomAccess,
  metrics: readonly Metric[] = layerMetrics,
): Promise<Omit<Analysis, 'layers' | 'skipped'>> {
  const table = await readArrowTable(access)
  requireKind(table, 'results.models')
  const meta = readMeta(table)
  const rows = readRows(modelFields(metrics), table) as unknown as Omit<ModelRow, 'meta'>[]
  return {
    version: table.metadata.get('filterlens.version') ?? '',
    parameters: recorded(table, 'filterlens.parameters', isParameters),
    models: rows.map((row, k) => ({ ...row, meta: meta[k]! })),
    failed: recorded(table, 'filterlens.failed', isFailures),
    warnings: recorded(table, 'filterlens.warnings', isTexts),
  }
}

function recorded<T>(table: ArrowTable, key: string, is: (value: unknown) => value is T): T {
  const value = metadataJson(table, key)
  if (!is(value)) throw new InputError(table.name, `its metadata ${key} is not what filterlens writes; the table is damaged`)
  return value
}
