import type { LayerMetrics } from '../measure/layer-row.ts'
import type { DerivedRow, DerivedTable } from '../sources/dataset-h5/derived.ts'

/** Columns of the notebooks' tables and the metric that each is. */
const METRICS: Readonly<Record<string, keyof CheckedLayer>> = {
  layer_norm: 'peak',
  layer_sparse_filters: 'sparse_filters',
  layer_num_filters: 'filters',
  layer_sparse_share: 'sparsity',
  entropy: 'variance_entropy',
  ortho: 'orthogonality',
}

/** What of a layer is compared; small, so that the layers of a whole data set can be kept for it. */
export type CheckedLayer = Pick<
  LayerMetrics,
  'model' | 'layer' | 'peak' | 'sparse_filters' | 'filters' | 'sparsity' | 'variance_entropy' | 'orthogonality'
>

/** How one column of a file's own results compares with what was measured. */
export interface ColumnCheck {
  /** "meta_sparsity" and the column in it. */
  readonly table: string
  readonly column: string
  readonly metric: keyof CheckedLayer
  /** Layers that have a number on both sides. */
  readonly compared: number
  /** Layers that have a number in the file and are undefined here. */
  readonly undefinedHere: number
  /** Layers that are NaN in the file and have a number here. */
  readonly undefinedThere: number
  /** Rows whose layer was not measured. */
  readonly unmatched: number
  /** Largest |file - ours| / max(1, |file|) of the compared layers; 0 when there are none. */
  readonly largestDifference: number
  /** Where it is; null when all are equal. */
  readonly worst: { readonly model: string; readonly layer: string; readonly file: number; readonly ours: number } | null
}

/**
 * Compares the results that a dataset.h5 itself holds with ours, column by column; columns that are no metric are passed over.
 * `layers` are those of that one file: their names, the range of their filters, tell them apart, whatever their models are called.
 */
export function checkAgainstTables(layers: readonly CheckedLayer[], tables: readonly DerivedTable[]): ColumnCheck[] {
  const byName = new Map(layers.map((layer) => [layer.layer, layer]))
  const checks: ColumnCheck[] = []
  for (const { key, columns, rows } of tables)
    for (const column of columns) {
      const metric = Object.hasOwn(METRICS, column) ? METRICS[column] : undefined
      if (metric) checks.push(checkColumn(key, column, metric, rows, byName))
    }
  return checks
}

function checkColumn(
  table: string,
  column: string,
  metric: keyof CheckedLayer,
  rows: readonly DerivedRow[],
  byName: ReadonlyMap<string, CheckedLayer>,
): ColumnCheck {
  let [compared, undefinedHere, undefinedThere, unmatched, largestDifference] = [0, 0, 0, 0, 0]
  let worst: ColumnCheck['worst'] = null
  for (const row of rows) {
    const measured = byName.get(row.layer)
    if (!measured) {
      unmatched++
      continue
    }
    const [file, ours] = [row.values[column] ?? null, measured[metric]]
    if (typeof file !== 'number' || typeof ours !== 'number') {
      if (typeof file === 'number') undefinedHere++
      if (typeof ours === 'number') undefinedThere++
      continue
    }
    compared++
    const difference = Math.abs(file - ours) / Math.max(1, Math.abs(file))
    if (difference > largestDifference) {
      largestDifference = difference
      worst = { model: measured.model, layer: row.layer, file, ours }
    }
  }
  return { table, column, metric, compared, undefinedHere, undefinedThere, unmatched, largestDifference, worst }
}
