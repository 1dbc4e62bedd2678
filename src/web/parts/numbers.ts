// What the page prints beyond the words of src/words.ts.
import type { ModelRow } from '../../measure/model-row.ts'
import { count } from '../../words.ts'

/** 1580495 → "1.58 MB". */
export function bytes(value: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`
  }
  return `${value} bytes`
}

/** Bytes of a model in all its files: its own, and those beside it (shards, external data). */
export function wholeSize({ bytes: own, parts = [] }: Pick<ModelRow, 'bytes' | 'parts'>): number {
  return parts.reduce((sum, part) => sum + part.bytes, own)
}

/** A weight in few digits: "0.0123", "1.2e-5", "21,432". */
export function weight(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1000 && size < 1e9) return count(value)
  return (size >= 1e-3 && size < 1000 ? value.toPrecision(3) : value.toExponential(1)).replace('-', '−').replace('e−', 'e-')
}
