import { InputError } from '../../errors.ts'
import type { PyValue } from '../pickle/values.ts'
import type { Frame } from './frame.ts'

/** What pandas.read_csv takes for a missing value. */
const MISSING = new Set(
  [
    '',
    '#N/A',
    '#N/A N/A',
    '#NA',
    '-1.#IND',
    '-1.#QNAN',
    '-NaN',
    '-nan',
    '1.#IND',
    '1.#QNAN',
    '<NA>',
    'N/A',
    'NA',
    'NULL',
    'NaN',
  ].concat(['None', 'n/a', 'nan', 'null']),
)
// Each part can be matched in one way only: no text makes it try again from the middle.
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

const LONGEST_CELL = 32_767 // as in a spreadsheet

/** A CSV text with a header, its columns typed as pandas.read_csv would: numbers, booleans, else text; missing values NaN. */
export async function readCsvFrame(name: string, csv: string): Promise<Frame> {
  const papa = (await import('papaparse')).default
  const { data, errors } = papa.parse<string[]>(csv, { skipEmptyLines: true })
  const fatal = errors.find(({ type }) => type === 'Quotes')
  if (fatal) throw new InputError(name, `the CSV table in it cannot be read: ${fatal.message} (row ${fatal.row})`)
  const [header = [], ...rows] = data
  const wrong = rows.findIndex((row) => row.length !== header.length)
  if (wrong >= 0)
    throw new InputError(
      name,
      `the CSV table in it has ${header.length} columns, but row ${wrong + 1} has ${rows[wrong]!.length}`,
    )
  for (const [k, row] of data.entries()) {
    const long = row.findIndex((cell) => cell.length > LONGEST_CELL)
    if (long >= 0)
      throw new InputError(
        name,
        `the CSV table in it has ${row[long]!.length} characters in row ${k}, column ${long + 1}, more than any label has; it is damaged`,
      )
  }
  const cells = new Map<string, readonly PyValue[]>()
  header.forEach((column, k) => {
    if (!cells.has(column)) cells.set(column, typed(rows.map((row) => row[k]!)))
  })
  return { rows: rows.length, indexNames: [], index: [], columns: header, cells }
}

/** A whole number that a double does not hold: it stays text. */
function isRounded(cell: string): boolean {
  return /^[+-]?\d+$/.test(cell) && !Number.isSafeInteger(Number(cell))
}

function typed(column: readonly string[]): PyValue[] {
  const there = column.filter((cell) => !MISSING.has(cell))
  if (there.every((cell) => NUMBER.test(cell.trim()) && !isRounded(cell.trim())))
    return column.map((cell) => (MISSING.has(cell) ? Number.NaN : Number(cell)))
  const words: Record<string, boolean> = { True: true, TRUE: true, true: true, False: false, FALSE: false, false: false }
  if (there.every((cell) => Object.hasOwn(words, cell))) return column.map((cell) => words[cell] ?? Number.NaN)
  return column.map((cell) => (MISSING.has(cell) ? Number.NaN : cell))
}
