import { coefficientBins } from './coefficients.ts'
import type { Member } from './members.ts'

/** Where the counts of a model go, and how often they count there. */
export class Shares {
  readonly #byModel: Map<number, number>[] = []

  add({ index }: Pick<Member, 'index'>, place: number): void {
    const own = (this.#byModel[index] ??= new Map())
    own.set(place, (own.get(place) ?? 0) + 1)
  }

  /** True when every model counts in the same places as in `other`, as often. */
  isSame(other: Shares): boolean {
    const text = (shares: Shares): string => JSON.stringify(shares.#byModel.map((own) => [...own]))
    return text(this) === text(other)
  }

  of({ index }: Pick<Member, 'index'>): Iterable<readonly [place: number, times: number]> {
    return this.#byModel[index] ?? []
  }
}

/** Numbers of places by what they are for, from 0. */
export class Places {
  readonly #known = new Map<string, number>()

  of(...key: readonly (string | number | null)[]): number {
    const text = JSON.stringify(key)
    let place = this.#known.get(text)
    if (place === undefined) this.#known.set(text, (place = this.#known.size))
    return place
  }
}

/**
 * Counts of coefficients summed over models into places, by depth bucket: added while layers come, in any order, so that what is
 * kept depends on the number of places alone. Exact sums of whole numbers.
 */
export class UnitCounts {
  readonly #shares: Shares
  readonly #length: number
  /** By bucket and place. */
  readonly #sums: Float64Array[][] = []

  constructor(shares: Shares, components: number) {
    this.#shares = shares
    this.#length = components * coefficientBins
  }

  /** Adds the counts of a layer to those of its bucket, a whole number from 0. */
  add(member: Pick<Member, 'index'>, bucket: number, counts: Float64Array): void {
    const sums = (this.#sums[bucket] ??= [])
    for (const [place, times] of this.#shares.of(member)) {
      const sum = (sums[place] ??= new Float64Array(this.#length))
      for (let k = 0; k < counts.length; k++) sum[k]! += times * counts[k]!
    }
  }

  /** The sums of some places together, of one bucket or of all. */
  sum(bucket: number | 'all', places: readonly number[]): Float64Array {
    const buckets = bucket === 'all' ? this.#sums : [this.#sums[bucket]]
    const total = new Float64Array(this.#length)
    for (const sums of buckets) {
      for (const place of places) {
        const sum = sums?.[place]
        if (sum) for (let k = 0; k < total.length; k++) total[k]! += sum[k]!
      }
    }
    return total
  }
}
