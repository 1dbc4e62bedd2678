import { openArrowBatches } from '../arrow/table.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type LayerRow, layerFields } from '../measure/layer-row.ts'
import type { LayerSource, MeasuredLayer, RowsByModel, SkippedRow } from '../measure/layer-source.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import { skippedFields } from '../measure/model-row.ts'
import { ModelIndex, requireKind, TableRows } from './table-rows.ts'

/**
 * The layers of a table that stays where it is: what is held is one batch, and where each model's rows begin (found on the first
 * way through). The access must stay open as long as layers are asked for.
 * @throws InputError when it is another table, or damaged; rows are checked when they are read
 */
export async function openLayerTable(access: RandomAccess, metrics: readonly Metric[] = layerMetrics): Promise<LayerSource> {
  const table = await openArrowBatches(access)
  requireKind(table, 'results.layers')
  const { scaled: _s, raw: _r, clean: _c, ...plain } = layerFields(metrics)
  const index = new ModelIndex(table)
  const whole = new TableRows<LayerRow>(table, layerFields(metrics), index)
  // A metric that an older table lacks is computed of the moments: of such a table they are read too.
  const known = new Set(table.columns.map(({ name }) => name))
  const isOlder = metrics.some(({ name, inOlderTables }) => inOlderTables === 'computed' && !known.has(name))
  const measured = isOlder ? whole : new TableRows<MeasuredLayer>(table, plain, index)
  return {
    count: table.rows,
    rows: () => whole.rows(),
    metrics: () => measured.rows(),
    of: (model) => whole.of(model),
    metricsOf: (model) => measured.of(model),
  }
}

/** What was not measured, of a table that stays where it is. @throws InputError as `openLayerTable` */
export async function openSkippedTable(access: RandomAccess): Promise<RowsByModel<SkippedRow>> {
  const table = await openArrowBatches(access)
  requireKind(table, 'results.skipped')
  return new TableRows<SkippedRow>(table, skippedFields)
}
