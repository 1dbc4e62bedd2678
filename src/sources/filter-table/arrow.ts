import {
  ARROW_TYPE,
  type ArrowMessages,
  type Batch,
  type BatchPlace,
  type ColumnType,
  looksLikeArrow,
  openBuffer,
  placesOf,
  readMessages,
} from '../../arrow/messages.ts'
import { InputError } from '../../errors.ts'
import { type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { Source, SourceFormat } from '../source.ts'
import { canLabel, dictionaryEntries, labelRuns } from './arrow-labels.ts'
import { acrossBlocks, bestColumn, joinRuns, type LabelledRows, labelOf, sideOf, tableModels } from './layers.ts'

const FLOATS: readonly StoredType[] = ['float16', 'float32', 'float64']
const BYTES = [2, 4, 8]

/**
 * Arrow IPC files and streams with a column of filters: a fixed-size list of 9 (25, 49 …) floats, or a list that always has
 * so many. Columns `model` and `layer` name the layers, `in_channels` and `out_channels` their shapes; without them all rows
 * are one layer.
 */
export const arrowTable: SourceFormat = {
  name: 'Arrow',
  async match(head, { access }) {
    if (!looksLikeArrow(head)) return false
    try {
      const { columns, metadata } = await readMessages(access, 'schema')
      return columns.some(isFilters) && ![...metadata.keys()].some((key) => key.startsWith('filterlens.'))
    } catch (error) {
      if (error instanceof InputError) return false
      throw error
    }
  },
  async open({ access, path }): Promise<Source> {
    const messages = await readMessages(access)
    const column = bestColumn(messages.columns.filter(isFilters))
    if (!column) throw new InputError(access.name, 'is an Arrow file without a column of filters (a list of nine floats a row)')
    const { batches, values, dtype } = await namingFile(access, readFilters(access, messages, column))
    const side = sideOf(values)!
    const ends: number[] = []
    for (const { rows } of batches) ends.push((ends.at(-1) ?? 0) + rows)
    const runs = await namingFile(access, readRuns(access, messages))
    const models = tableModels({
      file: access.name,
      path,
      format: 'Arrow',
      producer: null,
      side,
      dtype,
      runs,
      pieces: (start, count) =>
        acrossBlocks(ends, start, count, (block, from, to) => {
          const { data, offset, rowBytes } = batches[block]!
          return sliceAccess(data, offset + from * rowBytes, (to - from) * rowBytes)
        }),
    })
    return { format: 'Arrow', models, warnings: [], close: async () => access.close?.() }
  },
}

function isFilters({ type, size, children, dictionary }: ColumnType): boolean {
  const child = children[0]
  if (dictionary || children.length !== 1 || child?.type !== ARROW_TYPE.float || child.dictionary) return false
  return type === ARROW_TYPE.fixedSizeList
    ? sideOf(size) !== undefined
    : type === ARROW_TYPE.list || type === ARROW_TYPE.largeList
}

interface FilterBatch {
  readonly rows: number
  readonly data: RandomAccess
  /** First byte of row 0. */
  readonly offset: number
  readonly rowBytes: number
}

async function readFilters(
  access: RandomAccess,
  { columns, batches }: ArrowMessages,
  column: ColumnType,
): Promise<{ batches: FilterBatch[]; values: number; dtype: StoredType }> {
  const precision = column.children[0]!.size
  const dtype = FLOATS[precision]
  if (!dtype) throw new InputError(access.name, `Arrow: column ${column.name} has floats of an unknown kind`)
  let values = column.type === ARROW_TYPE.fixedSizeList ? column.size : undefined
  const out: FilterBatch[] = []
  for (const [k, batch] of batches.entries()) {
    if (batch.rows === 0) continue
    const broken = (what: string): InputError => new InputError(access.name, `Arrow: batch ${k}, column ${column.name}: ${what}`)
    const place = placesOf(columns, batch)[columns.indexOf(column)]!
    const [list, child] = [batch.nodes[place.node], batch.nodes[place.node + 1]]
    if (!list || !child || list.length !== batch.rows) throw broken('has not as many rows as its batch; the file is damaged')
    if (list.nulls > 0 || child.nulls > 0) throw broken('has empty entries; remove those rows')
    let first = 0
    let index = place.buffer + 2
    if (column.type !== ARROW_TYPE.fixedSizeList) {
      const lists = await listLengths(access, column, batch, place, broken)
      first = lists.first
      index = place.buffer + 3
      if (sideOf(lists.each) === undefined) throw broken(`its lists have ${lists.each} entries; a 3×3 filter has 9`)
      if (values !== undefined && values !== lists.each)
        throw broken(`its lists have ${lists.each} entries, those before ${values}`)
      values = lists.each
    }
    const rowBytes = values! * BYTES[precision]!
    const offset = first * BYTES[precision]!
    const data = await openBuffer(access, batch, index)
    if (!data || offset + batch.rows * rowBytes > data.byteLength) throw broken('is shorter than its rows; the file is damaged')
    out.push({ rows: batch.rows, data, offset, rowBytes })
  }
  if (out.length === 0 || values === undefined) throw new InputError(access.name, 'is an Arrow file without a row')
  return { batches: out, values, dtype }
}

/** How many entries every list has, and where the first begins. */
async function listLengths(
  access: RandomAccess,
  column: ColumnType,
  batch: Batch,
  place: BatchPlace,
  broken: (what: string) => InputError,
): Promise<{ first: number; each: number }> {
  const STEP = 1 << 18
  const wide = column.type === ARROW_TYPE.largeList ? 8 : 4
  const buffer = await openBuffer(access, batch, place.buffer + 1)
  if (!buffer || buffer.byteLength < (batch.rows + 1) * wide) throw broken('is shorter than its rows; the file is damaged')
  let first = 0
  let each = -1
  for (let row = 0; row < batch.rows; row += STEP) {
    const count = Math.min(STEP, batch.rows - row)
    const bytes = await buffer.read(row * wide, (count + 1) * wide)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const at = (k: number): number => (wide === 8 ? Number(view.getBigInt64(8 * k, true)) : view.getInt32(4 * k, true))
    if (row === 0) {
      first = at(0)
      each = at(1) - first
    }
    for (let k = 0; k < count; k++)
      if (at(k + 1) - at(k) !== each)
        throw broken(`the list in row ${row + k} has ${at(k + 1) - at(k)} entries, those before ${each}`)
  }
  if (first < 0) throw broken('begins before its data; the file is damaged')
  return { first, each }
}

async function readRuns(access: RandomAccess, { columns, batches }: ArrowMessages): Promise<LabelledRows[]> {
  const labels = columns.flatMap((column, index) => {
    const label = labelOf(column.name)
    return label && canLabel(column) ? [{ label, column, index }] : []
  })
  const decoded = new Map<readonly Batch[], string[]>()
  const entriesOf = async (column: ColumnType, batch: Batch): Promise<string[]> => {
    const parts = (column.dictionary && batch.dictionaries.get(column.dictionary.id)) ?? []
    const entries = decoded.get(parts) ?? (await dictionaryEntries(access, column, parts))
    decoded.set(parts, entries)
    return entries
  }
  const runs: LabelledRows[] = []
  for (const batch of batches) {
    if (batch.rows === 0) continue
    const places = placesOf(columns, batch)
    const found = []
    for (const { label, column, index } of labels)
      found.push({ label, runs: await labelRuns(access, column, batch, places[index]!, await entriesOf(column, batch)) })
    for (const each of joinRuns(batch.rows, found)) runs.push(each)
  }
  return runs
}

/** What the walkers find wrong, as a sentence about the file. */
async function namingFile<T>(access: RandomAccess, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(access.name, `Arrow: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
