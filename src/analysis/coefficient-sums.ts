import type { PrincipalComponents } from '../shift/principal-components.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import type { ShiftDrawCalls } from '../wasm/shift-draws.ts'
import type { Histograms } from './coefficients.ts'
import type { MatchedPair } from './comparisons.ts'
import { type GroupHistograms, timesInPairs } from './group-shift.ts'
import { HistogramSum } from './histogram-sum.ts'
import type { Member } from './members.ts'
import { PairShifts } from './pair-shifts.ts'
import { bucketNames, type Counting, type PairRow } from './report-types.ts'
import { ShiftChance } from './shift-chance.ts'
import { type Labelled, MatrixSums } from './shift-matrix.ts'

/** What the sums are over. */
export interface CoefficientScopes {
  readonly members: readonly Member[]
  readonly pairs: readonly MatchedPair[]
  readonly datasets: readonly (string | null)[]
  /** Columns of which there may be a shift matrix. */
  readonly columns: readonly Labelled[]
  /** Of each member by its index: the same number for the same filters. */
  readonly classes: Uint32Array
  /** Of the draws of chance levels. */
  readonly seed: number
}

/** Histograms of a side of one counting in one data set: of each bucket, then of layers of unknown depth. */
interface Slot {
  readonly dataset: string | null
  readonly counting: Counting
  readonly side: 'a' | 'b'
  readonly sums: readonly HistogramSum[]
}

/**
 * All that the second pass over the filters is for, summed while its layers come one after the other: histograms of both groups
 * over all data sets and for each, in both countings (without pairs: each model once), overall and by bucket; of the values of
 * columns; and the shift of each pair. What grows with the models is the histogram of a model that waits for its partner.
 */
export class CoefficientSums {
  readonly basis: PrincipalComponents
  readonly #slots: readonly Slot[]
  /** Of each member: its slots, and how often it counts in them. */
  readonly #places: readonly (readonly { readonly slot: Slot; readonly times: number }[])[]
  readonly #pairs: PairShifts
  readonly #matrices: MatrixSums
  readonly #chance: ShiftChance
  #range: readonly [low: number, high: number] | undefined

  constructor(scopes: CoefficientScopes, basis: PrincipalComponents, math: Transcendental, draw: ShiftDrawCalls) {
    const { members, pairs, datasets, columns, classes, seed } = scopes
    const components = basis.mean.length
    const countings: readonly Counting[] = pairs.length > 0 ? ['pairs', 'models'] : ['models']
    this.basis = basis
    const places = members.map((): { slot: Slot; times: number }[] => [])
    this.#slots = datasets.flatMap((dataset) =>
      countings.flatMap((counting) => {
        const times = counting === 'pairs' ? timesInPairs(pairs, dataset) : undefined
        return (['a', 'b'] as const).map((side): Slot => {
          const sums = Array.from({ length: bucketNames.length + 1 }, () => new HistogramSum(components))
          const slot = { dataset, counting, side, sums }
          for (const { index, row, group, pooled, dataset: own } of members) {
            if (group !== side || !pooled) continue
            const count = times ? (times.get(row.model) ?? 0) : Number(dataset === null || own === dataset)
            if (count > 0) places[index]!.push({ slot, times: count })
          }
          return slot
        })
      }),
    )
    this.#places = shared(places)
    this.#pairs = new PairShifts(pairs, basis, math, draw, seed)
    const given = { members, pairs, classes, components, seed }
    this.#matrices = new MatrixSums(columns, given)
    this.#chance = new ShiftChance(given)
  }

  /** The common range of all coefficients: to be set before the first counts. */
  set range(range: readonly [low: number, high: number]) {
    this.#range = range
    this.#pairs.range = range
  }

  get range(): readonly [low: number, high: number] {
    if (!this.#range) throw new RangeError('the range of the coefficients is not known yet')
    return this.#range
  }

  /** The smallest and largest coefficients of a layer. */
  addRange({ index }: Pick<Member, 'index'>, bucket: number | null, set: Pick<Histograms, 'min' | 'max'>): void {
    for (const { slot } of this.#places[index]!) slot.sums[bucket ?? bucketNames.length]!.addRange(set)
  }

  /** The coefficients of a layer in bins; layers come model by model. */
  addCounts(member: Pick<Member, 'index'>, bucket: number | null, set: Pick<Histograms, 'filters' | 'counts'>): void {
    for (const { slot, times } of this.#places[member.index]!) slot.sums[bucket ?? bucketNames.length]!.addCounts(set, times)
    this.#pairs.add(member, set)
    this.#matrices.add(member, set)
    if (set.filters > 0) this.#chance.add(member, bucket, set.counts)
  }

  /** Both sides of every data set and counting, overall and by bucket. */
  groups(): GroupHistograms[] {
    const rows: GroupHistograms[] = []
    for (let k = 0; k < this.#slots.length; k += 2) {
      const [{ dataset, counting, sums: a }, { sums: b }] = [this.#slots[k]!, this.#slots[k + 1]!]
      rows.push({ dataset, counting, bucket: 'all', a: together(a), b: together(b) })
      for (const [i, bucket] of bucketNames.entries()) rows.push({ dataset, counting, bucket, a: a[i]!, b: b[i]! })
    }
    return rows
  }

  /** The shift of each pair with its chance level, in their order; null when one of the two has no non-sparse filter. */
  pairShifts(): Pick<PairRow, 'shift' | 'chance'>[] {
    return this.#pairs.finish()
  }

  /** Chance levels of the shift between the groups. */
  get chance(): ShiftChance {
    return this.#chance
  }

  get matrices(): MatrixSums {
    return this.#matrices
  }
}

function together(sums: readonly HistogramSum[]): HistogramSum {
  const all = new HistogramSum(sums[0]!.min.length)
  for (const one of sums) all.add(one)
  return all
}

/** Models of one side and data set that count as often have one list. */
function shared<Place extends { readonly slot: object; readonly times: number }>(
  places: readonly (readonly Place[])[],
): readonly (readonly Place[])[] {
  const numbers = new Map<object, number>()
  const known = new Map<string, readonly Place[]>()
  const numberOf = (slot: object): number => {
    const number = numbers.get(slot) ?? numbers.size
    numbers.set(slot, number)
    return number
  }
  return places.map((own) => {
    const key = own.map(({ slot, times }) => `${numberOf(slot)}×${times}`).join(' ')
    const same = known.get(key)
    if (!same) known.set(key, own)
    return same ?? own
  })
}
