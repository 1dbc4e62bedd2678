import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer'
import type { Column } from '../arrow/column.ts'
import type { Sink } from '../io/sink.ts'
import { type ExportTable, inSizes, type StreamedTable, sliceOf } from './export-table.ts'

type WriterOptions = ConstructorParameters<typeof ParquetWriter>[0]
type Schema = WriterOptions['schema']

/** Rows of the groups of a file, the last size again and again: no more is held at a time. */
const ROW_GROUPS = [1000, 10_000] as const

/** The table as a Parquet file (Snappy), with a schema of its own: types do not depend on the values, nor on whether there are rows. */
export function exportParquet(table: ExportTable): Uint8Array {
  const writer = new ByteWriter()
  const file = openParquet(table, writer)
  const rows = table.columns[0]!.values.length
  for (let from = 0, k = 0; from < rows; k++) {
    const size = ROW_GROUPS[Math.min(k, ROW_GROUPS.length - 1)]!
    writeGroup(
      file,
      table.columns.map((column) => sliceOf(column, from, from + size)),
    )
    from += size
  }
  file.finish()
  return new Uint8Array(writer.getBuffer())
}

/** The same bytes of a table that comes in parts. */
export async function writeParquet(sink: Sink, table: StreamedTable): Promise<void> {
  const writer = new ByteWriter()
  const file = openParquet(table, writer)
  const drain = async (): Promise<void> => {
    await sink.write(writer.getBytes().slice())
    writer.index = 0 // `offset` goes on counting
  }
  for await (const part of inSizes(table.parts(), ROW_GROUPS)) {
    writeGroup(file, part)
    await drain()
  }
  file.finish()
  await drain()
  await sink.commit()
}

function openParquet(
  { name, columns, metadata }: Pick<ExportTable, 'name' | 'columns' | 'metadata'>,
  writer: ByteWriter,
): ParquetWriter {
  const schema: Schema = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(elementsOf)]
  const kvMetadata = Object.entries({ ...metadata, 'filterlens.table': name })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value }))
  return new ParquetWriter({ writer, schema, kvMetadata, createdBy: 'filterlens' })
}

function writeGroup(file: ParquetWriter, columns: readonly Column[]): void {
  const columnData = columns.map((column): ColumnSource => ({ name: column.name, data: dataOf(column) }))
  file.write({ columnData, rowGroupSize: columns[0]!.values.length })
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
