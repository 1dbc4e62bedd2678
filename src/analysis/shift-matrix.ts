import { scaleOf } from '../shift/level.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import type { ShiftDrawCalls } from '../wasm/shift-draws.ts'
import { withHolm } from './chance.ts'
import type { Histograms } from './coefficients.ts'
import type { InBasis } from './group-shift.ts'
import { HistogramSum } from './histogram-sum.ts'
import { MatrixChance } from './matrix-chance.ts'
import type { Member } from './members.ts'
import type { ShiftMatrix } from './report-types.ts'
import type { ChanceGiven } from './shift-chance.ts'

/** A column and the value that a model has in it; null leaves the model out. */
export interface Labelled {
  readonly column: string
  readonly labelOf: (member: Member) => string | null
  /** Values in the order they stand in; default, and behind these: that of their first appearance. */
  readonly order?: readonly string[]
}

/** A column's values in their order, of those that pooled models have, and how many models have each. */
export function labelCounts({ labelOf, order = [] }: Labelled, members: readonly Member[]): Map<string, number> {
  const values = new Map<string, number>()
  for (const member of members) {
    const value = member.pooled ? labelOf(member) : null
    if (value !== null) values.set(value, (values.get(value) ?? 0) + 1)
  }
  for (const value of [...order.filter((one) => values.has(one)), ...[...values.keys()].filter((one) => !order.includes(one))]) {
    const models = values.get(value)!
    values.delete(value)
    values.set(value, models)
  }
  return values
}

/** Histograms of the values of columns, each model once. */
export class MatrixSums {
  readonly #columns: readonly {
    readonly column: string
    readonly models: ReadonlyMap<string, number>
    readonly sums: readonly HistogramSum[]
    /** Of each member the number of its value; none: -1. */
    readonly labelNumber: Int32Array
    readonly chance: MatrixChance
  }[]

  constructor(columns: readonly Labelled[], given: ChanceGiven) {
    const { members, components } = given
    this.#columns = columns.map((labelled) => {
      const models = labelCounts(labelled, members)
      const numbers = new Map([...models.keys()].map((value, k) => [value, k]))
      const labelNumber = Int32Array.from(members, (member) => {
        const value = member.pooled ? labelled.labelOf(member) : null
        return value === null ? -1 : numbers.get(value)!
      })
      const sums = [...models].map(() => new HistogramSum(components))
      return { column: labelled.column, models, sums, labelNumber, chance: new MatrixChance(given, labelNumber) }
    })
  }

  add({ index }: Pick<Member, 'index'>, set: Pick<Histograms, 'filters' | 'counts'>): void {
    for (const { labelNumber, sums, chance } of this.#columns) {
      if (labelNumber[index]! < 0) continue
      sums[labelNumber[index]!]!.addCounts(set)
      chance.add({ index }, set.counts)
    }
  }

  /** The shift between every two values of each column, with what chance gives beside it. A cell is null where one of the two has no non-sparse filter. */
  matrices({ range, basis }: InBasis, math: Transcendental, draw: ShiftDrawCalls): ShiftMatrix[] {
    const scale = scaleOf(basis.explainedVarianceRatio, range)
    return this.#columns.map(({ column, models, sums, chance }) => {
      const made = sums.map((histograms) => densities(histograms, range, math))
      const shift = made.map((a) =>
        made.map((b) => (a && b ? distributionShift(a, b, basis.explainedVarianceRatio).shift : null)),
      )
      const cells = made.flatMap((_, i) => made.slice(0, i).map((__, j) => [j, i] as const))
      const found = withHolm(
        cells.map(([i, j]) => (shift[i]![j] === null ? null : chance.between(i, j, shift[i]![j]!, scale, draw))),
        cells.map(() => column),
      )
      const levels = new Map(cells.map(([i, j], k) => [`${i} ${j}`, found[k]!]))
      return {
        column,
        values: [...models.keys()],
        models: [...models.values()],
        filters: sums.map(({ filters }) => filters),
        shift,
        chance: made.map((_, i) => made.map((__, j) => levels.get(`${Math.min(i, j)} ${Math.max(i, j)}`) ?? null)),
      }
    })
  }
}
