import type { Column } from '../arrow/column.ts'
import type { ArrowTable } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import type { InputPart, MetaValue } from './meta.ts'

/** A model's name, where it came from, and its metadata: what the filter database and the model table both record. */
export interface ModelProvenance {
  readonly model: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string | null
  readonly parts?: readonly InputPart[]
  readonly format: string
  readonly producer: string | null
  readonly opset: number | null
  readonly meta: Readonly<Record<string, MetaValue>>
}

/** Name and origin of models, as columns. */
export function provenanceColumns(rows: readonly ModelProvenance[]): Column[] {
  return [
    { name: 'model', type: 'utf8', values: rows.map((row) => row.model) },
    { name: 'file', type: 'utf8', values: rows.map((row) => row.file) },
    { name: 'bytes', type: 'int64', values: rows.map((row) => row.bytes) },
    { name: 'sha256', type: 'utf8', nullable: true, values: rows.map((row) => row.sha256) },
    { name: 'parts', type: 'utf8', nullable: true, values: rows.map(({ parts }) => (parts ? JSON.stringify(parts) : null)) },
    { name: 'format', type: 'utf8', values: rows.map((row) => row.format) },
    { name: 'producer', type: 'utf8', nullable: true, values: rows.map((row) => row.producer) },
    { name: 'opset', type: 'int32', nullable: true, values: rows.map((row) => row.opset) },
  ]
}

/** Adds the metadata columns, in order of first appearance, each with the narrowest type that holds its values. */
export function withMeta(
  columns: Column[],
  rows: readonly { readonly meta: Readonly<Record<string, MetaValue>> }[],
): { columns: Column[]; metaKeys: [column: string, key: string][] } {
  const taken = new Set(columns.map((column) => column.name))
  const metaKeys: [string, string][] = []
  const out = [...columns]
  for (const key of new Set(rows.flatMap((row) => Object.keys(row.meta)))) {
    let name = key
    while (taken.has(name)) name = `meta.${name}`
    taken.add(name)
    metaKeys.push([name, key])
    out.push(
      metaColumn(
        name,
        rows.map(({ meta }) => metaOf(meta, key)),
      ),
    )
  }
  return { columns: out, metaKeys }
}

/** Rows with their metadata as a table holds it and gives it back: every column in every row, of one type, null where there is no value. */
export function asTabled<Row extends { readonly meta: Readonly<Record<string, MetaValue>> }>(rows: readonly Row[]): Row[] {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row.meta)))]
  const columns = keys.map(
    (key) =>
      metaColumn(
        key,
        rows.map(({ meta }) => metaOf(meta, key)),
      ).values as readonly MetaValue[],
  )
  return rows.map((row, k) => ({ ...row, meta: Object.fromEntries(keys.map((key, c) => [key, columns[c]![k]!])) }))
}

/** A column's value; null where a row has no such column (whatever it is called: every object knows a "constructor"). */
export function metaOf(meta: Readonly<Record<string, MetaValue>>, key: string): MetaValue {
  return Object.hasOwn(meta, key) ? (meta[key] ?? null) : null
}

function metaColumn(name: string, values: readonly MetaValue[]): Column {
  const cleaned = values.map((value) => (typeof value === 'number' && !Number.isFinite(value) ? null : value))
  const kinds = new Set(cleaned.filter((value) => value !== null).map((value) => typeof value))
  if (kinds.size === 1 && kinds.has('number'))
    return { name, type: 'float64', nullable: true, values: cleaned as (number | null)[] }
  if (kinds.size === 1 && kinds.has('boolean'))
    return { name, type: 'bool', nullable: true, values: cleaned as (boolean | null)[] }
  return { name, type: 'utf8', nullable: true, values: cleaned.map((value) => (value === null ? null : String(value))) }
}

/** The columns that the model tables of results and of filter databases share. */
export function readProvenance(table: ArrowTable): ModelProvenance[] {
  const columns = {
    model: table.texts('model'),
    file: table.texts('file'),
    bytes: table.numbers('bytes'),
    sha256: table.optionalTexts('sha256'),
    parts: table.optionalTexts('parts'),
    format: table.texts('format'),
    producer: table.optionalTexts('producer'),
    opset: table.optionalNumbers('opset'),
  }
  const meta = metaKeysOf(table).map(([column, key]) => [key, metaValues(table, column)] as const)
  return columns.model.map((model, k) => ({
    model,
    file: columns.file[k]!,
    bytes: columns.bytes[k]!,
    sha256: columns.sha256[k]!,
    ...(columns.parts[k] !== null && { parts: partsOf(table, columns.parts[k]!) }),
    format: columns.format[k]!,
    producer: columns.producer[k]!,
    opset: columns.opset[k]!,
    meta: Object.fromEntries(meta.map(([key, values]) => [key, values[k]!])),
  }))
}

/** Which columns are metadata, and what they are called. */
function metaKeysOf(table: ArrowTable): readonly (readonly [column: string, key: string])[] {
  const keys = metadataJson(table, 'filterlens.meta')
  const isKey = (one: unknown): boolean => Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'string'
  if (!Array.isArray(keys) || !keys.every(isKey))
    throw new InputError(table.name, 'its metadata filterlens.meta is not what filterlens writes; the table is damaged')
  return keys as [string, string][]
}

function metaValues(table: ArrowTable, column: string): readonly MetaValue[] {
  const values = table.values(column)
  if (values.some((value) => value instanceof Float64Array))
    throw new InputError(table.name, `column ${column} holds lists, and no metadata does; the table is damaged`)
  return values as readonly MetaValue[]
}

function partsOf(table: ArrowTable, text: string): InputPart[] {
  const parts = parseJson(table, text)
  const isPart = (part: unknown): boolean => {
    const { file, bytes, sha256 } = (part ?? {}) as Record<string, unknown>
    return typeof file === 'string' && Number.isSafeInteger(bytes) && typeof sha256 === 'string'
  }
  if (!Array.isArray(parts) || !parts.every(isPart))
    throw new InputError(table.name, 'column parts holds no list of files; it is damaged')
  return parts.map(({ file, bytes, sha256 }: InputPart) => ({ file, bytes, sha256 }))
}

/** JSON in a table's metadata. @throws InputError when it is missing or no JSON */
export function metadataJson(table: ArrowTable, key: string): unknown {
  return parseJson(table, table.metadata.get(key))
}

/** JSON that a table holds. @throws InputError */
export function parseJson(table: ArrowTable, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch (error) {
    throw new InputError(table.name, 'its metadata is damaged; write it again', { cause: error })
  }
}
