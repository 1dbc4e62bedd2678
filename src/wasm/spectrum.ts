import type { Arena } from './arena.ts'
import type { ModuleExports } from './exports.generated.ts'
import { requireTaps } from './limits.ts'
import type { Moments } from './moments.ts'

export interface SpectrumCalls {
  /**
   * Eigenvalues (falling) and eigenvectors (rows of t × t, the entry of largest magnitude positive, of equal ones the
   * first) of a symmetric t × t matrix.
   */
  eigen(matrix: Float64Array): { values: Float64Array; vectors: Float64Array }
  /** Eigenvalues alone, falling, an eighth of the work: equal to those of `eigen` but for a few units of the largest. */
  eigenvalues(matrix: Float64Array): Float64Array
  /** -Σ q·log10 q of the shares q of some variances; negative ones count as 0; null when they add to 0. */
  entropy(variances: ArrayLike<number>): number | null
  /**
   * Variance entropy (base 10) of a set of filters; null for fewer than two filters or when they do not vary: when their
   * total variance is 0 or within what rounding the values to double can make.
   */
  varianceEntropy(moments: Moments): number | null
  /** Entropy level of that many randomly initialised 3×3 filters (torchconvquality's T). */
  randomEntropy(filters: number): number
}

export function spectrumCalls(wasm: ModuleExports, { work, out, f64, doubles }: Arena): SpectrumCalls {
  /** Copies a symmetric matrix to `work`; its size. */
  const putMatrix = (matrix: Float64Array): number => {
    const t = Math.sqrt(matrix.length)
    requireTaps(t)
    f64(work, t * t).set(matrix)
    return t
  }
  return {
    eigen(matrix) {
      const t = putMatrix(matrix)
      const vectors = work + 8 * t * t
      wasm.eigen(work, t, out, vectors)
      return { values: f64(out, t).slice(), vectors: f64(vectors, t * t).slice() }
    },
    eigenvalues(matrix) {
      const t = putMatrix(matrix)
      wasm.eigenvalues(work, t, out, out + 8 * t)
      return f64(out, t).slice()
    },
    entropy(variances) {
      requireTaps(variances.length)
      f64(out, variances.length).set(variances)
      const value = wasm.entropy(out, variances.length)
      return value < 0 ? null : value
    },
    varianceEntropy({ count, mean, scatter }) {
      const t = mean.length
      if (count < 2) return null
      requireTaps(t)
      const all = doubles()
      const at = out >> 3
      all[at] = count
      all.set(mean, at + 1)
      all.set(scatter, at + 1 + t)
      const value = wasm.varianceEntropy(out, t, work)
      return value < 0 ? null : value
    },
    randomEntropy: wasm.randomEntropy,
  }
}
