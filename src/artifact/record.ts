import { joinMeta, type MetaTable } from '../analysis/meta-table.ts'
import { writeFile } from '../io/sink.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis, ModelRow, Parameters } from '../measure/model-row.ts'
import type { MeasureEvent } from '../measure/run.ts'
import { version } from '../version.ts'
import type { StagedArtifact } from './staged.ts'
import { layerTableWriter, modelTableBytes, parametersText, skippedTableBytes, tableFiles } from './tables.ts'

/** A layer's row without its statistics. */
export type MeasuredLayer = Omit<LayerRow, 'scaled' | 'raw' | 'clean'>

/** What a run has told, without the layers' statistics: enough to show, flat in memory over many models. */
export interface RunRecord extends Omit<Analysis, 'layers'> {
  readonly layers: readonly MeasuredLayer[]
  /** Convolutions seen in all, measured or not. */
  readonly found: number
  /** Rows taken from an interrupted run. */
  readonly resumed: number
}

/** A layer as it was told. */
export type LayerEvent = Extract<MeasureEvent, { kind: 'layer' }>

/** A model as it was told. */
export type ModelEvent = Extract<MeasureEvent, { kind: 'model' }>

/** What a record is made with. */
export interface RecordOptions {
  readonly parameters: Parameters
  /** Where the tables go; absent: nowhere. */
  readonly artifact?: StagedArtifact | undefined
  readonly meta?: MetaTable | undefined
  readonly onLayer?: (event: LayerEvent) => void | Promise<void>
  readonly onModel?: (event: ModelEvent) => void
}

/**
 * Takes the events of a run one by one: writes layers.arrow as they come (when there is an artifact to write), and the
 * small tables at the end. Layers of a model that fails (keepGoing) are left out, as if the model had not been there.
 */
export async function recordRun(events: AsyncIterable<MeasureEvent>, options: RecordOptions): Promise<RunRecord> {
  const { parameters, artifact, meta, onLayer, onModel } = options
  const told: ModelRow[] = []
  const layers: MeasuredLayer[] = []
  const skipped: Analysis['skipped'][number][] = []
  const failed: Analysis['failed'][number][] = []
  const warnings = new Set<string>()
  let found = 0
  let resumed = 0
  let pending: LayerRow[] = []
  const table = artifact && layerTableWriter(await artifact.create(tableFiles.layers), version, parameters)
  for await (const event of events) {
    switch (event.kind) {
      case 'layer':
        await onLayer?.(event)
        pending.push(event.row)
        if (!event.measured) resumed++
        break
      case 'model':
        for (const row of pending) {
          await table?.write(row)
          layers.push(metricsOf(row))
        }
        pending = []
        onModel?.(event)
        told.push(event.row)
        for (const entry of event.skipped) skipped.push({ ...entry, model: event.row.model })
        found += event.found
        break
      case 'failed':
        pending = []
        failed.push({ file: event.file, problem: event.error.problem })
        break
      case 'warning':
        warnings.add(event.text)
    }
  }
  let models: readonly ModelRow[] = told
  if (meta) {
    const joined = joinMeta(models, meta)
    models = joined.models
    for (const text of joined.warnings) warnings.add(text)
  }
  const record: RunRecord = { version, parameters, models, layers, skipped, failed, warnings: [...warnings], found, resumed }
  if (artifact && table) {
    await table.commit()
    await writeFile(artifact, tableFiles.models, modelTableBytes(record))
    await writeFile(artifact, tableFiles.skipped, skippedTableBytes(record))
    await writeFile(artifact, 'parameters.json', `${parametersText(parameters)}\n`)
  }
  return record
}

function metricsOf({ scaled: _s, raw: _r, clean: _c, ...metrics }: LayerRow): MeasuredLayer {
  return metrics
}
