import { type ArrowTable, type ArrowValue, readArrowTable } from '../arrow/table.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type Difference, MOST_DIFFERENCES } from './compare-rows.ts'

/** The cells in which two Arrow tables differ in any bit, and the metadata in which they do; at most `MOST_DIFFERENCES`. */
export async function compareTables(table: string, stored: RandomAccess, made: RandomAccess): Promise<Difference[]> {
  const [before, now] = [await readArrowTable(stored), await readArrowTable(made)]
  const differences: Difference[] = []
  const note = (row: string, column: string, a: unknown, b: unknown): void => {
    if (differences.length < MOST_DIFFERENCES) differences.push({ table, row, column, stored: shown(a), recomputed: shown(b) })
  }
  if (before.rows !== now.rows) note('all', '(number of rows)', before.rows, now.rows)
  const names = new Set([...before.columns, ...now.columns].map(({ name }) => name))
  for (const name of names) {
    const [a, b] = [before, now].map((one) => (one.columns.some((column) => column.name === name) ? one.values(name) : undefined))
    if (!a || !b) {
      note('all', name, a ? 'there' : 'not there', b ? 'there' : 'not there')
      continue
    }
    for (let k = 0; k < Math.min(a.length, b.length); k++) if (!same(a[k]!, b[k]!)) note(rowName(before, k), name, a[k], b[k])
  }
  for (const key of new Set([...before.metadata.keys(), ...now.metadata.keys()])) {
    const [a, b] = [before.metadata.get(key), now.metadata.get(key)]
    if (a !== b) note('metadata', key, a, b)
  }
  return differences
}

function same(a: ArrowValue, b: ArrowValue): boolean {
  if (!(a instanceof Float64Array && b instanceof Float64Array)) return Object.is(a, b)
  return a.length === b.length && a.every((value, k) => Object.is(value, b[k]))
}

/** The texts that a row begins with, which name it; its number where it has none. */
function rowName(table: ArrowTable, k: number): string {
  const texts = table.columns.filter(({ type }) => type === 'utf8').map(({ name }) => table.values(name)[k])
  return `${k}${texts.length > 0 ? ` (${texts.slice(0, 4).map(String).join(', ')})` : ''}`
}

function shown(value: unknown): string {
  const text = value instanceof Float64Array ? `[${value.join(', ')}]` : String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
