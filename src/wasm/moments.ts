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
  const sum = new MomentsSum()
  for (const part of list) sum.add(part)
  return sum.total(taps)
}

/** The same for sets that come one after the other and need not be kept. */
export class MomentsSum {
  #count = 0
  #mean: Float64Array | undefined
  #scatter = new Float64Array(0)
  #difference = new Float64Array(0)

  /** @throws RangeError when the set has other taps than those before it */
  add(part: Moments): void {
    const d = part.mean.length
    if (part.scatter.length !== d * d) throw new RangeError(`a scatter of ${part.scatter.length} values does not fit ${d} taps`)
    if (this.#mean === undefined) {
      this.#mean = part.mean.slice()
      this.#scatter = part.scatter.slice()
      this.#difference = new Float64Array(d)
      this.#count = part.count
      return
    }
    const mean = this.#mean
    const scatter = this.#scatter
    const difference = this.#difference
    const count = this.#count
    if (d !== mean.length)
      throw new RangeError(`moments of ${mean.length} and of ${d} taps cannot be merged: kernels differ in size`)
    if (part.count === 0) return
    if (count === 0) {
      mean.set(part.mean)
      scatter.set(part.scatter)
      this.#count = part.count
      return
    }
    const total = count + part.count
    const share = part.count / total
    const weight = count * share
    for (let i = 0; i < d; i++) difference[i] = part.mean[i]! - mean[i]!
    for (let i = 0; i < d; i++) mean[i] = mean[i]! + difference[i]! * share
    // The products are symmetric bit for bit, so the scatter stays symmetric.
    for (let i = 0, k = 0; i < d; i++) {
      for (let j = 0; j < d; j++, k++) scatter[k] = scatter[k]! + part.scatter[k]! + difference[i]! * difference[j]! * weight
    }
    this.#count = total
  }

  /** Of all sets so far; without any, no filters with `taps` taps (default 9). Later sets do not change it. */
  total(taps = 9): Moments {
    if (this.#mean === undefined) return emptyMoments(taps)
    return { count: this.#count, mean: this.#mean.slice(), scatter: this.#scatter.slice() }
  }
}
