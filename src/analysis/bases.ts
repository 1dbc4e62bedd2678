import { tapsOf } from '../measure/kernel-size.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { whyNoBasis } from '../shift/principal-components.ts'
import { emptyMoments, type Moments, MomentsSum } from '../wasm/moments.ts'
import { basisParts } from './basis-parts.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import type { Member } from './members.ts'
import type { BasisRow } from './report-types.ts'

/** Layers whose filters can share a basis: all have one kernel size. */
export interface Comparable {
  /** "3x3"; null when there is no layer. */
  readonly kernel: string | null
  readonly warnings: readonly string[]
}

/** The kernel sizes of the pooled models' layers, in the order of their first appearance. */
export class KernelCounts implements LayerStatistic {
  readonly #layers = new Map<string, number>()
  readonly #filters = new Map<string, number>()

  add({ pooled }: Pick<Member, 'pooled'>, { kernel, filters }: Pick<LayerRow, 'kernel' | 'filters'>): void {
    if (!pooled) return
    this.#layers.set(kernel, (this.#layers.get(kernel) ?? 0) + 1)
    this.#filters.set(kernel, (this.#filters.get(kernel) ?? 0) + filters)
  }

  filtersOf(kernel: string | null): number {
    return (kernel !== null && this.#filters.get(kernel)) || 0
  }

  /** The kernel size that bases and shifts are about: the only one there is, else 3×3, else the most frequent in layers. */
  common(): Comparable {
    const [most] = [...this.#layers].sort((a, b) => b[1] - a[1])
    if (most === undefined) return { kernel: null, warnings: [] }
    const kernel = this.#layers.has('3x3') ? '3x3' : most[0]
    const others = [...this.#layers.keys()].filter((other) => other !== kernel)
    if (others.length === 0) return { kernel, warnings: [] }
    return {
      kernel,
      warnings: [`bases, coefficients and shift are about the ${kernel} layers only; there are also ${others.join(', ')}`],
    }
  }
}

/** What places a model in bases. */
type InPool = Pick<Member, 'group' | 'pooled' | 'dataset'>

/** Of which models a basis is made: both groups together, or one of them. */
const SETS = ['all', 'a', 'b'] as const

/** Moments of the pooled models of both groups together and of each, over all data sets and for each; by kernel size, for the common one is known at the end. */
export class BasisSums implements LayerStatistic {
  readonly #datasets: readonly (string | null)[]
  readonly #byKernel = new Map<string, readonly MomentsSum[]>()

  constructor(datasets: readonly (string | null)[]) {
    this.#datasets = datasets
  }

  add({ group, pooled, dataset }: InPool, { kernel, scaled }: Pick<LayerRow, 'kernel' | 'scaled'>): void {
    if (!pooled) return
    let sums = this.#byKernel.get(kernel)
    if (!sums) this.#byKernel.set(kernel, (sums = this.#datasets.flatMap(() => SETS.map(() => new MomentsSum()))))
    for (let k = 0; k < this.#datasets.length; k++) {
      if (this.#datasets[k] !== null && this.#datasets[k] !== dataset) continue
      sums[3 * k]!.add(scaled)
      sums[3 * k + (group === 'a' ? 1 : 2)]!.add(scaled)
    }
  }

  /** Moments of all pooled models: what the basis of the coefficients is made of. Merged in the order of the table. */
  pooled(kernel: string | null): Moments {
    return this.#total(kernel, 0)
  }

  #total(kernel: string | null, set: number): Moments {
    const taps = tapsOf(kernel ?? '3x3')
    return (kernel === null ? undefined : this.#byKernel.get(kernel)?.[set])?.total(taps) ?? emptyMoments(taps)
  }

  rows(members: readonly InPool[], kernel: string | null): BasisRow[] {
    return this.#datasets.flatMap((dataset, d) =>
      SETS.map((group, k): BasisRow => {
        const inGroup = members.filter(
          (member) =>
            (group === 'all' ? member.group !== null : member.group === group) &&
            (dataset === null || member.dataset === dataset),
        )
        const models = inGroup.filter(({ pooled }) => pooled).length
        const moments = this.#total(kernel, 3 * d + k)
        const because =
          inGroup.length === 0 ? 'the group has no model' : models === 0 ? 'none of its models is in a pair' : whyNoBasis(moments)
        return { group, dataset, models, filters: moments.count, ...basisParts(moments, because) }
      }),
    )
  }
}
