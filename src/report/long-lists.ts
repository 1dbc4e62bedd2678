/** Rows of a list in the report: what is longer shows what matters, and names the table that holds all. */
export const MOST_LISTED = 1000

/** "the table pairs.csv holds all (filterlens export)". */
export function inTable(name: string): string {
  return `the table ${name}.csv holds all (filterlens export)`
}

/**
 * Of a long list the rows with the smallest and the largest value, `each` of both, in the order of the list; a short one whole. Rows
 * may be made when they are asked for: each is looked at once, and made again where it is shown.
 */
export function extremes<Row>(
  rows: readonly Row[],
  values: readonly ((row: Row) => number | null)[],
  each: number,
): readonly Row[] {
  if (rows.length <= MOST_LISTED) return rows
  const columns = values.map(() => new Float64Array(rows.length))
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k]!
    for (const [c, value] of values.entries()) columns[c]![k] = value(row) ?? Number.NaN
  }
  const kept = new Set<number>()
  for (const column of columns) {
    const known = [...column.keys()].filter((k) => !Number.isNaN(column[k]!))
    const ranked = Uint32Array.from(known).sort((p, q) => column[p]! - column[q]!)
    for (const k of [...ranked.subarray(0, each), ...ranked.subarray(-each)]) kept.add(k)
  }
  return [...kept].sort((p, q) => p - q).map((k) => rows[k]!)
}
