/**
 * Count, mean and centred scatter of a set of filters with d taps each: all that means, covariances and bases of any
 * union of sets need. `mean` has d entries, `scatter` d·d (row-major, symmetric, not divided by the count).
 */
export interface Moments {
  readonly count: number
  readonly mean: Float64Array
  readonly scatter: Float64Array
}
