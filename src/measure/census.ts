import type { Skipped } from '../sources/source.ts'

const MOST_REASONS = 6

/** What was found instead, as the end of a sentence: "5 left out: 3 Conv 1×1, 2 Conv 7×7, not asked for (--kernel all)". */
export function describeCensus(skipped: readonly Skipped[]): string {
  const kinds = new Map<string, number>()
  for (const { kind, reason } of skipped) {
    const key = reason.includes(kind) ? reason : `${kind} ${reason}`
    kinds.set(key, (kinds.get(key) ?? 0) + 1)
  }
  const listed = [...kinds].sort(([, a], [, b]) => b - a)
  const rest = listed.slice(MOST_REASONS).reduce((n, [, count]) => n + count, 0)
  const list = listed.slice(0, MOST_REASONS).map(([what, count]) => `${count} ${what}`)
  const reasons = [...list, ...(rest > 0 ? [`${rest} others`] : [])].join('; ')
  if (skipped.length === 0) return 'it holds no convolution'
  return `${skipped.length} left out: ${reasons}`
}
