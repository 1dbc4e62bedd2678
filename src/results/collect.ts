import { flagsOf } from '../analysis/flags.ts'
import { joinMeta } from '../analysis/join-meta.ts'
import type { MetaTable } from '../analysis/meta-table.ts'
import { untrainedText } from '../analysis/untrained.ts'
import { asTabled } from '../database/provenance.ts'
import { InputError, UsageError } from '../errors.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import { describeCensus } from '../measure/census.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { MeasuredLayer, SkippedRow } from '../measure/layer-source.ts'
import type { Analysis, ModelRow, Parameters } from '../measure/model-row.ts'
import { isNonFiniteLayer } from '../measure/non-finite.ts'
import type { MeasureEvent } from '../measure/run.ts'
import { version } from '../version.ts'
import { PARAMETERS } from './manifest.ts'
import { tableFiles } from './table-files.ts'

/** What a run has measured, without the layers' statistics. */
export interface CollectedRun extends Omit<Analysis, 'layers'> {
  /** Of all models, or of the first ones that have any. */
  readonly layers: readonly MeasuredLayer[]
  /** Of the same models; of all, as long as nothing could be measured. */
  readonly skipped: readonly SkippedRow[]
  /** Flagged layers by model. */
  readonly flagged: ReadonlyMap<string, number>
  /** Layers measured in all. */
  readonly layerCount: number
  /** Convolutions seen in all, measured or not. */
  readonly found: number
  /** Rows taken from an interrupted run. */
  readonly resumed: number
}

/** The event of a measured layer. */
export type LayerEvent = Extract<MeasureEvent, { kind: 'layer' }>

/** The event that ends a model. */
export type ModelEvent = Extract<MeasureEvent, { kind: 'model' }>

/** What is kept of a run, and who is called as it goes on. */
export interface CollectOptions {
  readonly parameters: Parameters
  readonly meta?: MetaTable | undefined
  /** Keeps the layers of this many models that have any; default all. Memory stays flat without the others. */
  readonly keepModels?: number
  readonly onLayer?: (event: LayerEvent) => void | Promise<void>
  readonly onModel?: (event: ModelEvent) => void
  /**
   * Whether the run goes on without a model that fails; default true: the layers of each model are then kept until it is
   * complete. Where a failure ends the run they are handed on at once, and a model may have any number of them.
   */
  readonly goesOn?: boolean
  /** Called with each layer of a model that is complete (or whose failure ends the run), in order. */
  readonly onRow?: (row: LayerRow) => void | Promise<void>
  readonly onSkipped?: (row: SkippedRow) => void | Promise<void>
}

/**
 * Takes the events of a run one by one. Layers of a model that fails (keepGoing) are left out, as if the model had not been
 * there. Models come with their metadata.
 */
export async function collectRun(events: AsyncIterable<MeasureEvent>, options: CollectOptions): Promise<CollectedRun> {
  const { parameters, meta, keepModels = Number.POSITIVE_INFINITY, goesOn = true, onLayer, onModel, onRow, onSkipped } = options
  const measured: ModelRow[] = []
  const layers: MeasuredLayer[] = []
  const skipped: SkippedRow[] = []
  const flagged = new Map<string, number>()
  const failed: Analysis['failed'][number][] = []
  const warnings = new Set<string>()
  const empty: string[] = []
  let layerCount = 0
  let measuredModels = 0
  let found = 0
  let resumed = 0
  let pending: MeasuredLayer[] = []
  let rows: LayerRow[] = []
  for await (const event of events) {
    switch (event.kind) {
      case 'layer':
        await onLayer?.(event)
        pending.push(metricsOf(event.row))
        if (goesOn) rows.push(event.row)
        else await onRow?.(event.row)
        if (!event.measured) resumed++
        break
      case 'model': {
        onModel?.(event)
        const { row } = event
        const isKept = measuredModels < keepModels
        for (const whole of rows) await onRow?.(whole)
        for (const layer of pending) {
          if (isKept) layers.push(layer)
          if (flagsOf(layer).length > 0) flagged.set(row.model, (flagged.get(row.model) ?? 0) + 1)
        }
        const broken = event.skipped.filter(isNonFiniteLayer).length
        if (broken > 0) flagged.set(row.model, (flagged.get(row.model) ?? 0) + broken)
        const fresh = untrainedText(row.model, pending)
        if (fresh !== undefined) warnings.add(fresh)
        layerCount += pending.length
        if (pending.length > 0) measuredModels++
        pending = []
        rows = []
        measured.push(row)
        for (const entry of event.skipped) {
          const left = { model: row.model, ...entry }
          await onSkipped?.(left)
          if (isKept || layerCount === 0) skipped.push(left)
        }
        if (row.layers === 0) empty.push(`${row.model}: no layer to measure: ${describeCensus(event.skipped)}`)
        found += event.found
        break
      }
      case 'failed':
        pending = []
        rows = []
        failed.push({ file: event.file, problem: event.error.problem })
        break
      case 'warning':
        warnings.add(event.text)
    }
  }
  for (const text of empty) warnings.add(text)
  const joined = meta && joinMeta(measured, meta)
  for (const text of joined?.warnings ?? []) warnings.add(text)
  const models = asTabled(joined?.models ?? measured)
  return { version, parameters, models, layers, layerCount, flagged, skipped, failed, warnings: [...warnings], found, resumed }
}

/**
 * @throws UsageError when there was no model; InputError when nothing was measured and nothing failed: what was found instead,
 * and why it was left out
 */
export function requireLayers(record: CollectedRun): void {
  const { models, failed, layerCount, skipped } = record
  if (layerCount > 0) return
  if (models.length === 0 && failed.length === 0) throw new UsageError('there is no model among the inputs')
  if (failed.length > 0) return
  const file = models.length === 1 ? models[0]!.file : `${models.length} models`
  throw new InputError(file, `no layer to measure: ${describeCensus(skipped)}`)
}

/** The tables of results, written as the run goes. */
export interface RunTables {
  layer(row: LayerRow): Promise<void>
  skipped(row: SkippedRow): Promise<void>
  /** Completes them, and adds the model table and the parameters. */
  finish(record: Omit<Analysis, 'layers' | 'skipped'>): Promise<void>
}

export async function openRunTables(results: OutputFolder, parameters: Parameters): Promise<RunTables> {
  // Loaded here: who only measures, in a browser above all, need not load the Arrow library.
  const { layerTableWriter, modelTableBytes, parametersText, skippedTableWriter } = await import('./tables.ts')
  const layers = layerTableWriter(await results.create(tableFiles.layers), version, parameters)
  const skipped = skippedTableWriter(await results.create(tableFiles.skipped), version, parameters)
  return {
    layer: (row) => layers.write(row),
    skipped: (row) => skipped.write(row),
    async finish(record) {
      await layers.commit()
      await skipped.commit()
      await writeFile(results, tableFiles.models, modelTableBytes(record))
      await writeFile(results, PARAMETERS, `${parametersText(parameters)}\n`)
    },
  }
}

function metricsOf({ scaled: _s, raw: _r, clean: _c, ...metrics }: LayerRow): MeasuredLayer {
  return metrics
}
