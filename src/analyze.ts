import type { MetaTable } from './analysis/meta-table.ts'
import { type AnyInputs, inputsFrom } from './inputs/any-inputs.ts'
import type { LayerRow } from './measure/layer-row.ts'
import type { Analysis } from './measure/model-row.ts'
import { type MeasureOptions, requireKnownOptions, settingsOf } from './measure/options.ts'
import { measure } from './measure/run.ts'
import { collectRun, requireLayers } from './results/collect.ts'

export interface AnalyzeOptions extends MeasureOptions {
  /** A table about the models (`parseMeta`), joined by name. */
  readonly meta?: MetaTable
}

/**
 * Measures every selected layer of the inputs: the two tables of the spec, and how they were made. Rows come in input
 * order, within a model by depth; equal inputs and parameters give equal tables, bit for bit, whatever the other options.
 * `given`: in Node paths, folders, patterns or addresses; everywhere File objects (a FileList), Blobs, bytes of a file, or inputs
 * (`fileInputs`, `listInputs`); one of these or a list.
 * @throws InputError for the first input that cannot be used (unless keepGoing), and when no layer at all is left to
 *   measure: the sentence says what was found; UsageError for options that are not known or mean nothing, and for what is no input
 * @example
 * const { models, layers } = await analyze(['models/'], { workers: 1 })
 * for (const { layer, sparsity } of layers) console.log(layer, sparsity)
 */
export async function analyze(given: AnyInputs, options: AnalyzeOptions = {}): Promise<Analysis> {
  requireKnownOptions(options, ['meta'])
  const { parameters: asked } = settingsOf(options)
  const inputs = await inputsFrom(given)
  const layers: LayerRow[] = []
  const skipped: Analysis['skipped'][number][] = []
  const record = await collectRun(measure(inputs, options), {
    parameters: asked,
    meta: options.meta,
    keepModels: 0,
    onRow: (row) => void layers.push(row),
    onSkipped: (row) => void skipped.push(row),
  })
  requireLayers(record)
  const { version, parameters, models, failed, warnings } = record
  return { version, parameters, models, layers, skipped, failed, warnings }
}
