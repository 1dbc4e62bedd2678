import type { FirstFilters, FirstFiltersSource } from '../activation/first-filters.ts'
import type { Column } from '../arrow/column.ts'
import { schemaOf } from '../arrow/columns.ts'
import { coded, columnsOf, type Fields, listField } from '../arrow/fields.ts'
import { openArrowBatches } from '../arrow/table.ts'
import { layerNameFields } from '../database/layer-columns.ts'
import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import type { Sink } from '../io/sink.ts'
import { rowsInMemory } from '../measure/layer-source.ts'
import { TableRows } from './table-rows.ts'
import { tableWriter } from './table-writer.ts'

/** The file of a results folder that keeps a few filters of each layer, for the report's pictures. */
export const FIRST_FILTERS = 'first_filters.arrow'

/** The members of its rows, each described. */
export const firstFiltersFields = {
  model: layerNameFields.model,
  layer_id: layerNameFields.layer_id,
  filters: coded(
    listField("the layer's first filters, one after the other, row by row", "the format's reader"),
    (filters: Float32Array) => Float64Array.from(filters),
    (cell, { name }, row) => {
      const filters = Float32Array.from(cell)
      if (!filters.every(Number.isFinite))
        throw new InputError(name, `column filters, row ${row}: holds a number that is no weight; the table is damaged`)
      return filters
    },
  ),
  sparse: {
    ...coded(
      listField('numbers of those that are sparse, from 0', 'the pass over its weights'),
      (sparse: readonly number[] | undefined) => Float64Array.from(sparse ?? []),
      (cell): readonly number[] => [...cell],
    ),
    absent: (): readonly number[] => [],
  },
} as const satisfies Fields

/** Writes the table as an Arrow IPC file, row by row. */
export async function writeFirstFilters(sink: Sink, rows: AsyncIterable<FirstFilters>): Promise<void> {
  const columns = (some: readonly FirstFilters[]): Column[] => columnsOf(firstFiltersFields, some)
  const table = tableWriter(sink, schemaOf(columns([]), { 'filterlens.kind': 'results.first_filters' }), columns)
  try {
    for await (const row of rows) await table.write(row)
    await table.commit()
  } catch (error) {
    await table.discard()
    throw error
  }
}

/** The table of first filters, which stays where it is. @throws InputError when it is none; rows are checked when they are read */
export async function openFirstFilters(access: RandomAccess): Promise<FirstFiltersSource> {
  return new TableRows<FirstFilters>(await openArrowBatches(access), firstFiltersFields)
}

/** First filters that are in memory. */
export function firstFiltersInMemory(rows: readonly FirstFilters[]): FirstFiltersSource {
  return { ...rowsInMemory(rows), models: async () => new Set(rows.map(({ model }) => model)) }
}

/** Opens the table of a results folder for as long as `work` takes; a folder without one has none. @throws InputError */
export async function withFirstFilters<T>(folder: Folder, work: (first: FirstFiltersSource) => Promise<T>): Promise<T> {
  const access = await folder.open(FIRST_FILTERS)
  if (!access) return work(firstFiltersInMemory([]))
  try {
    return await work(await openFirstFilters(access))
  } finally {
    await access.close?.()
  }
}
