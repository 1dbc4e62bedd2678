import Table from 'cli-table3'
import { pc } from './colour.ts'

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

/** Rows under a dim header, aligned by two spaces, without frames. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const chars = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' }
  const none = { 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }
  const drawn = new Table({
    chars: { ...chars, ...none },
    colAligns: columns.map((c) => c.align ?? 'left'),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  drawn.push(
    columns.map((c) => pc.dim(c.title)),
    ...rows.map((row) => [...row]),
  )
  return drawn
    .toString()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n')
}
