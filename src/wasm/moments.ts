/**
 * Count, mean and centred scatter of a set of filters with d taps each: all that means, covariances and bases of any
 * union of sets need. `mean` has d entries, `scatter` d·d (row-major, symmetric, not divided by the count).
 */
export interface Moments {
  readonly count: number
  readonly mean: Float64Array
  readonly scatter: Float64Array
}

/** Moments of no filters with `taps` taps. */
export function emptyMoments(taps: number): Moments {
  return { count: 0, mean: new Float64Array(taps), scatter: new Float64Array(taps * taps) }
}

/**
 * The moments of all sets together, as if their filters had been one set; merged one by one in the order given, so the
 * same list gives the same bits (pairwise update: Chan, Golub, LeVeque 1983; only + - · /). Sets without filters change
 * nothing; an empty list gives no filters with `taps` taps (default 9).
 * @throws RangeError when the sets differ in their number of taps
 */
export function mergeMoments(list: Iterable<Moments>, taps?: number): Moments {
  let count = 0
  let mean: Float64Array | undefined
  let scatter = new Float64Array(0)
  let difference: Float64Array | undefined
  for (const part of list) {
    const d = part.mean.length
    if (part.scatter.length !== d * d) throw new RangeError(`a scatter of ${part.scatter.length} values does not fit ${d} taps`)
    if (mean === undefined) {
      mean = part.mean.slice()
      scatter = part.scatter.slice()
      count = part.count
      continue
    }
    if (d !== mean.length)
      throw new RangeError(`moments of ${mean.length} and of ${d} taps cannot be merged: kernels differ in size`)
    if (part.count === 0) continue
    if (count === 0) {
      mean.set(part.mean)
      scatter.set(part.scatter)
      count = part.count
      continue
    }
    const total = count + part.count
    const share = part.count / total
    const weight = count * share
    difference ??= new Float64Array(d)
    for (let i = 0; i < d; i++) difference[i] = part.mean[i]! - mean[i]!
    for (let i = 0; i < d; i++) mean[i] = mean[i]! + difference[i]! * share
    // The products are symmetric bit for bit, so the scatter stays symmetric.
    for (let i = 0, k = 0; i < d; i++) {
      for (let j = 0; j < d; j++, k++) scatter[k] = scatter[k]! + part.scatter[k]! + difference[i]! * difference[j]! * weight
    }
    count = total
  }
  return mean === undefined ? emptyMoments(taps ?? 9) : { count, mean, scatter }
}
