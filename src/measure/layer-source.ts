import type { LayerRow } from './layer-row.ts'
import { listsByKey } from './lists-by-key.ts'
import type { Analysis } from './model-row.ts'

/** A layer's row without its statistics. */
export type MeasuredLayer = Omit<LayerRow, 'scaled' | 'raw' | 'clean'>

/** A convolution or tensor that was not measured. */
export type SkippedRow = Analysis['skipped'][number]

/** Rows of a table, read as often as they are asked for and never all held: they come in batches, in the order of the table. */
export interface RowSource<Row> {
  readonly count: number
  rows(): AsyncIterable<readonly Row[]>
}

/** The same, of which each model's own can be found. */
export interface RowsByModel<Row> extends RowSource<Row> {
  /** Those of one model; none for a model that has none. */
  of(model: string): AsyncIterable<readonly Row[]>
}

/** The layers of a run. */
export interface LayerSource extends RowsByModel<LayerRow> {
  /** Every layer without its statistics, which are most of its bytes. */
  metrics(): AsyncIterable<readonly MeasuredLayer[]>
  /** The layers of one model without their statistics. */
  metricsOf(model: string): AsyncIterable<readonly MeasuredLayer[]>
}

/** A run whose layers, and what it left out, are read when they are asked for. */
export interface StreamedRun extends Omit<Analysis, 'layers' | 'skipped'> {
  readonly layers: LayerSource
  readonly skipped: RowsByModel<SkippedRow>
}

/** Rows that are in memory as a source. */
export function rowsInMemory<Row extends { readonly model: string }>(rows: readonly Row[]): RowsByModel<Row> {
  let byModel: Map<string, Row[]> | undefined
  return {
    count: rows.length,
    async *rows() {
      if (rows.length > 0) yield standTogether(rows) ? rows : [...layersByModel(rows).values()].flat()
    },
    async *of(model) {
      byModel ??= layersByModel(rows)
      const own = byModel.get(model)
      if (own) yield own
    },
  }
}

/** True when the rows of each model lie one behind the other, as every table has them. */
function standTogether(rows: readonly { readonly model: string }[]): boolean {
  const seen = new Set<string>()
  return rows.every(({ model }, k) => model === rows[k - 1]?.model || (!seen.has(model) && Boolean(seen.add(model))))
}

/** Layers that are in memory as a source. */
export function layersInMemory(layers: readonly LayerRow[]): LayerSource {
  const source = rowsInMemory(layers)
  return { ...source, metrics: source.rows, metricsOf: source.of }
}

/** An analysis that is in memory as a run whose layers are read when they are asked for; a run that is one already. */
export function streamed(run: Analysis | StreamedRun): StreamedRun {
  if (isStreamed(run)) return run
  return { ...run, layers: layersInMemory(run.layers), skipped: rowsInMemory(run.skipped) }
}

function isStreamed(run: Analysis | StreamedRun): run is StreamedRun {
  return !Array.isArray(run.layers)
}

/** The layers of each model, in the order of the table. */
export function layersByModel<Row extends { readonly model: string }>(layers: readonly Row[]): Map<string, Row[]> {
  return listsByKey(layers, ({ model }) => model)
}

/** All rows of one model. */
export async function allOf<Row>(source: RowsByModel<Row>, model: string): Promise<Row[]> {
  const own: Row[] = []
  for await (const rows of source.of(model)) for (const row of rows) own.push(row)
  return own
}

/** A run with all its rows in memory. */
export async function inMemory(run: StreamedRun): Promise<Analysis> {
  return { ...run, layers: await allRows(run.layers), skipped: await allRows(run.skipped) }
}

async function allRows<Row>(source: RowSource<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const rows of source.rows()) for (const row of rows) all.push(row)
  return all
}
