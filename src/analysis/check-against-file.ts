import type { LayerMetrics } from '../measure/layer-row.ts'
import type { DerivedRow, DerivedTable } from '../sources/dataset-h5/derived.ts'

/** Columns of the notebooks' tables and the metric that each is. */
const METRICS: Readonly<Record<string, keyof LayerMetrics>> = {
  layer_norm: 'peak',
  layer_sparse_filters: 'sparse_filters',
  layer_num_filters: 'filters',
  layer_sparse_share: 'sparsity',
  entropy: 'variance_entropy',
  ortho: 'orthogonality',
}

/** How one column of a file's own results compares with what was measured. */
export interface ColumnCheck {
  /** "meta_sparsity" and the column in it. */
  readonly table: string
  readonly column: string
  readonly metric: keyof LayerMetrics
  /** Layers that have a number on both sides. */
  readonly compared: number
  /** Layers that have a number on one side only. */
  readonly oneSided: number
  /** Rows whose layer was not measured. */
  readonly unmatched: number
  /** Largest |file - ours| / max(1, |file|) of the compared layers; 0 when there are none. */
  readonly largestDifference: number
  /** Where it is; null when all are equal. */
  readonly worst: { readonly model: string; readonly layer: string; readonly file: number; readonly ours: number } | null
}

/**
 * Compares the results that a dataset.h5 itself holds with ours, column by column; columns that are no metric are passed over.
 * `layers` carry the names that the file's source gave them.
 */
export function checkAgainstTables(layers: readonly LayerMetrics[], tables: readonly DerivedTable[]): ColumnCheck[] {
  const byName = new Map(layers.map((layer) => [nameOf(layer), layer]))
  const checks: ColumnCheck[] = []
  for (const { key, columns, rows } of tables)
    for (const column of columns) {
      const metric = Object.hasOwn(METRICS, column) ? METRICS[column] : undefined
      if (metric) checks.push(checkColumn(key, column, metric, rows, byName))
    }
  return checks
}

const nameOf = ({ model, layer }: { model: string; layer: string }): string => JSON.stringify([model, layer])

function checkColumn(
  table: string,
  column: string,
  metric: keyof LayerMetrics,
  rows: readonly DerivedRow[],
  byName: ReadonlyMap<string, LayerMetrics>,
): ColumnCheck {
  let [compared, oneSided, unmatched, largestDifference] = [0, 0, 0, 0]
  let worst: ColumnCheck['worst'] = null
  for (const row of rows) {
    const measured = byName.get(nameOf(row))
    if (!measured) {
      unmatched++
      continue
    }
    const [file, ours] = [row.values[column] ?? null, measured[metric]]
    if (typeof file !== 'number' || typeof ours !== 'number') {
      if (typeof file === 'number' || typeof ours === 'number') oneSided++
      continue
    }
    compared++
    const difference = Math.abs(file - ours) / Math.max(1, Math.abs(file))
    if (difference > largestDifference) {
      largestDifference = difference
      worst = { model: row.model, layer: row.layer, file, ours }
    }
  }
  return { table, column, metric, compared, oneSided, unmatched, largestDifference, worst }
}
