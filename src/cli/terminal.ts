import { pc } from './colour.ts'
import { terminalWidth } from './text-width.ts'

export { printable } from '../printable.ts'

/** Below this many characters no view is made narrower. */
const LEAST_WIDTH = 60
/** A name is shortened to no fewer characters than this. */
const LEAST_NAME = 12
const BAR = 6

/**
 * Characters in a line: those of the terminal, or what COLUMNS says where it is set (for a pipe); none in a pipe, where lines are as
 * long as they are.
 */
export function lineWidth(stream: { readonly columns?: number } = process.stdout): number {
  const told = Number(process.env['COLUMNS'])
  const width = stream.columns ?? (Number.isSafeInteger(told) && told > 0 ? told : Number.POSITIVE_INFINITY)
  return Math.max(LEAST_WIDTH, width)
}

/** A bar of up to six blocks for a value in [0, top]. */
export function bar(value: number | null, top: number): string {
  if (value === null) return ''
  const blocks = Math.max(0, Math.min(BAR, Math.round((BAR * value) / top)))
  return '▇'.repeat(blocks)
}

export interface TerminalColumn {
  readonly title: string
  /** The title where the table must be narrower. */
  readonly short?: string
  readonly align?: 'left' | 'right'
  /** What may be left out where the table must be narrower: 1 goes first. */
  readonly drop?: number
  /** Holds names, which may be shortened in the middle: they differ at both ends. */
  readonly isName?: boolean
  /** The last column, of prose: where there is no room it goes on below, indented. */
  readonly wraps?: boolean
  /** Belongs to the column before it: one space lies between them, not two. */
  readonly joins?: boolean
}

/** Rows under a dim header, aligned by two spaces, without frames, no wider than the line where that can be. A cell is one line. */
export function terminalTable(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly string[])[],
  width: number = lineWidth(),
): string {
  const last = columns.at(-1)!
  if (last.wraps) return tableWithProse(columns, rows, width)
  let shown = columns.map((column, k) => {
    const cells = rows.map((row) => row[k] ?? '')
    return { ...column, cells, needs: placesOf(cells) }
  })
  // The title of a column goes on over the one that joins it.
  const widthAt = (k: number): number => {
    const { title, needs, joins } = shown[k]!
    const before = joins ? shown[k - 1] : undefined
    if (before) return Math.max(needs, terminalWidth(before.title) - before.needs - 1)
    return shown[k + 1]?.joins ? needs : Math.max(needs, terminalWidth(title))
  }
  const gap = ({ joins }: TerminalColumn): number => (joins ? 1 : 2)
  const total = (): number => shown.reduce((sum, column, k) => sum + gap(column) + widthAt(k), 0)
  for (let step = 1; total() > width && step <= 9; step++) shown = shown.filter(({ drop }) => drop !== step)
  if (total() > width) shown = shown.map((column) => ({ ...column, title: column.short ?? column.title }))
  for (let k = 0; k < shown.length && total() > width; k++) {
    const column = shown[k]!
    if (!column.isName) continue
    const room = Math.max(LEAST_NAME, widthAt(k) - (total() - width))
    const cells = column.cells.map((cell) => middleCut(cell, room))
    shown[k] = { ...column, cells, needs: placesOf(cells) }
  }
  const widths = shown.map((_, k) => widthAt(k))
  const line = (cellOf: (column: (typeof shown)[number]) => string): string =>
    shown
      .map((column, c) => {
        const text = cellOf(column)
        const space = ' '.repeat(widths[c]! - terminalWidth(text))
        return ' '.repeat(gap(column)) + (column.align === 'right' ? space + text : text + space)
      })
      .join('')
      .trimEnd()
  const head = shown.flatMap((column, c) => {
    if (column.joins) return []
    const own = widths[c]! + (shown[c + 1]?.joins ? 1 + widths[c + 1]! : 0)
    const space = ' '.repeat(own - terminalWidth(column.title))
    return [`  ${column.align === 'right' ? space + pc.dim(column.title) : pc.dim(column.title) + space}`]
  })
  return [head.join('').trimEnd(), ...rows.map((_, r) => line(({ cells }) => cells[r]!))].join('\n')
}

function placesOf(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, terminalWidth(cell)), 0)
}

/** The table without its last column, whose cells, where any has text, are put behind the rows where they have room, and below them where not. */
function tableWithProse(columns: readonly TerminalColumn[], rows: readonly (readonly string[])[], width: number): string {
  if (rows.every((row) => (row[columns.length - 1] ?? '') === '')) return terminalTable(columns.slice(0, -1), rows, width)
  const room = width - 2 - terminalWidth(columns.at(-1)!.title)
  const [head = '', ...lines] = terminalTable(columns.slice(0, -1), rows, room).split('\n')
  const most = lines.reduce((w, line) => Math.max(w, terminalWidth(line)), terminalWidth(head))
  const behind = (line: string, text: string): string =>
    text === '' ? line : `${line}${' '.repeat(most - terminalWidth(line))}  ${text}`
  return [
    behind(head, pc.dim(columns.at(-1)!.title)),
    ...lines.map((line, r) => {
      const text = rows[r]!.at(-1) ?? ''
      return most + 2 + terminalWidth(text) <= width
        ? behind(line, text)
        : `${line}\n${wrapped(`      ${text}`, '      ', width)}`
    }),
  ].join('\n')
}

/** A plain text of at most `most` places, the middle replaced by an ellipsis. */
function middleCut(text: string, most: number): string {
  if (terminalWidth(text) <= most) return text
  const characters = [...text]
  let [head, tail] = ['', '']
  for (let k = 0; ; k++) {
    const next = k % 2 === 0 ? head + characters[k >> 1]! : characters[characters.length - 1 - (k >> 1)]! + tail
    const grown = k % 2 === 0 ? next + tail : head + next
    if (terminalWidth(grown) >= most) return `${head}…${tail}`
    if (k % 2 === 0) head = next
    else tail = next
  }
}

/**
 * Prose in lines of at most `width` characters, broken between words; lines after the first are indented by `indent`. A word that is
 * longer than a line (a path, a hash) stays whole, to be copied.
 */
export function wrapped(text: string, indent = '', width: number = lineWidth()): string {
  return text
    .split('\n')
    .map((line) => wrappedLine(line, indent, width))
    .join('\n')
}

function wrappedLine(text: string, indent: string, width: number): string {
  if (terminalWidth(text) <= width) return text
  const [, start, rest] = /^( *)(.*)$/s.exec(text)!
  const lines: string[] = []
  let line = start!
  let isEmpty = true
  for (const word of rest!.split(' ')) {
    if (isEmpty) line += word
    else if (terminalWidth(line) + 1 + terminalWidth(word) <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = indent + word
    }
    isEmpty = false
  }
  return [...lines, line].join('\n')
}
