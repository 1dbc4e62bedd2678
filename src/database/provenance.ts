import type { Column } from '../arrow/column.ts'
import { coded, type Fields, inRange, numberField, optional, type RowOf, textField } from '../arrow/fields.ts'
import type { ArrowTable } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import type { InputPart, MetaValue } from './meta.ts'

const reader = "the format's reader"

/** What the depths of a model's layers rest on, the surest first. */
export const depthSources = ['graph', 'order', 'names'] as const

/**
 * `graph`: the network's own structure; `order`: the order of the tensors in the file, which is the order of definition in nearly all
 * checkpoints; `names`: an order read from names and shapes, where a file's order is the alphabet's.
 */
export type DepthSource = (typeof depthSources)[number]

function isDepthSource(text: string): text is DepthSource {
  return depthSources.some((source) => source === text)
}

/** A model's name and where it came from: what the model tables of results and of filter databases begin with. */
export const provenanceFields = {
  model: textField("the model's name: the stem of its file, longer where two are alike", 'the run'),
  file: textField("the input's path as it was given", 'the run'),
  bytes: inRange(numberField('int64', 'size of that file', 'the run', 'bytes')),
  sha256: optional(textField('SHA-256 of the file; null when the run was asked not to hash', 'the run')),
  parts: coded(
    optional(
      textField(
        'further files that the model was read from, as JSON: [{file, bytes, sha256}]; null when there are none',
        'the run',
      ),
    ),
    (parts: readonly InputPart[] | undefined) => (parts ? JSON.stringify(parts) : null),
    (cell, table): readonly InputPart[] | undefined => (cell === null ? undefined : partsOf(table, cell)),
    (value) => value === undefined || isParts(value),
  ),
  format: textField('the format of the file', reader),
  producer: optional(textField('the program that wrote it, as the file says', reader)),
  opset: optional(numberField('int32', "version of ONNX's operators that it uses; null in other formats", reader)),
  depth_source: coded(
    optional(
      textField(
        "what depths rest on: `graph` (the network's own structure), `order` (of the tensors in the file) or `names` (an order read from names, where the file's is the alphabet's)",
        reader,
      ),
    ),
    (source: DepthSource | null) => source,
    (cell, table): DepthSource | null => {
      if (cell === null || isDepthSource(cell)) return cell
      throw new InputError(
        table.name,
        `column depth_source holds ${cell.slice(0, 100)}, which is none of ${depthSources.join(', ')}`,
      )
    },
    (value) => value === null || (typeof value === 'string' && isDepthSource(value)),
  ),
  revision: optional(
    textField('commit of the Hugging Face repository that it was read from (hf://…); null for files from elsewhere', 'the run'),
  ),
} as const satisfies Fields

/** A model's name, where it came from, and its metadata. */
export interface ModelProvenance extends RowOf<typeof provenanceFields> {
  readonly meta: Meta
}

/** Columns of the user's meta table, or of the file itself. */
export type Meta = Readonly<Record<string, MetaValue>>

/** Adds the metadata columns, in order of first appearance, each with the narrowest type that holds its values. */
export function withMeta(
  columns: Column[],
  rows: readonly { readonly meta: Meta }[],
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
export function asTabled<Row extends { readonly meta: Meta }>(rows: readonly Row[]): Row[] {
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
export function metaOf(meta: Meta, key: string): MetaValue {
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

/** The metadata of each model of a model table. @throws InputError when it is not what filterlens writes */
export function readMeta(table: ArrowTable): Meta[] {
  const meta = metaKeysOf(table).map(([column, key]) => [key, metaValues(table, column)] as const)
  return Array.from({ length: table.rows }, (_, k) => Object.fromEntries(meta.map(([key, values]) => [key, values[k]!])))
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
  if (!isParts(parts)) throw new InputError(table.name, 'column parts holds no list of files; it is damaged')
  return parts.map(({ file, bytes, sha256 }) => ({ file, bytes, sha256 }))
}

function isParts(value: unknown): value is readonly InputPart[] {
  const isPart = (part: unknown): boolean => {
    const { file, bytes, sha256 } = (part ?? {}) as Record<string, unknown>
    return typeof file === 'string' && Number.isSafeInteger(bytes) && typeof sha256 === 'string'
  }
  return Array.isArray(value) && value.every(isPart)
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
