import { pc } from './colour.ts'
import { terminalWidth } from './text-width.ts'

export { printable } from './printable.ts'

/** A bar of up to six blocks for a value in [0, top]. */
export function bar(value: number | null, top: number): string {
  if (value === null) return ''
  const blocks = Math.max(0, Math.min(6, Math.round((6 * value) / top)))
  return '▇'.repeat(blocks)
}

export interface TerminalColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Rows under a dim header, aligned by two spaces, without frames. A cell is one line. */
export function terminalTable(columns: readonly TerminalColumn[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => pc.dim(title)), ...rows]
  const widths = columns.map((_, c) => lines.reduce((most, line) => Math.max(most, terminalWidth(line[c] ?? '')), 0))
  return lines
    .map((line) => {
      const cells = columns.map(({ align }, c) => {
        const text = line[c] ?? ''
        const space = ' '.repeat(widths[c]! - terminalWidth(text))
        return align === 'right' ? space + text : text + space
      })
      return `  ${cells.join('  ')}`.trimEnd()
    })
    .join('\n')
}
