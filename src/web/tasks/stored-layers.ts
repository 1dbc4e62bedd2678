import type { FirstFilters } from '../../activation/first-filters.ts'
import { flagsOf } from '../../analysis/flags.ts'
import { openArrowBatches } from '../../arrow/table.ts'
import { InputError } from '../../errors.ts'
import { type GivenFile, givenFolder, openGiven } from '../../inputs/given-inputs.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import { type LayerRow, layerFields } from '../../measure/layer-row.ts'
import {
  type LayerSource,
  layersInMemory,
  type MeasuredLayer,
  type RowsByModel,
  rowsInMemory,
  type SkippedRow,
  type StreamedRun,
} from '../../measure/layer-source.ts'
import type { Analysis } from '../../measure/model-row.ts'
import { isNonFiniteLayer } from '../../measure/non-finite.ts'
import { withFirstFilters } from '../../results/first-filters-table.ts'
import { readGroups } from '../../results/groups.ts'
import { openLayerTable, openSkippedTable } from '../../results/layer-table.ts'
import { zippedResults } from '../../results/open-results.ts'
import { tableFiles } from '../../results/table-files.ts'
import { TableRows } from '../../results/table-rows.ts'
import { withRun } from '../../results/tables-read.ts'
import { holdAll, verifiedFolder } from '../../results/verified-folder.ts'
import type { ModelsInTable, ResultsTable, StoredCheck, StoredModel } from './protocol.ts'
import { sendableReport } from './sendable-report.ts'

// Results with so many layers that the page does not hold them: these stay in their table, and a model's are read when it is opened.

/** Results with more layers than this stay in their table. */
export const MOST_HELD_LAYERS = 20_000

/** The folder that such results lie in. @throws InputError when they are not there any more */
async function folderOfTable({ files, folder, name }: ResultsTable): Promise<Folder> {
  if (folder !== null) return givenFolder(files, folder)
  const [zip] = files
  if (!zip) throw new InputError(name, 'is not among the files of this page; drop it again')
  return zippedResults(await openGiven(zip))
}

/** How many layers results have. */
export async function layersIn(folder: Folder): Promise<number> {
  const access = await folder.open(tableFiles.layers)
  if (!access) return 0
  try {
    return (await openArrowBatches(access)).rows
  } finally {
    await access.close?.()
  }
}

/** The files of a drop that such results are made of: what a worker needs to find them again. */
export function filesOfTable(files: readonly GivenFile[], folder: string): readonly GivenFile[] {
  return files.filter(({ path }) => folder === '' || path.startsWith(`${folder}/`))
}

/** Holds all files of results against their hashes, and counts the layers to look at. @throws InputError for the first that was changed */
export async function checkStored(table: ResultsTable): Promise<StoredCheck> {
  const written = await folderOfTable(table)
  const held = { name: table.name, ...(await holdAll(written, await verifiedFolder(written, table.name), table.name)) }
  return { held, toLookAt: await storedToLookAt(written) }
}

/** By model: how many layers are flagged, or were left out for a weight that is no number. */
export async function storedToLookAt(folder: Folder): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  await count(folder, tableFiles.layers, flagsIn, (row) => flagsOf(row).length > 0, counts)
  await count(folder, tableFiles.skipped, skippedIn, isNonFiniteLayer, counts)
  return counts
}

/** The flags of each layer: their column alone, or what follows from the other ones in a table that was written before it was. */
async function flagsIn(access: RandomAccess): Promise<AsyncIterable<readonly Pick<LayerRow, 'model' | 'flags'>[]>> {
  const table = await openArrowBatches(access)
  if (!table.columns.some(({ name }) => name === 'flags')) return (await openLayerTable(access)).metrics()
  const { model, flags } = layerFields()
  return new TableRows<Pick<LayerRow, 'model' | 'flags'>>(table, { model: model!, flags: flags! }).rows()
}

async function skippedIn(access: RandomAccess): Promise<AsyncIterable<readonly SkippedRow[]>> {
  return (await openSkippedTable(access)).rows()
}

/** Counts the rows of a table by model. */
async function count<Row extends { readonly model: string }>(
  folder: Folder,
  file: string,
  rowsOf: (access: RandomAccess) => Promise<AsyncIterable<readonly Row[]>>,
  isCounted: (row: Row) => boolean,
  counts: Map<string, number>,
): Promise<void> {
  const access = await folder.open(file)
  if (!access) return
  try {
    for await (const rows of await rowsOf(access))
      for (const row of rows) if (isCounted(row)) counts.set(row.model, (counts.get(row.model) ?? 0) + 1)
  } finally {
    await access.close?.()
  }
}

/** A model's layers, what was left out of it, and the filters that are kept of it. */
export async function storedModel(table: ResultsTable, model: string): Promise<StoredModel> {
  const folder = await folderOfTable(table)
  const { layers, skipped } = await withRun(folder, table.name, async (run) => ({
    layers: await collected(run.layers.of(model)),
    skipped: await collected(run.skipped.of(model)),
  }))
  const firstFilters = await withFirstFilters(folder, async (first): Promise<FirstFilters[]> => collected(first.of(model)))
  return { layers, skipped, firstFilters }
}

/** The comparison of two groups that lies beside them; null where there is none. */
export async function storedGroups(table: ResultsTable): Promise<ReturnType<typeof sendableReport> | null> {
  const folder = await verifiedFolder(await folderOfTable(table), table.name)
  const report = await readGroups(folder, table.name)
  return report ? sendableReport(report) : null
}

async function collected<Row>(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const all: Row[] = []
  for await (const rows of batches) for (const row of rows) all.push(row)
  return all
}

/** The run of models of the page, of which some have their layers in tables of results, for as long as `work` takes. */
export async function withLayers<T>(
  analysis: Analysis,
  tables: readonly ModelsInTable[],
  work: (run: StreamedRun) => Promise<T>,
): Promise<T> {
  const parts: Pick<StreamedRun, 'layers' | 'skipped'>[] = [
    { layers: layersInMemory(analysis.layers), skipped: rowsInMemory(analysis.skipped) },
  ]
  const opened = async (k: number): Promise<T> => {
    const next = tables[k]
    if (!next)
      return work({
        ...analysis,
        layers: layersOf(parts.map(({ layers }) => layers)),
        skipped: rowsOf(parts.map(({ skipped }) => skipped)),
      })
    return withRun(await folderOfTable(next.table), next.table.name, async (run) => {
      parts.push({ layers: renamedLayers(run.layers, next), skipped: renamed<SkippedRow>(run.skipped, next) })
      return opened(k + 1)
    })
  }
  return opened(0)
}

function rowsOf<Row>(sources: readonly RowsByModel<Row>[]): RowsByModel<Row> {
  return {
    count: sources.reduce((sum, { count }) => sum + count, 0),
    async *rows() {
      for (const source of sources) yield* source.rows()
    },
    async *of(model) {
      for (const source of sources) yield* source.of(model)
    },
  }
}

function layersOf(sources: readonly LayerSource[]): LayerSource {
  return {
    ...rowsOf(sources),
    async *metrics() {
      for (const source of sources) yield* source.metrics()
    },
    async *metricsOf(model) {
      for (const source of sources) yield* source.metricsOf(model)
    },
  }
}

/** Rows of the models that are in the page, under the names that they go by there. */
function renamed<Row extends { readonly model: string }>(source: RowsByModel<Row>, models: ModelsInTable): RowsByModel<Row> {
  return {
    count: source.count,
    rows: () => inPage(source.rows(), models),
    of: (name) => ofOwn(name, models, (own) => source.of(own)),
  }
}

function renamedLayers(source: LayerSource, models: ModelsInTable): LayerSource {
  return {
    ...renamed<LayerRow>(source, models),
    metrics: () => inPage<MeasuredLayer>(source.metrics(), models),
    metricsOf: (name) => ofOwn<MeasuredLayer>(name, models, (own) => source.metricsOf(own)),
  }
}

async function* inPage<Row extends { readonly model: string }>(
  batches: AsyncIterable<readonly Row[]>,
  { names }: ModelsInTable,
): AsyncGenerator<readonly Row[]> {
  for await (const rows of batches)
    yield rows.flatMap((row) => {
      const name = names.get(row.model)
      return name === undefined ? [] : [name === row.model ? row : { ...row, model: name }]
    })
}

async function* ofOwn<Row extends { readonly model: string }>(
  name: string,
  models: ModelsInTable,
  of: (own: string) => AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  for (const [own, shown] of models.names) if (shown === name) yield* inPage(of(own), models)
}
