import type { LayerRow } from './layer-row.ts'
import type { Analysis } from './model-row.ts'

/** A layer's row without its statistics. */
export type MeasuredLayer = Omit<LayerRow, 'scaled' | 'raw' | 'clean'>

/** The layers of a run, read as often as they are asked for and never all held: rows come in batches, in the order of the table. */
export interface LayerSource {
  readonly count: number
  /** Every layer. */
  rows(): AsyncIterable<readonly LayerRow[]>
  /** Every layer without its statistics, which are most of its bytes. */
  metrics(): AsyncIterable<readonly MeasuredLayer[]>
  /** The layers of one model; none for a model that has none. */
  of(model: string): AsyncIterable<readonly LayerRow[]>
  /** The same without their statistics. */
  metricsOf(model: string): AsyncIterable<readonly MeasuredLayer[]>
}

/** A run whose layers are read when they are asked for. */
export interface StreamedRun extends Omit<Analysis, 'layers'> {
  readonly layers: LayerSource
}

/** Rows that are in memory as a source. */
export function layersInMemory(layers: readonly LayerRow[]): LayerSource {
  let byModel: Map<string, LayerRow[]> | undefined
  const of = async function* (model: string): AsyncGenerator<readonly LayerRow[]> {
    byModel ??= layersByModel(layers)
    const own = byModel.get(model)
    if (own) yield own
  }
  const all = async function* (): AsyncGenerator<readonly LayerRow[]> {
    if (layers.length > 0) yield layers
  }
  return { count: layers.length, rows: all, metrics: all, of, metricsOf: of }
}

/** An analysis that is in memory as a run whose layers are read when they are asked for. */
export function streamed(analysis: Analysis): StreamedRun {
  return { ...analysis, layers: layersInMemory(analysis.layers) }
}

/** The layers of each model, in the order of the table. */
export function layersByModel<Row extends { readonly model: string }>(layers: readonly Row[]): Map<string, Row[]> {
  const own = new Map<string, Row[]>()
  for (const layer of layers) {
    const list = own.get(layer.model)
    if (list) list.push(layer)
    else own.set(layer.model, [layer])
  }
  return own
}

/** A run with all its layers in memory. */
export async function inMemory(run: StreamedRun): Promise<Analysis> {
  const layers: LayerRow[] = []
  for await (const rows of run.layers.rows()) for (const row of rows) layers.push(row)
  return { ...run, layers }
}
