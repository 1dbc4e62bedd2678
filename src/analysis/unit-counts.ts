import { coefficientBins } from './coefficients.ts'
import type { Member } from './members.ts'

/** A place, and how often a model counts there. */
type Share = readonly [place: number, times: number]

/** Where the counts of a model go, and how often they count there. Models that count alike have one list: there are few of them. */
export class Shares {
  readonly #byModel: (readonly Share[])[] = []
  readonly #lists = new Map<string, readonly Share[]>()

  add({ index }: Pick<Member, 'index'>, place: number): void {
    const own = this.#byModel[index] ?? []
    const at = own.findIndex(([known]) => known === place)
    const more =
      at < 0 ? [...own, [place, 1] as const] : own.map((share, k) => (k === at ? ([place, share[1] + 1] as const) : share))
    const key = more.join(' ')
    const same = this.#lists.get(key)
    if (!same) this.#lists.set(key, more)
    this.#byModel[index] = same ?? more
  }

  /** True when every model counts in the same places as in `other`, as often. */
  isSame(other: Shares): boolean {
    const models = Math.max(this.#byModel.length, other.#byModel.length)
    for (let index = 0; index < models; index++)
      if (!isSameList(this.#byModel[index] ?? [], other.#byModel[index] ?? [])) return false
    return true
  }

  of({ index }: Pick<Member, 'index'>): Iterable<Share> {
    return this.#byModel[index] ?? []
  }
}

function isSameList(mine: readonly Share[], others: readonly Share[]): boolean {
  return mine.length === others.length && mine.every(([place, times], k) => place === others[k]![0] && times === others[k]![1])
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
