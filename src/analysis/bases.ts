import type { LayerRow } from '../measure/layer-row.ts'
import { type Moments, mergeMoments } from '../wasm/moments.ts'
import type { Member } from './members.ts'
import { principalComponents, whyNoBasis } from './principal-components.ts'
import type { BasisRow } from './report-types.ts'

/** Layers whose filters can share a basis: all have one kernel size. */
export interface Comparable {
  /** "3x3"; null when there is no layer. */
  readonly kernel: string | null
  readonly warnings: readonly string[]
}

/** The kernel size that bases and shifts are about: the only one there is, else 3×3, else the most frequent in layers. */
export function commonKernel(layers: readonly Pick<LayerRow, 'kernel'>[]): Comparable {
  const counts = new Map<string, number>()
  for (const { kernel } of layers) counts.set(kernel, (counts.get(kernel) ?? 0) + 1)
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  if (most === undefined) return { kernel: null, warnings: [] }
  const kernel = counts.has('3x3') ? '3x3' : most[0]
  const others = [...counts.keys()].filter((other) => other !== kernel)
  if (others.length === 0) return { kernel, warnings: [] }
  return {
    kernel,
    warnings: [`bases, coefficients and shift are about the ${kernel} layers only; there are also ${others.join(', ')}`],
  }
}

/** Moments of all pooled models: what the basis of the coefficients is made of. Merged in the order of the table. */
export function pooledMoments(members: readonly Member[], kernel: string | null): Moments {
  return mergeMoments(
    members.filter(({ pooled }) => pooled).flatMap(({ layers }) => momentsOf(layers, kernel)),
    tapsOf(kernel),
  )
}

/** Bases of both groups together and of each, over all data sets and for each. */
export function basesOf(members: readonly Member[], datasets: readonly (string | null)[], kernel: string | null): BasisRow[] {
  return datasets.flatMap((dataset) =>
    (['all', 'a', 'b'] as const).map((group): BasisRow => {
      const inGroup = members.filter(
        (member) =>
          (group === 'all' ? member.group !== null : member.group === group) && (dataset === null || member.dataset === dataset),
      )
      const inPool = inGroup.filter(({ pooled }) => pooled)
      const moments = mergeMoments(
        inPool.flatMap(({ layers }) => momentsOf(layers, kernel)),
        tapsOf(kernel),
      )
      const row = { group, dataset, models: inPool.length, filters: moments.count }
      const because =
        inGroup.length === 0
          ? 'the group has no model'
          : inPool.length === 0
            ? 'none of its models is in a pair'
            : whyNoBasis(moments)
      if (because !== null)
        return { ...row, mean: null, components: null, explained_variance: null, explained_variance_ratio: null, because }
      const { mean, components, explainedVariance, explainedVarianceRatio } = principalComponents(moments)
      const taps = mean.length
      return {
        ...row,
        mean: [...mean],
        components: Array.from({ length: taps }, (_, c) => [...components.subarray(c * taps, (c + 1) * taps)]),
        explained_variance: [...explainedVariance],
        explained_variance_ratio: [...explainedVarianceRatio],
        because: null,
      }
    }),
  )
}

function momentsOf(layers: readonly LayerRow[], kernel: string | null): Moments[] {
  return layers.filter((layer) => layer.kernel === kernel).map(({ scaled }) => scaled)
}

function tapsOf(kernel: string | null): number {
  const [rows, columns] = (kernel ?? '3x3').split('x').map(Number)
  return rows! * columns!
}
