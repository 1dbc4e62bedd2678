import Papa from 'papaparse'
import { InputError } from '../errors.ts'

/** A CSV file as text: headers, and rows with the line each begins on. */
export interface CsvTable {
  readonly file: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[]
}

/**
 * Reads a table whose first line names the columns. Comma, semicolon or tab; quotes, a byte-order mark and blank lines as
 * spreadsheets write them. Cells are trimmed.
 * @throws InputError for broken quotes, rows of the wrong length, and headers that are empty or repeated
 */
export function parseCsvTable(file: string, text: string): CsvTable {
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const rows: { line: number; cells: string[] }[] = []
  let line = 1
  let seenTo = 0
  Papa.parse<string[]>(plain, {
    delimiter: delimiterOf(plain),
    newline: '\n',
    step: ({ data, errors, meta }) => {
      if (errors.some((error) => error.type === 'Quotes'))
        throw new InputError(file, `line ${line} has a quote that is not closed, or text after a closing quote; repair it`)
      const cells = data.map((cell) => cell.trim())
      if (cells.some((cell) => cell !== '')) rows.push({ line, cells })
      for (; seenTo < meta.cursor; seenTo++) if (plain.charCodeAt(seenTo) === 10) line++
    },
  })
  const [header, ...body] = rows
  if (!header) throw new InputError(file, 'is empty; its first line must name the columns')
  const seen = new Map<string, string>()
  for (const [k, name] of header.cells.entries()) {
    if (name === '') throw new InputError(file, `column ${k + 1} has no name; give it one in the first line`)
    const before = seen.get(name.toLowerCase())
    if (before !== undefined) throw new InputError(file, `has two columns called "${name}"; rename one`)
    seen.set(name.toLowerCase(), name)
  }
  for (const { line: at, cells } of body) {
    if (cells.length !== header.cells.length)
      throw new InputError(file, `line ${at} has ${cells.length} cells, but the first line names ${header.cells.length} columns`)
  }
  return { file, columns: header.cells, rows: body }
}

/** The separator that the first line has most of; a comma when it has none. */
function delimiterOf(text: string): string {
  const end = text.indexOf('\n')
  const header = end < 0 ? text : text.slice(0, end)
  const count = (separator: string): number => header.split(separator).length
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best))
}

/** Position of a column by its name, whatever its case; -1 when there is none. */
export function findColumn(columns: readonly string[], name: string): number {
  const wanted = name.toLowerCase()
  return columns.findIndex((column) => column.toLowerCase() === wanted)
}
