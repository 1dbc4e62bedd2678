import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import type { Column } from '../arrow/column.ts'
import type { ExportTable } from './export-table.ts'

type Schema = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>

/** The table as a Parquet file (Snappy), with a schema of its own: types do not depend on the values, nor on whether there are rows. */
export function exportParquet({ name, columns, metadata }: ExportTable): Uint8Array {
  const schema: Schema = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(elementsOf)]
  const columnData = columns.map((column): ColumnSource => ({ name: column.name, data: dataOf(column) }))
  const kvMetadata = Object.entries({ ...metadata, 'filterlens.table': name })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value }))
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, kvMetadata, createdBy: 'filterlens' }))
}

function elementsOf(column: Column): Schema {
  const { name } = column
  const repetition_type = 'nullable' in column && column.nullable ? 'OPTIONAL' : 'REQUIRED'
  switch (column.type) {
    case 'utf8':
      return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }]
    case 'bool':
      return [{ name, type: 'BOOLEAN', repetition_type }]
    case 'int32':
      return [{ name, type: 'INT32', repetition_type }]
    case 'int64':
      return [{ name, type: 'INT64', repetition_type }]
    case 'float64':
      return [{ name, type: 'DOUBLE', repetition_type }]
    case 'float64_list':
      return [
        { name, converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      ]
  }
}

function dataOf(column: Column): ColumnSource['data'] {
  switch (column.type) {
    case 'int64':
      return column.values.map((value) => (value === null ? null : BigInt(value)))
    case 'float64_list':
      return column.values.map((list) => [...list])
    case 'float64':
      // Stored zeros are positive, as in the Arrow tables.
      return column.values.map((value) => (value === null ? null : value + 0))
    default:
      return [...column.values]
  }
}
