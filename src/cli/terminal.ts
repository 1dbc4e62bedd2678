import { pc } from './colour.ts'
import { textWidth } from './text-width.ts'

export { printable } from './printable.ts'

/** 1234567 as "1,234,567". */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A number with `digits` after the point, or an en dash for an undefined one. */
export function fixed(value: number | null, digits: number = 3): string {
  return value === null ? '–' : value.toFixed(digits)
}

/** A share in percent with one digit. */
export function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`
}

/** "1 layer", "2 layers". */
export function plural(n: number, noun: string, nouns: string = `${noun}s`): string {
  return `${count(n)} ${n === 1 ? noun : nouns}`
}

/** A bar of up to six blocks for a value in [0, top]. */
export function bar(value: number | null, top: number): string {
  if (value === null) return ''
  const blocks = Math.max(0, Math.min(6, Math.round((6 * value) / top)))
  return '▇'.repeat(blocks)
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Rows under a dim header, aligned by two spaces, without frames. A cell is one line. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => pc.dim(title)), ...rows]
  const widths = columns.map((_, c) => lines.reduce((most, line) => Math.max(most, textWidth(line[c] ?? '')), 0))
  return lines
    .map((line) => {
      const cells = columns.map(({ align }, c) => {
        const text = line[c] ?? ''
        const space = ' '.repeat(widths[c]! - textWidth(text))
        return align === 'right' ? space + text : text + space
      })
      return `  ${cells.join('  ')}`.trimEnd()
    })
    .join('\n')
}
