/** A value that rows are ordered by; null where a row has none. */
export type SortValue = string | number | boolean | null

/** Which column a table is ordered by, as the address has it: "key" rising, "-key" falling, "" in its own order. */
export interface SortOrder {
  readonly key: string
  readonly falling: boolean
}

export function sortOrder(text: string | undefined): SortOrder {
  const falling = text?.startsWith('-') ?? false
  return { key: (text ?? '').slice(falling ? 1 : 0), falling }
}

/** What a click on a column's head makes of the order: one direction, then the other, then the table's own again. */
export function nextOrder(text: string | undefined, key: string, fallingFirst = false): string {
  const [first, second] = fallingFirst ? [`-${key}`, key] : [key, `-${key}`]
  return text === first ? second : text === second ? '' : first
}

/** Rows in the order asked for; rows without a value come last either way, and equal ones stay as they were. */
export function sorted<T>(rows: readonly T[], falling: boolean, read: (row: T) => SortValue): T[] {
  return rows
    .map((row) => ({ row, value: read(row) }))
    .sort((x, y) => {
      if (x.value === null || y.value === null) return Number(x.value === null) - Number(y.value === null)
      return falling ? compareValues(y.value, x.value) : compareValues(x.value, y.value)
    })
    .map(({ row }) => row)
}

function compareValues(x: NonNullable<SortValue>, y: NonNullable<SortValue>): number {
  if (typeof x === 'string' && typeof y === 'string') return x < y ? -1 : x > y ? 1 : 0
  return Number(x) - Number(y)
}
