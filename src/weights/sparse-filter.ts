/** What the largest absolute weight of a sparse filter may be: at most `limit`, or below it where it is strict (`sparseLimit`). */
export interface SparseLimit {
  readonly limit: number
  readonly strict: boolean
}

/** True for a filter whose largest absolute weight is `largest`. */
export function isSparseFilter(largest: number, { limit, strict }: SparseLimit): boolean {
  return strict ? largest < limit : largest <= limit
}

/** The largest absolute weight of the filter whose `taps` weights begin at `from`. */
export function largestWeight(weights: Float32Array, from: number, taps: number): number {
  let largest = 0
  for (let at = from; at < from + taps; at++) largest = Math.max(largest, Math.abs(weights[at]!))
  return largest
}
