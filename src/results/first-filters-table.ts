import type { FirstFilters } from '../activation/first-filters.ts'
import type { Column } from '../arrow/column.ts'
import { batchOf, schemaOf } from '../arrow/columns.ts'
import { readArrowTable } from '../arrow/table.ts'
import { arrowFileBytes } from '../arrow/writer.ts'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'

/** The file of results that keeps a few filters of each layer, for the report's pictures. */
export const FIRST_FILTERS = 'first_filters.arrow'

/** The table as an Arrow IPC file: model, layer_id, filters (n · 9 values). */
export function firstFiltersBytes(rows: readonly FirstFilters[]): Uint8Array {
  const columns: Column[] = [
    { name: 'model', type: 'utf8', values: rows.map(({ model }) => model) },
    { name: 'layer_id', type: 'int32', values: rows.map(({ layer_id }) => layer_id) },
    { name: 'filters', type: 'float64_list', values: rows.map(({ filters }) => Float64Array.from(filters)) },
  ]
  const schema = schemaOf(columns, { 'filterlens.kind': 'results.first_filters' })
  return arrowFileBytes(schema, rows.length === 0 ? [] : [batchOf(schema, columns)])
}

/** Reads it back. @throws InputError */
export async function readFirstFiltersTable(access: RandomAccess): Promise<FirstFilters[]> {
  const table = await readArrowTable(access)
  const models = table.texts('model')
  const ids = table.numbers('layer_id')
  return table.lists('filters').map((list, k) => {
    const filters = Float32Array.from(list)
    if (!filters.every(Number.isFinite))
      throw new InputError(table.name, `column filters, row ${k}: holds a number that is no weight; the table is damaged`)
    return { model: models[k]!, layer_id: ids[k]!, filters }
  })
}
