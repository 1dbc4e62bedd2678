import type { FirstFilters } from '../activation/first-filters.ts'
import { batchOf, schemaOf } from '../arrow/columns.ts'
import { coded, columnsOf, type Fields, listField, readRows } from '../arrow/fields.ts'
import { readArrowTable } from '../arrow/table.ts'
import { arrowFileBytes } from '../arrow/writer.ts'
import { layerNameFields } from '../database/layer-columns.ts'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'

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
} as const satisfies Fields

/** The table as an Arrow IPC file. */
export function firstFiltersBytes(rows: readonly FirstFilters[]): Uint8Array {
  const columns = columnsOf(firstFiltersFields, rows)
  const schema = schemaOf(columns, { 'filterlens.kind': 'results.first_filters' })
  return arrowFileBytes(schema, rows.length === 0 ? [] : [batchOf(schema, columns)])
}

/** Reads it back. @throws InputError */
export async function readFirstFiltersTable(access: RandomAccess): Promise<FirstFilters[]> {
  return readRows(firstFiltersFields, await readArrowTable(access))
}
