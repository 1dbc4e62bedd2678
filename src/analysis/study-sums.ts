import { coefficientBins, type Histograms } from '../measure/coefficients.ts'
import type { PrincipalComponents } from '../shift/principal-components.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { bootstrapDefaults } from './bootstrap.ts'
import { HistogramSum } from './histogram-sum.ts'
import type { Member } from './members.ts'
import { MatrixSums } from './shift-matrix.ts'
import type { ColumnStudy } from './study-types.ts'

/** A shift matrix of more values is too large to read, and to draw chance levels for. */
const LARGEST_MATRIX = 40

/** Whose coefficients are summed. Each member's data set is the stratum within which labels are exchanged. */
export interface StudyScope {
  readonly members: readonly Member[]
  readonly column: string
  readonly values: readonly string[]
  /** Of each member the number of its value; none: -1. */
  readonly places: Int32Array
  /** Of each member by its index: the same number for the same filters. */
  readonly classes: Uint32Array
}

/** The coefficients of the values of a column, summed while the layers of the second pass come one after the other. */
export class StudySums {
  readonly basis: PrincipalComponents
  readonly #column: string
  readonly #values: readonly string[]
  readonly #sums: readonly HistogramSum[]
  readonly #places: Int32Array
  readonly #matrix: MatrixSums | undefined
  #range: readonly [low: number, high: number] | undefined

  constructor({ members, column, values, places, classes }: StudyScope, basis: PrincipalComponents) {
    const components = basis.mean.length
    this.basis = basis
    this.#column = column
    this.#values = values
    this.#sums = values.map(() => new HistogramSum(components))
    this.#places = places
    if (values.length <= LARGEST_MATRIX)
      this.#matrix = new MatrixSums([{ column, labelOf: ({ index }) => values[places[index]!] ?? null }], {
        members,
        pairs: [],
        classes,
        components,
        seed: bootstrapDefaults.seed,
      })
  }

  /** The common range of all coefficients: to be set before the first counts. */
  set range(range: readonly [low: number, high: number]) {
    this.#range = range
  }

  get range(): readonly [low: number, high: number] {
    if (!this.#range) throw new RangeError('the range of the coefficients is not known yet')
    return this.#range
  }

  /** The coefficients of a layer in bins; layers come model by model. */
  addCounts(member: Pick<Member, 'index'>, set: Pick<Histograms, 'filters' | 'counts'>): void {
    const place = this.#places[member.index]!
    if (place < 0) return
    this.#sums[place]!.addCounts(set)
    this.#matrix?.add(member, set)
  }

  histograms(): NonNullable<ColumnStudy['coefficients']> {
    const components = this.basis.mean.length
    return {
      range: [...this.range],
      bins: coefficientBins,
      values: this.#values.map((value, k) => {
        const { filters, counts } = this.#sums[k]!
        const rows = Array.from({ length: components }, (_, c) => [
          ...counts.subarray(c * coefficientBins, (c + 1) * coefficientBins),
        ])
        return { column: this.#column, value, filters, counts: rows }
      }),
    }
  }

  matrix(draw: WasmInstance): ColumnStudy['matrix'] {
    return this.#matrix?.matrices({ range: this.range, basis: this.basis }, draw.math, draw)[0] ?? null
  }
}
