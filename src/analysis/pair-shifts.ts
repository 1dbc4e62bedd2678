import { scaleOf } from '../shift/level.ts'
import type { PrincipalComponents } from '../shift/principal-components.ts'
import { halvesChance } from '../shift/random-halves.ts'
import { type Densities, densities, distributionShift } from '../shift/shift.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import type { ShiftDrawCalls } from '../wasm/shift-draws.ts'
import { type RawChance, withHolm } from './chance.ts'
import type { Histograms } from './coefficients.ts'
import type { MatchedPair } from './comparisons.ts'
import { HistogramSum } from './histogram-sum.ts'
import type { Member } from './members.ts'
import type { PairRow } from './report-types.ts'

/** Counts of a model that waits for a partner: four bytes a bin where they fit. */
interface Waiting {
  readonly filters: number
  readonly counts: Uint32Array | Float64Array
  /** Pairs that it is still to be compared in. */
  left: number
}

/** Draws for each pair of single models: there are many of these. */
export const pairDraws = 200

/**
 * The shift between the two models of each pair, and what chance gives for their filters, while the layers come model by model: of a model the histogram over all its layers
 * is kept until the last of its partners has passed.
 */
export class PairShifts {
  readonly #pairs: readonly MatchedPair[]
  readonly #basis: PrincipalComponents
  readonly #math: Transcendental
  /** Of each model, by its index: the pairs that it is in. */
  readonly #pairsOf = new Map<number, number[]>()
  readonly #draw: ShiftDrawCalls
  readonly #seed: number
  readonly #shifts: { readonly shift: number | null; readonly raw: RawChance | null }[]
  readonly #waiting = new Map<number, Waiting>()
  #current: { readonly index: number; readonly sum: HistogramSum } | undefined
  range: readonly [low: number, high: number] = [0, 1]

  constructor(
    pairs: readonly MatchedPair[],
    basis: PrincipalComponents,
    math: Transcendental,
    draw: ShiftDrawCalls,
    seed: number,
  ) {
    this.#pairs = pairs
    this.#basis = basis
    this.#math = math
    this.#draw = draw
    this.#seed = seed
    this.#shifts = pairs.map(() => ({ shift: null, raw: null }))
    for (const [k, { a, b }] of pairs.entries())
      for (const { index } of [a, b]) {
        const own = this.#pairsOf.get(index)
        if (own) own.push(k)
        else this.#pairsOf.set(index, [k])
      }
  }

  add({ index }: Pick<Member, 'index'>, set: Pick<Histograms, 'filters' | 'counts'>): void {
    if (this.#current?.index !== index) {
      this.#endModel()
      if (!this.#pairsOf.has(index)) return
      this.#current = { index, sum: new HistogramSum(this.#basis.mean.length) }
    }
    this.#current!.sum.addCounts(set)
  }

  finish(): Pick<PairRow, 'shift' | 'chance'>[] {
    this.#endModel()
    this.#waiting.clear()
    const chances = withHolm(
      this.#shifts.map(({ raw }) => raw),
      this.#shifts.map(() => ''),
    )
    return this.#shifts.map(({ shift }, k) => ({ shift, chance: chances[k]! }))
  }

  #endModel(): void {
    if (!this.#current) return
    const { index, sum } = this.#current
    this.#current = undefined
    const own = densities(sum, this.range, this.#math)
    let left = 0
    for (const k of this.#pairsOf.get(index)!) {
      const { a, b } = this.#pairs[k]!
      const other = a.index === index ? b.index : a.index
      const waiting = this.#waiting.get(other)
      if (!waiting) {
        left++
        continue
      }
      this.#shifts[k] = this.#shiftOf(own, sum.counts, waiting, index === a.index)
      waiting.left--
      if (waiting.left === 0) this.#waiting.delete(other)
    }
    if (left > 0) this.#waiting.set(index, { filters: sum.filters, counts: packed(sum.counts), left })
  }

  #shiftOf(own: Densities | null, ownCounts: Float64Array, { filters, counts }: Waiting, isFirst: boolean) {
    const other = densities({ filters, counts }, this.range, this.#math)
    if (!own || !other) return { shift: null, raw: null }
    const [a, b] = isFirst ? [own, other] : [other, own]
    const { explainedVarianceRatio } = this.#basis
    const { shift } = distributionShift(a, b, explainedVarianceRatio)
    const [x, y] = isFirst ? [ownCounts, Float64Array.from(counts)] : [Float64Array.from(counts), ownCounts]
    const dealt = { seed: this.#seed, draws: pairDraws }
    return { shift, raw: halvesChance(shift, x, y, scaleOf(explainedVarianceRatio, this.range), this.#draw, dealt) }
  }
}

function packed(counts: Float64Array): Uint32Array | Float64Array {
  return counts.every((count) => count <= 0xffffffff) ? Uint32Array.from(counts) : counts
}
