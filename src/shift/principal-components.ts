import { sharedInstance } from '../wasm/module.ts'
import type { Moments } from '../wasm/moments.ts'

/** A PCA basis of filters with t taps (9 for 3×3). */
export interface PrincipalComponents {
  /** Mean of the filters, t values. */
  readonly mean: Float64Array
  /** t × t, row-major: a component a row, by falling variance; the entry of largest magnitude of each is positive (ties: the first). */
  readonly components: Float64Array
  /** Variance along each component, divisor count - 1; never below 0. */
  readonly explainedVariance: Float64Array
  /** Its share of the total variance: sums to 1. */
  readonly explainedVarianceRatio: Float64Array
}

/**
 * PCA of the filters behind `moments` (pca.ipynb). The module's arithmetic: the same bits in every engine.
 * @throws RangeError when there is none: fewer than two filters, or no variance; `whyNoBasis` says so beforehand
 * @example
 * const { layers } = await analyze(await listInputs(['net.onnx']))
 * const { explainedVarianceRatio } = principalComponents(mergeMoments(layers.map(({ clean }) => clean)))
 * console.log(explainedVarianceRatio) // 9 shares, the largest first
 */
export function principalComponents(moments: Moments): PrincipalComponents {
  const because = whyNoBasis(moments)
  if (because !== null) throw new RangeError(`no principal components: ${because}`)
  const { values, vectors } = sharedInstance().eigen(moments.scatter)
  const positive = values.map((value) => Math.max(0, value))
  const total = positive.reduce((sum, value) => sum + value, 0)
  return {
    mean: moments.mean.slice(),
    components: vectors,
    explainedVariance: positive.map((value) => value / (moments.count - 1)),
    explainedVarianceRatio: positive.map((value) => value / total),
  }
}

/** Why moments have no basis, as a phrase; null when they have one. */
export function whyNoBasis({ count, scatter }: Moments): string | null {
  if (count === 0) return 'it has no non-sparse filter'
  if (count === 1) return 'it has one non-sparse filter; two are needed'
  const taps = Math.sqrt(scatter.length)
  let trace = 0
  for (let k = 0; k < taps; k++) trace += scatter[k * (taps + 1)]!
  return trace > 0 ? null : 'its filters do not differ'
}
