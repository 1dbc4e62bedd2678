import { readFileSync } from 'node:fs'

/** Figures of scipy and numpy, made by test/fixtures/statistics/make.py. */
export interface StatisticsFixture {
  spearman: { x: number[]; y: number[]; rho: number; p: number; p_exact?: number }[]
  student: { t2: number; df: number; p: number }[]
  wilcoxon: { d: number[]; method: string; smaller: number; p: number; effect: number }[]
  bootstrap: { values: number[]; seed: number; resamples: number; interval: [number, number] }[]
  shift: {
    range: [number, number]
    weights: number[]
    counts_a: number[][]
    counts_b: number[][]
    components: number[]
    shift: number
  }[]
  basis: {
    count: number
    mean: number[]
    scatter: number[]
    components: number[]
    explained_variance: number[]
    explained_variance_ratio: number[]
  }
}

export const fixture: StatisticsFixture = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/statistics.json', import.meta.url), 'utf8'),
)

/** Distance relative to the expected value (absolute where that is below 1e-300). */
export const relative = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300)
