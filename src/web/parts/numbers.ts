// What the page prints beyond the words of src/words.ts.
import type { ModelRow } from '../../measure/model-row.ts'

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
