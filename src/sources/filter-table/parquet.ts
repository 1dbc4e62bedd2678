import type { ColumnMetaData, FileMetaData, RowGroup, SchemaTree } from 'hyparquet'
import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { Source, SourceFormat } from '../source.ts'
import { acrossBlocks, bestColumn, joinRuns, type Label, labelOf, modelsOf, type Run, sideOf } from './layers.ts'
import { type ColumnChunk, readLabels, readLists } from './parquet-column.ts'
import { CODECS } from './parquet-pages.ts'

// Apache Parquet: "PAR1", column chunks, footer, i32 footer length, "PAR1". The footer is read by hyparquet, the pages by
// our own walker (docs/decisions/parquet-pages.md). A row group is the smallest part that is decoded; the two read last are kept.

const MAGIC = 0x50415231
const LARGEST_FOOTER = 1 << 28
const LARGEST_CHUNK = 1 << 30
const LARGEST_ROWS = 1 << 26
const MOST_REPEATED = 64 // values that a byte of a large row group may stand for
const MOST_ROWS = 1 << 23 // of a row group: writers make 100,000 to 1,000,000
const KEPT = 2

/**
 * Parquet files with a column of filters: a list of 9 (25, 49 …) floats in every row. Columns `model` and `layer` tell the
 * layers, `in_channels` and `out_channels` their shapes; without them all rows are one layer.
 */
export const parquetTable: SourceFormat = {
  name: 'Parquet',
  async match(head, { access }) {
    if (!looksLikeParquet(head)) return false
    const { columns } = await readHeader(access)
    return columns.some(isFilters)
  },
  async open({ access, path }): Promise<Source> {
    const { metadata, columns } = await readHeader(access)
    const column = bestColumn(columns.filter(isFilters).map((tree) => ({ name: tree.element.name, tree })))
    if (!column) throw new InputError(access.name, 'is a Parquet file without a column of filters (a list of nine floats a row)')
    const groups = metadata.row_groups.filter(({ num_rows }) => num_rows > 0n)
    if (groups.length === 0) throw new InputError(access.name, 'is a Parquet file without a row')
    const ends: number[] = []
    for (const { num_rows } of groups) {
      if (num_rows > MOST_ROWS)
        throw new InputError(
          access.name,
          `has a row group of ${num_rows} rows; write it again with row groups of at most ${MOST_ROWS}`,
        )
      ends.push((ends.at(-1) ?? 0) + Number(num_rows))
    }
    const table = new Columns(access, groups)
    const each = table.listLength(column.tree)
    const side = sideOf(each)
    if (side === undefined)
      throw new InputError(access.name, `Parquet: column ${column.name} has ${each} values a row; a 3×3 filter has 9`)
    const models = modelsOf({
      file: access.name,
      path,
      format: 'Parquet',
      producer: metadata.created_by ?? null,
      side,
      dtype: 'float32',
      runs: await readTableRuns(table, columns, groups),
      pieces: (start, count) =>
        acrossBlocks(ends, start, count, (block, from, to) => table.rows(column.tree, each, block, from, to)),
    })
    const warnings = leafOf(column.tree)?.element.type === 'DOUBLE' ? ['its filters are float64 and narrowed to float32'] : []
    return { format: 'Parquet', models, warnings, close: async () => access.close?.() }
  },
}

/** True for the first bytes of a Parquet file. */
export function looksLikeParquet(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset).getUint32(0) === MAGIC
}

async function readHeader(access: RandomAccess): Promise<{ metadata: FileMetaData; columns: SchemaTree[] }> {
  const { name, byteLength } = access
  const broken = (what: string): InputError =>
    new InputError(name, `Parquet: ${what}; the file is cut short or damaged, get it again`)
  if (byteLength < 12) throw broken(`it has only ${byteLength} bytes`)
  const tail = await access.read(byteLength - 8, 8)
  const view = new DataView(tail.buffer, tail.byteOffset, 8)
  if (view.getUint32(4) !== MAGIC) throw broken('its end mark is missing')
  const length = view.getUint32(0, true)
  if (length > byteLength - 12 || length > LARGEST_FOOTER) throw broken(`its footer cannot have ${length} bytes`)
  const { parquetMetadata, parquetSchema } = await import('hyparquet')
  try {
    const bytes = await access.read(byteLength - 8 - length, length + 8)
    const metadata = parquetMetadata(bytes.slice().buffer)
    const columns = parquetSchema(metadata).children
    const isWhole = (tree: SchemaTree): boolean => typeof tree.element.name === 'string' && tree.children.every(isWhole)
    if (!columns.every(isWhole) || !Array.isArray(metadata.row_groups)) throw new TypeError('a column has no name')
    return { metadata, columns }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw broken(`its footer cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

function isFilters(column: SchemaTree): boolean {
  const type =
    column.element.repetition_type === 'REPEATED' || column.children.length > 0 ? leafOf(column)?.element.type : undefined
  return type === 'FLOAT' || type === 'DOUBLE'
}

/** The one leaf of a list column. */
function leafOf(column: SchemaTree): SchemaTree | undefined {
  let at = column
  for (let depth = 0; at.children.length === 1 && depth < 3; depth++) at = at.children[0]!
  return at.children.length === 0 ? at : undefined
}

/** Columns decoded a row group at a time. */
class Columns {
  readonly #access: RandomAccess
  readonly #groups: readonly RowGroup[]
  readonly #kept = new Map<number, Promise<Uint8Array>>()

  constructor(access: RandomAccess, groups: readonly RowGroup[]) {
    this.#access = access
    this.#groups = groups
  }

  /** How many values each row of a list column has, by the count of the first row group. @throws InputError for a packing that is not read */
  listLength(column: SchemaTree): number {
    const group = this.#groups[0]!
    for (const each of this.#groups) this.#requireCodec(this.#chunk(column, each).meta)
    return Number(this.#chunk(column, group).meta.num_values) / Number(group.num_rows)
  }

  /** Rows [from, to) of a row group as float32, decoded when they are read. */
  rows(column: SchemaTree, each: number, block: number, from: number, to: number): RandomAccess {
    const { name } = this.#access
    const byteLength = (to - from) * each * 4
    return {
      name,
      byteLength,
      read: async (offset, length, into) => {
        requireRange(name, byteLength, offset, length)
        const part = (await this.#lists(column, each, block)).subarray(
          from * each * 4 + offset,
          from * each * 4 + offset + length,
        )
        if (!into) return part
        into.set(part)
        return into.subarray(0, length)
      },
    }
  }

  #lists(column: SchemaTree, each: number, block: number): Promise<Uint8Array> {
    let lists = this.#kept.get(block)
    if (lists) this.#kept.delete(block)
    else {
      lists = this.#decode(column, this.#groups[block]!, (bytes, chunk, rows) => {
        if (rows * each * 4 > LARGEST_ROWS && rows * each > MOST_REPEATED * bytes.length)
          throw new RangeError(`claims ${rows} rows in ${bytes.length} bytes`)
        return new Uint8Array(readLists(bytes, chunk, rows, each).buffer)
      })
      lists.catch(() => this.#kept.delete(block))
    }
    this.#kept.set(block, lists)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return lists
  }

  /** A label column's values in a row group, as runs. */
  labels(column: SchemaTree, block: number): Promise<[rows: number, value: string][]> {
    return this.#decode(column, this.#groups[block]!, (bytes, chunk, rows) => {
      const runs: [number, string][] = []
      for (const value of readLabels(bytes, chunk, rows)) {
        const last = runs.at(-1)
        if (last && last[1] === value) last[0]++
        else runs.push([1, value])
      }
      return runs
    })
  }

  async #decode<T>(
    column: SchemaTree,
    group: RowGroup,
    decode: (bytes: Uint8Array, chunk: ColumnChunk, rows: number) => T,
  ): Promise<T> {
    const { name } = this.#access
    const { meta, leaf, path } = this.#chunk(column, group)
    this.#requireCodec(meta)
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
    const length = Number(meta.total_compressed_size)
    if (!(length >= 0 && length <= LARGEST_CHUNK))
      throw new InputError(name, `has a column chunk of ${length} bytes; write it again with smaller row groups`)
    const bytes = await this.#access.read(Math.min(start, Number(meta.data_page_offset)), length)
    const levels = (kinds: readonly string[]): number => path.filter((kind) => kinds.includes(kind)).length
    const chunk: ColumnChunk = {
      name: column.element.name,
      type: leaf.element.type as ColumnChunk['type'],
      codec: meta.codec,
      repetition: levels(['REPEATED']),
      definition: levels(['REPEATED', 'OPTIONAL']),
    }
    try {
      return decode(bytes, chunk, Number(group.num_rows))
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(name, `Parquet: column ${chunk.name} ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }

  #requireCodec({ codec }: ColumnMetaData): void {
    if (!CODECS.has(codec))
      throw new InputError(
        this.#access.name,
        `is compressed with ${codec}, which is not read; write it again with Snappy, LZ4 or gzip`,
      )
  }

  #chunk(column: SchemaTree, group: RowGroup): { meta: ColumnMetaData; leaf: SchemaTree; path: string[] } {
    const path: string[] = []
    let leaf = column
    for (; ; leaf = leaf.children[0]!) {
      path.push(leaf.element.repetition_type ?? 'REQUIRED')
      if (leaf.children.length === 0) break
    }
    const meta = group.columns.find(
      ({ meta_data: found }) => found?.path_in_schema.join('\0') === leaf.path.join('\0'),
    )?.meta_data
    if (!meta)
      throw new InputError(
        this.#access.name,
        `Parquet: column ${column.element.name} is missing from a row group; the file is damaged, get it again`,
      )
    return { meta, leaf, path }
  }
}

async function readTableRuns(table: Columns, columns: readonly SchemaTree[], groups: readonly RowGroup[]): Promise<Run[]> {
  const labels = columns.flatMap((column) => {
    const { name, repetition_type: kind, type } = column.element
    const label = labelOf(name)
    const isPlain = column.children.length === 0 && kind !== 'REPEATED' && /^(BYTE_ARRAY|INT32|INT64)$/.test(type ?? '')
    return label && isPlain ? [{ label, column }] : []
  })
  const runs: Run[] = []
  for (const [block, { num_rows: rows }] of groups.entries()) {
    const found: { label: Label; runs: [number, string][] }[] = []
    for (const { label, column } of labels) found.push({ label, runs: await table.labels(column, block) })
    runs.push(...joinRuns(Number(rows), found))
  }
  return runs
}
