import { analyze } from '../analyze.ts'
import { isCalled, spokenName } from '../database/spoken-name.ts'
import { InputError, UsageError } from '../errors.ts'
import { sidesOf } from '../measure/kernel-size.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis } from '../measure/model-row.ts'
import { firstFew } from '../words.ts'
import type { DrawingTask } from './task.ts'

/** The models and layers that a figure is about, measured. */
export interface MeasuredTask {
  /** All of the inputs: what finds the layers again. */
  readonly analysis: Analysis
  /** Models in input order, each with the layers that are drawn, by depth. */
  readonly models: readonly { readonly model: string; readonly layers: readonly LayerRow[] }[]
}

/**
 * Measures the inputs, and picks the models and layers that were asked for.
 * @throws InputError as `analyze`; UsageError when no model or layer, or more than one, fits what was asked for
 */
export async function measureTask(task: DrawingTask): Promise<MeasuredTask> {
  const { inputs, layer, kernel = layer === undefined ? '3x3' : 'all', profile, threshold, workers, signal } = task
  const analysis = await analyze(inputs, {
    kernel,
    profile,
    threshold,
    metrics: ['sparsity', 'variance_entropy'], // what figures need; the Gram matrix of a large layer takes long
    hash: false,
    ...(workers !== undefined && { workers }),
    ...(signal && { signal }),
  })
  const names = analysis.models.map(({ model }) => model)
  const wanted = names.includes(task.model ?? '') ? [task.model!] : names.filter((name) => name.includes(task.model ?? ''))
  if (wanted.length === 0)
    throw new UsageError(`--model ${task.model}: no model of the inputs has that in its name; there are ${firstFew(names)}`)
  const models = wanted.map((model) => {
    const layers = analysis.layers.filter((row) => row.model === model)
    return { model, layers: layer === undefined ? layers : [findLayer(model, layers, layer)] }
  })
  return { analysis, models }
}

/**
 * The layer of that name, of that number (from 0; from the end: -1), or whose name alone holds the text.
 * @throws UsageError when none or several fit
 */
function findLayer(model: string, layers: readonly LayerRow[], wanted: string): LayerRow {
  const exact = layers.find((row) => isCalled(row, wanted))
  if (exact) return exact
  if (/^-?\d+$/.test(wanted)) {
    const found = layers.at(Number(wanted))
    if (found) return found
    throw new UsageError(`--layer ${wanted}: ${model} has ${layers.length} layers, 0 to ${layers.length - 1}`)
  }
  const holding = layers.filter((row) => row.layer.includes(wanted) || spokenName(row).includes(wanted))
  const [only, ...more] = holding
  if (!only)
    throw new UsageError(
      `--layer ${wanted}: no layer of ${model} has that in its name; there are ${firstFew(layers.map(spokenName))}`,
    )
  if (more.length > 0)
    throw new UsageError(`--layer ${wanted}: fits ${firstFew(holding.map(spokenName))} of ${model}; give the whole name`)
  return only
}

/** The one model that is drawn. @throws UsageError when there are several */
export function oneModel({ models }: MeasuredTask, kind: string): MeasuredTask['models'][number] {
  const [one, ...more] = models
  if (one && more.length === 0) return one
  throw new UsageError(
    `figure ${kind} is about one model, and the inputs hold ${models.length}: ${firstFew(models.map(({ model }) => model))}; choose one with --model`,
  )
}

/** The kernel size that all these layers share. @throws InputError when there is no layer, UsageError when they differ */
export function sharedKernel({ models }: MeasuredTask): readonly [height: number, width: number] {
  const kernels = [...new Set(models.flatMap(({ layers }) => layers.map(({ kernel }) => kernel)))]
  const [kernel, ...others] = kernels
  if (kernel === undefined) throw new InputError(models[0]!.model, 'has no layer to draw')
  if (others.length === 0) return sidesOf(kernel)
  throw new UsageError(
    `layers of ${kernels.join(', ')} have no common basis; choose one size with --kernel, or a layer with --layer`,
  )
}
