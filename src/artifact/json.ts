import { type LayerMetrics, nullableMetrics } from '../measure/layer-row.ts'
import type { MeasuredLayer, RunRecord } from './record.ts'

const layerKeys: readonly (keyof LayerMetrics)[] = [
  'model',
  'layer',
  'layer_id',
  'kernel',
  'depth',
  'conv_depth',
  'conv_depth_norm',
  'in_channels',
  'out_channels',
  'groups',
  'filters',
  'peak',
  'sparse_filters',
  'sparsity',
  'variance_entropy',
  'variance_entropy_raw',
  'variance_entropy_raw_norm',
  'variance_entropy_clean',
  'variance_entropy_clean_norm',
  'orthogonality',
  'norm_l1',
  'norm_l2',
  'norm_l1_standardised',
  'norm_l2_standardised',
]

/** What `--json` prints: version, parameters, models, layers with the column names of the spec, what was left out, what failed. */
export function recordJson(record: RunRecord): string {
  const { version, parameters, models, layers, skipped, failed, warnings } = record
  return JSON.stringify({ version, parameters, models, layers: layers.map(layerObject), skipped, failed, warnings }, null, 2)
}

function layerObject(row: MeasuredLayer): Record<string, unknown> {
  const values = Object.fromEntries(layerKeys.map((key) => [key, row[key]]))
  const undefinedOnes = nullableMetrics.some((name) => row[name] === null)
  return undefinedOnes ? { ...values, undefined_because: row.undefined_because } : values
}
