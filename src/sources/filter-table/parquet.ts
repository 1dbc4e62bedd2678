import { gunzipSync } from 'fflate'
import type { AsyncBuffer, FileMetaData, SchemaTree } from 'hyparquet'
import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { Source, SourceFormat } from '../source.ts'
import { acrossBlocks, bestColumn, joinRuns, type Label, labelOf, modelsOf, type Run, sideOf } from './layers.ts'

// Apache Parquet: "PAR1", column chunks, footer, i32 footer length, "PAR1". A row group is the smallest part that is
// decoded; the two read last are kept.

const MAGIC = 0x50415231
const LARGEST_FOOTER = 1 << 28
const LARGEST_CHUNK = 1 << 30
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
    const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows)).filter((rows) => rows > 0)
    if (groups.length === 0) throw new InputError(access.name, 'is a Parquet file without a row')
    const ends: number[] = []
    for (const rows of groups) {
      if (!Number.isSafeInteger(rows) || rows > MOST_ROWS)
        throw new InputError(
          access.name,
          `has a row group of ${rows} rows; write it again with row groups of at most ${MOST_ROWS}`,
        )
      ends.push((ends.at(-1) ?? 0) + rows)
    }
    const table = new Columns(access, metadata)
    const side = sideOf(await table.listLength(column.name, ends[0]!))
    if (side === undefined)
      throw new InputError(access.name, `the lists in column ${column.name} are no filters; a 3×3 filter has 9 values`)
    const models = modelsOf({
      file: access.name,
      path,
      format: 'Parquet',
      producer: metadata.created_by ?? null,
      side,
      dtype: 'float32',
      runs: await readRuns(table, columns, ends),
      pieces: (start, count) =>
        acrossBlocks(ends, start, count, (block, from, to) => table.rows(column.name, side * side, ends, block, from, to)),
    })
    const warnings = leafOf(column.tree)?.element.type === 'DOUBLE' ? ['its filters are float64 and narrowed to float32'] : []
    return { format: 'Parquet', models, warnings, close: async () => access.close?.() }
  },
}

const CODECS = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP'])

/** Inflates a page into exactly the length that its header states. */
function gunzip(input: Uint8Array, length: number): Uint8Array {
  if (length > LARGEST_CHUNK) throw new RangeError(`a page of ${length} bytes`)
  const out = gunzipSync(input, { out: new Uint8Array(length) })
  if (out.length !== length) throw new RangeError(`a page inflates to ${out.length} of ${length} bytes`)
  return out
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
  readonly #metadata: FileMetaData
  readonly #file: AsyncBuffer
  readonly #kept = new Map<number, Promise<Uint8Array>>()

  constructor(access: RandomAccess, metadata: FileMetaData) {
    this.#access = access
    this.#metadata = metadata
    this.#file = {
      byteLength: access.byteLength,
      async slice(start, end = access.byteLength) {
        if (end - start > LARGEST_CHUNK)
          throw new InputError(access.name, `has a column chunk of ${end - start} bytes; write it again with smaller row groups`)
        const bytes = new Uint8Array(end - start)
        await access.read(start, end - start, bytes)
        return bytes.buffer
      },
    }
  }

  /** The values of a column in rows [start, end), which lie in one row group. */
  async values(column: string, start: number, end: number): Promise<ArrayLike<unknown>> {
    const { parquetScan } = await import('hyparquet')
    try {
      for (const { columns } of this.#metadata.row_groups)
        for (const { meta_data: chunk } of columns)
          if (chunk?.path_in_schema[0] === column && !CODECS.has(chunk.codec))
            throw new InputError(
              this.#access.name,
              `is compressed with ${chunk.codec}, which is not read; write it again with Snappy or gzip`,
            )
      const scan = await parquetScan({
        file: this.#file,
        metadata: this.#metadata,
        columns: [column],
        compressors: { GZIP: gunzip },
      })
      const found = await scan.readColumn({ column, rowStart: start, rowEnd: end })
      if (found.length !== end - start) throw new RangeError(`${found.length} of ${end - start} rows are there`)
      return found
    } catch (error) {
      if (error instanceof InputError) throw error
      const detail = error instanceof Error ? error.message : String(error)
      throw new InputError(
        this.#access.name,
        `Parquet: column ${column}, rows ${start} to ${end}: ${detail}; the file is damaged, get it again`,
        { cause: error },
      )
    }
  }

  /** How many values the first row's list has. */
  async listLength(column: string, firstGroup: number): Promise<number> {
    const [first] = Array.from(await this.values(column, 0, Math.min(1, firstGroup)))
    return isList(first) ? first.length : 0
  }

  /** Rows [from, to) of a row group as float32, decoded when they are read. */
  rows(column: string, each: number, ends: readonly number[], block: number, from: number, to: number): RandomAccess {
    const { name } = this.#access
    const byteLength = (to - from) * each * 4
    const start = block === 0 ? 0 : ends[block - 1]!
    return {
      name,
      byteLength,
      read: async (offset, length, into) => {
        requireRange(name, byteLength, offset, length)
        const group = await this.#group(column, each, block, start, ends[block]!)
        const part = group.subarray(from * each * 4 + offset, from * each * 4 + offset + length)
        if (!into) return part
        into.set(part)
        return into.subarray(0, length)
      },
    }
  }

  #group(column: string, each: number, block: number, start: number, end: number): Promise<Uint8Array> {
    let bytes = this.#kept.get(block)
    if (bytes) this.#kept.delete(block)
    else {
      bytes = this.values(column, start, end).then((rows) => flatten(this.#access.name, column, rows, each, start))
      bytes.catch(() => this.#kept.delete(block))
    }
    this.#kept.set(block, bytes)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return bytes
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function flatten(file: string, column: string, rows: ArrayLike<unknown>, each: number, start: number): Uint8Array {
  const out = new Float32Array(rows.length * each)
  for (let row = 0; row < rows.length; row++) {
    const list = rows[row]
    if (!isList(list) || list.length !== each)
      throw new InputError(
        file,
        `Parquet: column ${column}, row ${start + row} has ${isList(list) ? list.length : 'no'} values, not ${each}`,
      )
    for (let k = 0; k < each; k++) {
      const value = list[k]
      if (typeof value !== 'number')
        throw new InputError(file, `Parquet: column ${column}, row ${start + row} has an empty entry`)
      out[row * each + k] = value
    }
  }
  return new Uint8Array(out.buffer)
}

async function readRuns(table: Columns, columns: readonly SchemaTree[], ends: readonly number[]): Promise<Run[]> {
  const labels = columns.flatMap(({ element, children }) => {
    const label = labelOf(element.name)
    return label && children.length === 0 && element.repetition_type !== 'REPEATED' ? [{ name: element.name, label }] : []
  })
  const runs: Run[] = []
  let start = 0
  for (const end of ends) {
    const found: { label: Label; runs: [number, string][] }[] = []
    for (const { name, label } of labels) {
      const values = await table.values(name, start, end)
      const own: [number, string][] = []
      for (let k = 0; k < values.length; k++) {
        const value = String(values[k] ?? '')
        const last = own.at(-1)
        if (last && last[1] === value) last[0]++
        else own.push([1, value])
      }
      found.push({ label, runs: own })
    }
    runs.push(...joinRuns(end - start, found))
    start = end
  }
  return runs
}
