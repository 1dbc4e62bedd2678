import type { Column } from '../arrow/column.ts'
import type { MetaValue } from '../database/meta.ts'
import type { Sink } from '../io/sink.ts'
import { printable } from '../printable.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'

/** Significant digits of a number that is not whole. */
const DIGITS = 4

/**
 * The table as a LaTeX tabular with the rules of booktabs, to be read with \\input. Texts are escaped; numbers that are not whole have
 * four significant digits, numbers stand right; lists (histograms, bases) have no place in it and are left out.
 */
export function exportLatex({ name, columns }: ExportTable): Uint8Array {
  return new TextEncoder().encode([beginning(name, columns), ...linesOf(columns), END].join(''))
}

/** Writes the same bytes of a table that comes in parts. */
export async function writeLatex(sink: Sink, { name, columns, parts }: StreamedTable): Promise<void> {
  const encoder = new TextEncoder()
  await sink.write(encoder.encode(beginning(name, columns)))
  for await (const part of parts()) await sink.write(encoder.encode([...linesOf(part)].join('')))
  await sink.write(encoder.encode(END))
  await sink.commit()
}

type ShownColumn = Exclude<Column, { type: 'float64_list' }>

const shownOf = (columns: readonly Column[]): ShownColumn[] =>
  columns.filter((column): column is ShownColumn => column.type !== 'float64_list')

const line = (cells: readonly string[]): string => `${cells.join(' & ')} \\\\\n`

function beginning(name: string, columns: readonly Column[]): string {
  const shown = shownOf(columns)
  const places = shown.map(({ type }) => (type === 'utf8' || type === 'bool' ? 'l' : 'r')).join('')
  return `% ${name}, made by filterlens; needs \\usepackage{booktabs}
\\begin{tabular}{${places}}
\\toprule
${line(shown.map((column) => latexText(column.name.replaceAll('_', ' '))))}\\midrule
`
}

const END = '\\bottomrule\n\\end{tabular}\n'

function* linesOf(columns: readonly Column[]): Generator<string> {
  const shown = shownOf(columns)
  const rows = shown[0]?.values.length ?? 0
  for (let k = 0; k < rows; k++) yield line(shown.map((column) => latexCell(column.values[k] as MetaValue | bigint)))
}

function latexCell(value: MetaValue | bigint): string {
  if (value === null || value === undefined) return '--'
  if (typeof value === 'string') return latexText(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return latexNumber(value)
}

/** A number in maths: $-0.0123$, $1.2 \cdot 10^{-7}$. */
function latexNumber(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isInteger(value)) return Number(value) < 0 ? `$${value}$` : String(value)
  const short = value.toPrecision(DIGITS)
  const [mantissa, exponent] = short.split('e')
  if (exponent !== undefined) return `$${mantissa} \\cdot 10^{${Number(exponent)}}$`
  return value < 0 ? `$${short}$` : short
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '"': '{\\char34}',
  '×': '$\\times$',
  '−': '$-$',
  '–': '--',
}

/** A text as LaTeX shows it letter by letter; line breaks become spaces, other control characters the escapes that a terminal shows. */
export function latexText(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[\\{}$&#%_^~<>"×−–]/g, (letter) => special[letter]!)
}
