import { ARROW_TYPE, type Batch, type BatchPlace, type ColumnType, openBuffer } from '../../arrow/messages.ts'
import type { RandomAccess } from '../../io/random-access.ts'

/** Neighbouring rows with the same value. */
export type ValueRun = readonly [rows: number, value: string]

const STEP = 1 << 18 // rows looked at in one piece

/** Whether a column's values can be labels: texts, whole numbers, or a dictionary of them. */
export function canLabel(column: ColumnType): boolean {
  return [ARROW_TYPE.int, ARROW_TYPE.utf8, ARROW_TYPE.largeUtf8, ARROW_TYPE.utf8View].some((type) => type === column.type)
}

/**
 * A column's values in a batch as runs. `entries` are the values of its dictionary, if it has one.
 * @throws RangeError when the column is damaged or has nulls
 */
export async function labelRuns(
  access: RandomAccess,
  column: ColumnType,
  batch: Batch,
  place: BatchPlace,
  entries: readonly string[],
): Promise<ValueRun[]> {
  const { rows } = batch
  const node = batch.nodes[place.node]
  if (!node || node.length !== rows) throw new RangeError(`column ${column.name} has not as many rows as its batch`)
  if (node.nulls > 0) throw new RangeError(`column ${column.name} has empty entries; fill them`)
  const runs: [number, string][] = []
  const add = (value: string): void => {
    const last = runs.at(-1)
    if (last && last[1] === value) last[0]++
    else runs.push([1, value])
  }
  for (let start = 0; start < rows; start += STEP) {
    const count = Math.min(STEP, rows - start)
    const values = await readValues(access, column, batch, place, start, count)
    if (!column.dictionary) for (let k = 0; k < count; k++) add(String(values(k)))
    else
      for (let k = 0; k < count; k++) {
        const value = entries[Number(values(k))]
        if (value === undefined) throw new RangeError(`column ${column.name}: entry ${values(k)} is not in its dictionary`)
        add(value)
      }
  }
  return runs
}

/** All values of a dictionary, batch behind batch. */
export async function dictionaryEntries(access: RandomAccess, column: ColumnType, batches: readonly Batch[]): Promise<string[]> {
  const plain: ColumnType = { ...column, dictionary: undefined }
  const entries: string[] = []
  for (const batch of batches) {
    if (batch.rows > 1 << 24) throw new RangeError(`the dictionary of ${column.name} has ${batch.rows} entries`)
    const values = await readValues(
      access,
      { ...plain, dictionary: undefined },
      batch,
      { node: 0, buffer: 0, view: 0 },
      0,
      batch.rows,
    )
    for (let k = 0; k < batch.rows; k++) entries.push(String(values(k)))
  }
  return entries
}

type Values = (row: number) => string | number | bigint

async function readValues(
  access: RandomAccess,
  column: ColumnType,
  batch: Batch,
  place: BatchPlace,
  start: number,
  count: number,
): Promise<Values> {
  const part = async (buffer: number, from: number, length?: number): Promise<DataView> => {
    const opened = await openBuffer(access, batch, buffer)
    const end = length === undefined ? opened?.byteLength : from + length
    if (!opened || end === undefined || from < 0 || end < from || end > opened.byteLength)
      throw new RangeError(`column ${column.name} is shorter than its rows`)
    const bytes = await opened.read(from, end - from)
    return new DataView(bytes.buffer, bytes.byteOffset, end - from)
  }
  const values = place.buffer + 1
  if (column.dictionary || column.type === ARROW_TYPE.int) {
    const { bits, signed } = column.dictionary ?? { bits: column.size, signed: column.signed }
    const bytes = bits / 8
    if (![1, 2, 4, 8].includes(bytes)) throw new RangeError(`column ${column.name} has integers of ${bits} bits`)
    const view = await part(values, start * bytes, count * bytes)
    return (k) => integer(view, k * bytes, bytes, signed)
  }
  const decoder = new TextDecoder()
  if (column.type === ARROW_TYPE.utf8View) {
    // 16 bytes a value: its length, then the text itself up to 12 bytes, or 4 of them, a buffer's number and an offset in it.
    const views = await part(values, start * 16, count * 16)
    const data = await Promise.all(Array.from({ length: batch.variadic[place.view] ?? 0 }, (_, k) => part(values + 1 + k, 0)))
    return (k) => {
      const length = views.getInt32(16 * k, true)
      const [view, from] =
        length <= 12 ? [views, 16 * k + 4] : [data[views.getInt32(16 * k + 8, true)], views.getInt32(16 * k + 12, true)]
      if (!view || length < 0 || from < 0 || from + length > view.byteLength)
        throw new RangeError(`column ${column.name}, row ${start + k} lies outside its text`)
      return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + from, length))
    }
  }
  const wide = column.type === ARROW_TYPE.largeUtf8 ? 8 : 4
  if (count === 0) return () => ''
  const offsets = await part(values, start * wide, (count + 1) * wide)
  const offset = (k: number): number => Number(integer(offsets, k * wide, wide, true))
  const first = offset(0)
  const text = await part(values + 1, first, offset(count) - first)
  return (k) => {
    const from = offset(k) - first
    const to = offset(k + 1) - first
    if (from < 0 || to < from || to > text.byteLength)
      throw new RangeError(`column ${column.name}, row ${start + k} lies outside its text`)
    return decoder.decode(new Uint8Array(text.buffer, text.byteOffset + from, to - from))
  }
}

function integer(view: DataView, at: number, bytes: number, signed: boolean): number | bigint {
  if (bytes === 8) return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true)
  if (bytes === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true)
  if (bytes === 2) return signed ? view.getInt16(at, true) : view.getUint16(at, true)
  return signed ? view.getInt8(at) : view.getUint8(at)
}
