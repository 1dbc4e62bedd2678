import { joinMeta, type MetaTable } from './analysis/meta-table.ts'
import { InputError, UsageError } from './errors.ts'
import { describeCensus } from './measure/census.ts'
import type { Inputs } from './measure/inputs.ts'
import type { LayerRow } from './measure/layer-row.ts'
import type { Analysis, ModelRow } from './measure/model-row.ts'
import { type MeasureOptions, settingsOf } from './measure/options.ts'
import { measure } from './measure/run.ts'
import { version } from './version.ts'

export interface AnalyzeOptions extends MeasureOptions {
  /** A table about the models (`parseMeta`), joined by name. */
  readonly meta?: MetaTable
}

/**
 * Measures every selected layer of the inputs: the two tables of the spec, and how they were made. Rows come in input
 * order, within a model by depth; equal inputs and parameters give equal tables, bit for bit, whatever the other options.
 * @throws InputError for the first input that cannot be used (unless keepGoing), and when no layer at all is left to
 *   measure: the sentence says what was found; UsageError for options that mean nothing
 */
export async function analyze(inputs: Inputs, options: AnalyzeOptions = {}): Promise<Analysis> {
  const { parameters } = settingsOf(options)
  const models: ModelRow[] = []
  const layers: LayerRow[] = []
  const skipped: Analysis['skipped'][number][] = []
  const failed: Analysis['failed'][number][] = []
  const warnings: string[] = []
  let pending: LayerRow[] = []
  let found = 0
  for await (const event of measure(inputs, options)) {
    switch (event.kind) {
      case 'layer':
        pending.push(event.row)
        break
      case 'model':
        for (const row of pending) layers.push(row)
        pending = []
        models.push(event.row)
        for (const entry of event.skipped) skipped.push({ model: event.row.model, ...entry })
        found += event.found
        break
      case 'failed':
        pending = []
        failed.push({ file: event.file, problem: event.error.problem })
        break
      case 'warning':
        if (!warnings.includes(event.text)) warnings.push(event.text)
    }
  }
  if (models.length === 0 && failed.length === 0) throw new UsageError('there is no model among the inputs')
  if (layers.length === 0 && failed.length === 0) {
    const file = models.length === 1 ? models[0]!.file : `${models.length} models`
    throw new InputError(file, `no layer to measure: ${describeCensus(found, skipped)}`)
  }
  for (const model of models) {
    if (model.layers > 0) continue
    const own = skipped.filter((entry) => entry.model === model.model)
    warnings.push(`${model.model}: no layer to measure: ${describeCensus(undefined, own)}`)
  }
  const joined = options.meta && joinMeta(models, options.meta)
  for (const text of joined?.warnings ?? []) warnings.push(text)
  return { version, parameters, models: joined?.models ?? models, layers, skipped, failed, warnings }
}
