import { InputError, UsageError } from '../errors.ts'
import { list } from '../words.ts'
import { type CsvTable, findColumn } from './csv-table.ts'

/** What can order the checkpoints of a run. */
export const checkpointOrders = ['step', 'epoch', 'name', 'time'] as const
export type CheckpointOrder = (typeof checkpointOrders)[number]

/** What is known of a checkpoint before it is measured. */
export interface CheckpointFacts {
  readonly path: string
  /** As its file says. */
  readonly epoch: number | null
  readonly step: number | null
  /** When it was last written, in milliseconds; null where that is not known. */
  readonly time: number | null
}

/** Numbers beside the checkpoints (accuracies, a loss), by their columns; of each checkpoint in order, null where there is none. */
export type Scalars = ReadonlyMap<string, readonly (number | null)[]>

/** A checkpoint in its place. */
export type PlacedCheckpoint<C extends CheckpointFacts> = C & { readonly position: number }

/**
 * Checkpoints as a series: by the step or the epoch in their files where all have different ones, else by the number in their names
 * in which they differ, else by time.
 * @throws UsageError when `by` is asked for and not all have it, or nothing tells them apart
 */
export function orderCheckpoints<C extends CheckpointFacts>(
  checkpoints: readonly C[],
  by?: CheckpointOrder,
): { readonly by: CheckpointOrder; readonly checkpoints: readonly PlacedCheckpoint<C>[] } {
  const numbers = numbersInNames(checkpoints.map(({ path }) => path))
  const positions: Readonly<Record<CheckpointOrder, readonly (number | null)[]>> = {
    step: checkpoints.map(({ step }) => step),
    epoch: checkpoints.map(({ epoch }) => epoch),
    name: numbers ?? checkpoints.map(() => null),
    time: checkpoints.map(({ time }) => time),
  }
  const isUsable = (order: CheckpointOrder): boolean => !positions[order].includes(null)
  const isDistinct = (order: CheckpointOrder): boolean => new Set(positions[order]).size === checkpoints.length
  const chosen = by ?? checkpointOrders.find((order) => isUsable(order) && isDistinct(order))
  if (chosen === undefined || !isUsable(chosen))
    throw new UsageError(
      by === undefined
        ? 'nothing tells the order of the checkpoints: no step or epoch in their files, no number in their names, no time'
        : `--by ${by}: not all checkpoints have one; there are ${list(checkpointOrders.filter(isUsable), 'or')}`,
    )
  const placed = checkpoints.map((checkpoint, k) => ({ ...checkpoint, position: positions[chosen][k]! }))
  return { by: chosen, checkpoints: placed.sort((a, b) => a.position - b.position || (a.path < b.path ? -1 : 1)) }
}

/** Of names that differ in one number, that number: the last one that is in every name and differs between any two. */
function numbersInNames(paths: readonly string[]): readonly number[] | undefined {
  const all = paths.map((path) => {
    const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z][\w-]*$/i, '')
    return (stem.match(/\d+(\.\d+)?/g) ?? []).map(Number)
  })
  const least = all.reduce((fewest, numbers) => Math.min(fewest, numbers.length), Number.POSITIVE_INFINITY)
  for (let back = 1; back <= least; back++) {
    const column = all.map((numbers) => numbers[numbers.length - back]!)
    if (new Set(column).size === column.length) return column
  }
  return undefined
}

/** Columns that say which checkpoint a row of scalars is about. */
const nameColumns = ['Checkpoint', 'Name', 'File']

/**
 * The scalars of a table, checkpoint by checkpoint: rows are found by a column Checkpoint, Name or File (the file's name, with or without
 * its ending), else by Step or Epoch, whichever orders the series. Of a table with a column Run only rows whose run is a folder of the
 * checkpoint's path count.
 * @throws InputError when it has none of these columns, or no number beside them
 */
export function scalarsOf(
  table: CsvTable,
  checkpoints: readonly PlacedCheckpoint<CheckpointFacts>[],
  by: CheckpointOrder,
): Scalars {
  const named = nameColumns.map((name) => findColumn(table.columns, name)).find((column) => column >= 0)
  const placed = by === 'epoch' ? findColumn(table.columns, 'Epoch') : findColumn(table.columns, 'Step')
  const run = findColumn(table.columns, 'Run')
  if (named === undefined && placed < 0)
    throw new InputError(
      table.file,
      `says of no row which checkpoint it is about: it needs a column ${[...nameColumns, by === 'epoch' ? 'Epoch' : 'Step'].join(', ')}`,
    )
  const rowOf = ({ path, position }: PlacedCheckpoint<CheckpointFacts>): readonly string[] | undefined => {
    const folders = path.split('/').slice(0, -1)
    const file = path.slice(path.lastIndexOf('/') + 1)
    return table.rows.find(({ cells }) => {
      if (run >= 0 && !folders.includes(cells[run]!)) return false
      if (named === undefined) return Number(cells[placed]) === position
      return cells[named] === file || cells[named] === file.replace(/\.[a-z][\w-]*$/i, '')
    })?.cells
  }
  const rows = checkpoints.map(rowOf)
  const numbers = table.columns.flatMap((name, column): [string, (number | null)[]][] => {
    if (column === named || column === placed || column === run) return []
    const values = rows.map((cells) => numberIn(cells?.[column]))
    return values.some((value) => value !== null) ? [[name, values]] : []
  })
  if (numbers.length === 0) throw new InputError(table.file, 'holds no number for any of the checkpoints')
  return new Map(numbers)
}

function numberIn(cell: string | undefined): number | null {
  if (cell === undefined || cell === '') return null
  const value = Number(cell)
  return Number.isFinite(value) ? value : null
}
