import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { Source, SourceFormat } from '../source.ts'
import { acrossBlocks, bestColumn, joinRuns, type Label, type LabelledRows, labelOf, sideOf, tableModels } from './layers.ts'
import { type ColumnChunk, PARQUET_TYPE, readLabels, readLists } from './parquet-column.ts'
import { type ChunkPlace, type Footer, looksLikeParquet, readFooter, type SchemaNode } from './parquet-footer.ts'
import { CODECS, READ_CODECS, unpackerOf } from './parquet-pages.ts'

// Apache Parquet: "PAR1", column chunks, footer, i32 footer length, "PAR1". Read by our own
// walker (docs/decisions/parquet-pages.md). A row group is the smallest part that is decoded; the two read last are kept.

type Group = Footer['groups'][number]

const [REQUIRED, REPEATED] = [0, 2]
const LABEL_TYPES: ReadonlySet<number> = new Set([PARQUET_TYPE.int32, PARQUET_TYPE.int64, PARQUET_TYPE.bytes])
const LARGEST_CHUNK = 1 << 30
const LARGEST_ROWS = 1 << 26
const MOST_REPEATED = 64 // values that a byte of a large row group may stand for
const MOST_ROWS = 1 << 23 // of a row group: writers make 100,000 to 1,000,000
const KEPT = 2

/**
 * Parquet files with a column of filters: a list of 9 (25, 49 …) floats in every row. Columns `model` and `layer` name the
 * layers, `in_channels` and `out_channels` their shapes; without them all rows are one layer.
 */
export const parquetTable: SourceFormat = {
  name: 'Parquet',
  async match(head, { access }) {
    if (!looksLikeParquet(head)) return false
    const { columns } = await readFooter(access)
    return columns.some(isFilters)
  },
  async open({ access, path }): Promise<Source> {
    const { columns, groups, createdBy } = await readFooter(access)
    const column = bestColumn(columns.filter(isFilters))
    if (!column) throw new InputError(access.name, 'is a Parquet file without a column of filters (a list of nine floats a row)')
    if (groups.length === 0) throw new InputError(access.name, 'is a Parquet file without a row')
    const ends: number[] = []
    for (const { rows } of groups) {
      if (rows > MOST_ROWS)
        throw new InputError(
          access.name,
          `has a row group of ${rows} rows; write it again with row groups of at most ${MOST_ROWS}`,
        )
      ends.push((ends.at(-1) ?? 0) + rows)
    }
    const table = new Columns(access, groups)
    const each = table.listLength(column)
    const side = sideOf(each)
    if (side === undefined)
      throw new InputError(access.name, `Parquet: column ${column.name} has ${each} values a row; a 3×3 filter has 9`)
    const models = tableModels({
      file: access.name,
      path,
      format: 'Parquet',
      producer: createdBy ?? null,
      side,
      dtype: 'float32',
      runs: await readTableRuns(table, columns, groups),
      pieces: (start, count) => acrossBlocks(ends, start, count, (block, from, to) => table.rows(column, each, block, from, to)),
    })
    return { format: 'Parquet', models, warnings: [], close: async () => access.close?.() }
  },
}

function isFilters(column: SchemaNode): boolean {
  const isList = column.repetition === REPEATED || column.children.length > 0
  const type = isList ? chainOf(column)?.at(-1)?.type : undefined
  return type === PARQUET_TYPE.float || type === PARQUET_TYPE.double
}

/** A column and what lies inside it, to its one leaf; undefined when it has several. */
function chainOf(column: SchemaNode): SchemaNode[] | undefined {
  const chain = [column]
  for (let at = column; at.children.length > 0; chain.push(at)) {
    if (at.children.length > 1) return undefined
    at = at.children[0]!
  }
  return chain
}

/** Columns decoded a row group at a time. */
class Columns {
  readonly #access: RandomAccess
  readonly #groups: readonly Group[]
  readonly #kept = new Map<number, Promise<Uint8Array>>()

  constructor(access: RandomAccess, groups: readonly Group[]) {
    this.#access = access
    this.#groups = groups
  }

  /** How many values each row of a list column has, by the count of the first row group. @throws InputError for a packing that is not read */
  listLength(column: SchemaNode): number {
    const group = this.#groups[0]!
    for (const each of this.#groups) this.#requireCodec(this.#chunk(column, each))
    return this.#chunk(column, group).values / group.rows
  }

  /** Rows [from, to) of a row group as float32, decoded when they are read. */
  rows(column: SchemaNode, each: number, block: number, from: number, to: number): RandomAccess {
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

  #lists(column: SchemaNode, each: number, block: number): Promise<Uint8Array> {
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
  labels(column: SchemaNode, block: number): Promise<[rows: number, value: string][]> {
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
    column: SchemaNode,
    group: Group,
    decode: (bytes: Uint8Array, chunk: ColumnChunk, rows: number) => T,
  ): Promise<T> {
    const { name } = this.#access
    const place = this.#chunk(column, group)
    this.#requireCodec(place)
    if (place.byteLength > LARGEST_CHUNK)
      throw new InputError(name, `has a column chunk of ${place.byteLength} bytes; write it again with smaller row groups`)
    const bytes = await this.#access.read(place.start, place.byteLength)
    const chain = chainOf(column)!
    const chunk: ColumnChunk = {
      name: column.name,
      type: chain.at(-1)!.type!,
      unpack: await unpackerOf(place.codec),
      repetition: chain.filter(({ repetition }) => repetition === REPEATED).length,
      definition: chain.filter(({ repetition }) => repetition !== REQUIRED).length,
    }
    try {
      return decode(bytes, chunk, group.rows)
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(name, `Parquet: column ${chunk.name} ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }

  #requireCodec({ codec }: ChunkPlace): void {
    if (!READ_CODECS.has(codec))
      throw new InputError(
        this.#access.name,
        `is compressed with ${CODECS[codec] ?? `method ${codec}`}, which is not read; write it again with Snappy, ZSTD or gzip`,
      )
  }

  #chunk(column: SchemaNode, { chunks }: Group): ChunkPlace {
    const names = chainOf(column)!.map(({ name }) => name)
    const place = chunks.find(({ path }) => path.length === names.length && path.every((part, k) => part === names[k]))
    if (!place)
      throw new InputError(
        this.#access.name,
        `Parquet: column ${column.name} is missing from a row group; the file is damaged, get it again`,
      )
    return place
  }
}

async function readTableRuns(table: Columns, columns: readonly SchemaNode[], groups: readonly Group[]): Promise<LabelledRows[]> {
  const labels = columns.flatMap((column) => {
    const label = labelOf(column.name)
    const isPlain = column.children.length === 0 && column.repetition !== REPEATED && LABEL_TYPES.has(column.type ?? -1)
    return label && isPlain ? [{ label, column }] : []
  })
  const runs: LabelledRows[] = []
  for (const [block, { rows }] of groups.entries()) {
    const found: { label: Label; runs: [number, string][] }[] = []
    for (const { label, column } of labels) found.push({ label, runs: await table.labels(column, block) })
    for (const each of joinRuns(rows, found)) runs.push(each)
  }
  return runs
}
