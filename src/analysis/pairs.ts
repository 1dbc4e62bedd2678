import { InputError } from '../errors.ts'
import { findColumn, parseCsvTable } from './csv-table.ts'

/** A robust model and its normal counterpart of the same architecture and data set. */
export interface Pair {
  /** Group a: the normal model. */
  readonly a: string
  /** Group b: the robust model. */
  readonly b: string
  readonly architecture: string | null
  readonly dataset: string | null
}

/** Pairs as a table names them, not yet matched with models. */
export interface PairTable {
  readonly file: string
  readonly rows: readonly (Pair & { readonly line: number })[]
}

/**
 * Reads the paper's table of pairs: columns Robust and Normal (model names), and Arch and Dataset where it has them.
 * @throws InputError for missing columns, empty cells, a pair of a model with itself, and a pair that stands twice
 */
export function parsePairs(file: string, text: string): PairTable {
  const { columns, rows } = parseCsvTable(file, text)
  const [robust, normal] = ['Robust', 'Normal'].map((name) => {
    const column = findColumn(columns, name)
    if (column < 0) throw new InputError(file, `has no column "${name}" (its columns: ${columns.join(', ')})`)
    return column
  }) as [number, number]
  const arch = [findColumn(columns, 'Arch'), findColumn(columns, 'Architecture')].find((column) => column >= 0) ?? -1
  const dataset = findColumn(columns, 'Dataset')
  const seen = new Map<string, number>()
  return {
    file,
    rows: rows.map(({ line, cells }) => {
      const a = cells[normal]!
      const b = cells[robust]!
      if (a === '' || b === '') throw new InputError(file, `line ${line} names no ${b === '' ? 'robust' : 'normal'} model`)
      if (a === b) throw new InputError(file, `line ${line} pairs the model "${a}" with itself`)
      const key = JSON.stringify([a, b])
      const before = seen.get(key)
      if (before !== undefined) throw new InputError(file, `lines ${before} and ${line} are the same pair; keep one`)
      seen.set(key, line)
      return { line, a, b, architecture: cells[arch] || null, dataset: cells[dataset] || null }
    }),
  }
}
