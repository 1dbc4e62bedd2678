import type { LayerMetrics } from '../../measure/layer-row.ts'
import { fixed, percent, signed } from '../../words.ts'

/** The paper's three metrics as the page shows them. */
export interface ShownMetric {
  readonly key: 'sparsity' | 'variance_entropy' | 'orthogonality'
  readonly title: string
  readonly short: string
  /** For a phone's table. */
  readonly shortest: string
  /** Which way is better, and what it is, in a phrase. */
  readonly meaning: string
  /** Largest possible value. */
  readonly full: number
  print(value: number | null): string
  /** What filters with random weights have in a layer of this shape; null when it does not apply. */
  random(row: LayerMetrics): number | null
}

export const shownMetrics: readonly ShownMetric[] = [
  {
    key: 'sparsity',
    title: 'Sparsity',
    short: 'sparse',
    shortest: 'sparse',
    meaning: 'share of filters that are close to zero; high means wasted width',
    full: 1,
    print: percent,
    random: () => 0,
  },
  {
    key: 'variance_entropy',
    title: 'Variance entropy',
    short: 'entropy',
    shortest: 'entropy',
    meaning: 'how evenly the filters use their directions; low means few distinct patterns',
    full: 0.9542425094393249, // log10 9
    print: fixed,
    random: (row) =>
      row.variance_entropy_clean !== null && row.variance_entropy_clean_norm
        ? row.variance_entropy_clean / row.variance_entropy_clean_norm
        : null,
  },
  {
    key: 'orthogonality',
    title: 'Orthogonality',
    short: 'orthogonality',
    shortest: 'orthog.',
    meaning: 'how different the output channels are; low means near copies',
    full: 1,
    print: fixed,
    random(row) {
      // The mean |cosine| of two Gaussian vectors of d entries is close to √(2 / πd).
      const [rows = 3, columns = 3] = row.kernel.split('x').map(Number)
      return row.out_channels > 1 ? 1 - Math.sqrt(2 / (Math.PI * row.in_channels * rows * columns)) : null
    },
  },
]

/** A difference of two values of a metric: sparsity in percentage points. */
export function difference(metric: ShownMetric['key'], value: number | null): string {
  if (value === null) return 'not compared'
  return metric === 'sparsity' ? `${signed(100 * value, 1)} points` : signed(value)
}
