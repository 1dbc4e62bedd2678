/** Rows of a list in the report: what is longer shows what matters, and names the table that holds all. */
export const MOST_LISTED = 1000

/** "the table pairs.csv holds all (filterlens export)". */
export function inTable(name: string): string {
  return `the table ${name}.csv holds all (filterlens export)`
}

/** Of a long list the rows with the smallest and the largest value, `each` of both, in the order of the list; a short one whole. */
export function extremes<Row>(
  rows: readonly Row[],
  values: readonly ((row: Row) => number | null)[],
  each: number,
): readonly Row[] {
  if (rows.length <= MOST_LISTED) return rows
  const kept = new Set<Row>()
  for (const value of values) {
    const ranked = rows.filter((row) => value(row) !== null).sort((p, q) => value(p)! - value(q)!)
    for (const row of [...ranked.slice(0, each), ...ranked.slice(-each)]) kept.add(row)
  }
  return rows.filter((row) => kept.has(row))
}
