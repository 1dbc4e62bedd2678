import type { MetaTable } from './analysis/meta-table.ts'
import { fileInputs } from './inputs/given-inputs.ts'
import type { Inputs } from './measure/inputs.ts'
import type { LayerRow } from './measure/layer-row.ts'
import type { Analysis } from './measure/model-row.ts'
import { type MeasureOptions, settingsOf } from './measure/options.ts'
import { measure } from './measure/run.ts'
import { collectRun, requireLayers } from './results/collect.ts'

export interface AnalyzeOptions extends MeasureOptions {
  /** A table about the models (`parseMeta`), joined by name. */
  readonly meta?: MetaTable
}

/**
 * Measures every selected layer of the inputs: the two tables of the spec, and how they were made. Rows come in input
 * order, within a model by depth; equal inputs and parameters give equal tables, bit for bit, whatever the other options.
 * `given`: inputs (`fileInputs`, in Node `listInputs`), or the File objects of a browser as they are.
 * @throws InputError for the first input that cannot be used (unless keepGoing), and when no layer at all is left to
 *   measure: the sentence says what was found; UsageError for options that mean nothing
 * @example
 * const { models, layers } = await analyze(await listInputs(['models/']), { workers: 1 })
 * for (const { layer, sparsity } of layers) console.log(layer, sparsity)
 */
export async function analyze(given: Inputs | Iterable<File>, options: AnalyzeOptions = {}): Promise<Analysis> {
  const inputs = await inputsOf(given)
  const layers: LayerRow[] = []
  const skipped: Analysis['skipped'][number][] = []
  const record = await collectRun(measure(inputs, options), {
    parameters: settingsOf(options).parameters,
    meta: options.meta,
    keepModels: 0,
    onRow: (row) => void layers.push(row),
    onSkipped: (row) => void skipped.push(row),
  })
  requireLayers(record)
  const { version, parameters, models, failed, warnings } = record
  return { version, parameters, models, layers, skipped, failed, warnings }
}

/** File objects as inputs; anything else as it is. */
async function inputsOf(given: Inputs | Iterable<File>): Promise<Inputs> {
  if (!(Symbol.iterator in given)) return given
  const items = [...given]
  return items.every((item): item is File => item instanceof File)
    ? fileInputs(items)
    : (items as Exclude<(typeof items)[number], File>[])
}
