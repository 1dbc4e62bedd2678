import {
  Bool,
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
} from 'apache-arrow'
import type { Column } from './column.ts'

const types = {
  utf8: () => new Utf8(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  float64: () => new Float64(),
  bool: () => new Bool(),
  float64_list: () => new List(new Field('item', new Float64(), false)),
}

/** Schema of columns, with metadata sorted by key, so that equal tables have equal bytes. */
export function schemaOf(
  columns: readonly Pick<Column, 'name' | 'type'>[],
  metadata: Readonly<Record<string, string>> = {},
): Schema {
  return new Schema(
    columns.map((column) => new Field(column.name, types[column.type](), 'nullable' in column && column.nullable === true)),
    sortedMetadata(metadata),
  )
}

export function sortedMetadata(metadata: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** A record batch of columns of equal length, in the order of the schema. Buffers are laid out here, so their bytes depend on the values alone. */
export function batchOf(schema: Schema, columns: readonly Column[]): RecordBatch {
  const rows = columns[0]?.values.length ?? 0
  const children = columns.map((column, k) => {
    if (column.values.length !== rows) throw new RangeError(`column ${column.name} has ${column.values.length} rows, not ${rows}`)
    return columnData(schema.fields[k]!.type, column, rows)
  })
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children }))
}

function columnData(type: DataType, column: Column, length: number): Data {
  const { nullCount, nullBitmap } = validity(column, length)
  const common = { length, nullCount, ...(nullBitmap && { nullBitmap }) }
  switch (column.type) {
    case 'utf8': {
      const texts = column.values.map((text) => new TextEncoder().encode(text ?? ''))
      const { offsets, total } = offsetsOf(texts.map((text) => text.length))
      const data = new Uint8Array(total)
      texts.forEach((text, k) => {
        data.set(text, offsets[k])
      })
      return makeData({ type: type as Utf8, ...common, valueOffsets: offsets, data })
    }
    case 'bool': {
      const data = new Uint8Array((length + 7) >> 3)
      column.values.forEach((value, k) => {
        if (value) data[k >> 3]! |= 1 << (k & 7)
      })
      return makeData({ type: type as Bool, ...common, data })
    }
    case 'int32':
      return makeData({
        type: type as Int32,
        ...common,
        data: Int32Array.from(column.values, (v) => checkedInt32(column.name, v ?? 0)),
      })
    case 'int64':
      return makeData({ type: type as Int64, ...common, data: BigInt64Array.from(column.values, (v) => BigInt(v ?? 0)) })
    case 'float64':
      return makeData({
        type: type as Float64,
        ...common,
        data: Float64Array.from(column.values, (v) => checkedFloat(column.name, v)),
      })
    case 'float64_list': {
      const { offsets, total } = offsetsOf(column.values.map((list) => list.length))
      const data = new Float64Array(total)
      column.values.forEach((list, k) => {
        data.set(list, offsets[k])
      })
      const child = makeData({ type: new Float64(), length: total, nullCount: 0, data })
      return makeData({ type: type as List<Float64>, ...common, valueOffsets: offsets, child })
    }
  }
}

function validity(column: Column, length: number): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  let nullCount = 0
  column.values.forEach((value, k) => {
    if (value === null) nullCount++
    else nullBitmap[k >> 3]! |= 1 << (k & 7)
  })
  if (nullCount === 0) return { nullCount }
  if (!('nullable' in column) || !column.nullable)
    throw new TypeError(
      `column ${column.name} has no nulls, but row ${column.values.indexOf(null as never)} has none of its values`,
    )
  return { nullCount, nullBitmap }
}

function offsetsOf(lengths: readonly number[]): { offsets: Int32Array; total: number } {
  const offsets = new Int32Array(lengths.length + 1)
  let total = 0
  lengths.forEach((length, k) => {
    total += length
    if (total > 0x7fffffff) throw new RangeError('a batch of a text or list column holds more than 2 GiB; write smaller batches')
    offsets[k + 1] = total
  })
  return { offsets, total }
}

function checkedInt32(name: string, value: number): number {
  if ((value | 0) !== value) throw new RangeError(`column ${name}: ${value} is not a 32-bit integer`)
  return value
}

/** An undefined number is an Arrow null, never NaN; stored zeros are positive, so that equal tables have equal bytes. */
function checkedFloat(name: string, value: number | null): number {
  if (value === null) return 0
  if (!Number.isFinite(value)) throw new RangeError(`column ${name}: ${value} is not a finite number`)
  return value + 0
}

/** Schema of filters.arrow: one column of `taps` float32 each, row-major, without nulls. */
export function weightsSchema(taps: number, metadata: Readonly<Record<string, string>>): Schema {
  const type = new FixedSizeList(taps, new Field('item', new Float32(), false))
  return new Schema([new Field('weights', type, false)], sortedMetadata(metadata))
}

/**
 * A batch of filters over `values` (filters · taps float32), without copying: write it out before the values change,
 * for the Arrow writer keeps a view.
 */
export function weightsBatch(schema: Schema, values: Float32Array): RecordBatch {
  const type = schema.fields[0]!.type as FixedSizeList<Float32>
  const child = makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values })
  const list = makeData({ type, length: values.length / type.listSize, nullCount: 0, child })
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: list.length, nullCount: 0, children: [list] }),
  )
}
