import { readFirstFilters, readValues } from '../activation/read-values.ts'
import { spokenName } from '../database/spoken-name.ts'
import { InputError, UsageError } from '../errors.ts'
import type { Figure } from '../figures/figure.ts'
import { filterGrid, type LayerFilters } from '../figures/filter-grid.ts'
import { type FirstLayer, firstLayerRgb } from '../figures/first-layer-rgb.ts'
import { layerGrid } from '../figures/layer-grid.ts'
import { sidesOf } from '../measure/kernel-size.ts'
import { sparseLimit } from '../measure/layer-pass.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersAgain, wantedOf } from '../measure/layers-again.ts'
import { openInstance } from '../wasm/module.ts'
import { isSparseFilter, largestWeight } from '../weights/sparse-filter.ts'
import { type MeasuredTask, measureTask, oneModel } from './measured.ts'
import type { DrawingTask } from './task.ts'

/** Filters drawn of a layer, where no number is given. */
const OF_A_LAYER = 256
/** Of each layer of a model. */
const OF_EACH_LAYER = 32

/** Filters of one layer (with `layer`), else the first ones of each layer of a model. @throws InputError, UsageError */
export async function drawFilterGrid(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask(task)
  const { model, layers } = oneModel(measured, 'grid')
  if (task.layer === undefined) return drawAllLayers(task, measured, model, layers)
  const [row] = layers as [LayerRow]
  const numbers = chosenFilters(task, row)
  const [height, width] = sidesOf(row.kernel)
  const taps = height * width
  const { threshold, profile } = measured.analysis.parameters
  const limit = sparseLimit(row.peak, threshold, profile)
  const wasm = await openInstance()
  for await (const { layer } of layersAgain({
    inputs: task.inputs,
    analysis: measured.analysis,
    wanted: wantedOf([row]),
    options: task,
  })) {
    const last = numbers.reduce((most, n) => Math.max(most, n), 0)
    const read = await readFirstFilters(wasm, layer.convolution, last + 1)
    const filters = Float32Array.from(numbers.flatMap((number) => [...read.subarray(number * taps, (number + 1) * taps)]))
    return layerGrid({
      ...row,
      layer: spokenName(row),
      kernel: [height, width],
      filters,
      numbers,
      sparse: numbers.map((_, index) => isSparseFilter(largestWeight(filters, index * taps, taps), limit)),
      inChannels: row.filters / row.out_channels,
      count: row.filters,
      threshold: task.threshold,
      ...(task.channels && { perRow: Math.min(task.first ?? OF_EACH_LAYER, row.filters / row.out_channels) }),
    })
  }
  throw new RangeError(`${spokenName(row)} was not found again`)
}

/** The numbers of the filters that are drawn: the first ones, or the first of each output channel that was chosen. */
function chosenFilters({ channels, first }: DrawingTask, row: LayerRow): number[] {
  if (!channels) return Array.from({ length: Math.min(row.filters, first ?? OF_A_LAYER) }, (_, i) => i)
  requireChannels(channels, row.out_channels, spokenName(row))
  const inputs = row.filters / row.out_channels
  return channels.flatMap((channel) =>
    Array.from({ length: Math.min(inputs, first ?? OF_EACH_LAYER) }, (_, i) => channel * inputs + i),
  )
}

/** @throws UsageError for an output channel that the layer does not have */
export function requireChannels(channels: readonly number[], out: number, layer: string): void {
  const wrong = channels.find((channel) => channel >= out)
  if (wrong !== undefined) throw new UsageError(`--channel ${wrong}: ${layer} has ${out} output channels, 0 to ${out - 1}`)
}

async function drawAllLayers(
  task: DrawingTask,
  { analysis }: MeasuredTask,
  model: string,
  layers: readonly LayerRow[],
): Promise<Figure> {
  const wanted = layers.filter(({ kernel }) => kernel === '3x3')
  if (wanted.length === 0) throw new InputError(model, 'has no 3×3 layer; name a layer with --layer to draw one of another size')
  const wasm = await openInstance()
  const drawn: LayerFilters[] = []
  for await (const { row, layer } of layersAgain({ inputs: task.inputs, analysis, wanted: wantedOf(wanted), options: task }))
    drawn.push({
      ...row,
      layer: spokenName(row),
      filters: await readFirstFilters(wasm, layer.convolution, Math.min(row.filters, task.first ?? OF_EACH_LAYER)),
      count: row.filters,
    })
  return filterGrid({ model, threshold: task.threshold, layers: drawn, columns: task.first ?? OF_EACH_LAYER })
}

/** The first layer of each model, or the one that is named, in colour; of any kernel size. @throws InputError, UsageError */
export async function drawRgb(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask({ ...task, layer: task.layer ?? '0', kernel: task.kernel ?? 'all' })
  const layers = measured.models.flatMap(({ layers: own }) => own)
  const coloured = layers.filter((row) => row.filters === 3 * row.out_channels && row.groups === 1)
  if (coloured.length === 0) {
    const [row] = layers as [LayerRow]
    throw new InputError(row.model, `layer ${spokenName(row)} has ${row.in_channels} input channels; colours need three`)
  }
  const wasm = await openInstance()
  const drawn: FirstLayer[] = []
  const options = { inputs: task.inputs, analysis: measured.analysis, wanted: wantedOf(coloured), options: task }
  for await (const { row, layer } of layersAgain(options)) {
    const channels = task.channels ?? Array.from({ length: Math.min(row.out_channels, task.first ?? 64) }, (_, i) => i)
    requireChannels(channels, row.out_channels, spokenName(row))
    drawn.push({
      model: row.model,
      layer: spokenName(row),
      outChannels: row.out_channels,
      weights: await readValues(wasm, layer.convolution.weights, layer.convolution.shape),
      kernel: sidesOf(row.kernel),
      ...((task.channels || task.first !== undefined) && { channels }),
    })
  }
  return firstLayerRgb(drawn)
}
