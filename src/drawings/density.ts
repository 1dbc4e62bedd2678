import { UsageError } from '../errors.ts'
import { coefficientDensity, type DensityRow } from '../figures/coefficient-density.ts'
import type { Figure } from '../figures/figure.ts'
import { layerPieces } from '../measure/coefficients.ts'
import { countedLimit } from '../measure/layer-pass.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersAgain, wantedOf } from '../measure/layers-again.ts'
import { openInstance } from '../wasm/module.ts'
import { isSparseFilter, largestWeight } from '../weights/sparse-filter.ts'
import { measureTask, sharedKernel } from './measured.ts'
import { basisWords, byDepth, commonBasis, setsOf } from './statistics.ts'
import type { DrawingTask } from './task.ts'

const BINS = 70

/** How the filters spread over two components together: a square for each model, of a single one for each part of its depth. @throws InputError, UsageError */
export async function drawDensity(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask(task)
  const [height, width] = sharedKernel(measured)
  const taps = height * width
  const components = task.components ?? [1, 2]
  if (components.some((c) => c > taps) || components[0] === components[1])
    throw new UsageError(`--components ${components.join(',')}: give two different ones from 1 to ${taps}`)
  const basis = commonBasis(measured, taps)
  const axes = components.map((c) => basis.components.subarray((c - 1) * taps, c * taps)) as [Float64Array, Float64Array]
  const wanted = measured.models.flatMap(({ layers }) => layers)

  /** Calls back with both coefficients of every filter that is counted, each divided by its largest magnitude; one of zeros stays. */
  const eachFilter = async (take: (row: LayerRow, across: number, up: number) => void): Promise<void> => {
    const wasm = await openInstance()
    const { threshold, profile } = measured.analysis.parameters
    for await (const { row, layer } of layersAgain({
      inputs: task.inputs,
      analysis: measured.analysis,
      wanted: wantedOf(wanted),
      options: task,
    })) {
      const limit = countedLimit(row.peak, threshold, profile)
      for await (const [address, count] of layerPieces(wasm, layer)) {
        const values = wasm.f32(address, count * taps)
        for (let at = 0; at < values.length; at += taps) {
          const most = largestWeight(values, at, taps)
          if (isSparseFilter(most, limit)) continue
          let across = 0
          let up = 0
          for (let t = 0; t < taps; t++) {
            const centred = (most > 0 ? values[at + t]! / most : 0) - basis.mean[t]!
            across += centred * axes[0][t]!
            up += centred * axes[1][t]!
          }
          take(row, across, up)
        }
      }
    }
  }

  const low = [Infinity, Infinity]
  const high = [-Infinity, -Infinity]
  await eachFilter((_, ...pair) => {
    for (const [k, value] of pair.entries()) {
      low[k] = Math.min(low[k]!, value)
      high[k] = Math.max(high[k]!, value)
    }
  })
  const binOf = (value: number, k: number): number =>
    Math.min(BINS - 1, Math.floor(((value - low[k]!) / (high[k]! - low[k]! || 1)) * BINS))
  const rows = setsOf(measured, task, byDepth).map(({ name, layers }) => ({
    name,
    layers: new Set(layers),
    filters: 0,
    counts: new Float64Array(BINS * BINS),
  }))
  await eachFilter((row, across, up) => {
    const at = binOf(up, 1) * BINS + binOf(across, 0)
    for (const set of rows)
      if (set.layers.has(row)) {
        set.counts[at]!++
        set.filters++
      }
  })
  return coefficientDensity({
    rows: rows.map(({ name, filters, counts }): DensityRow => ({ name, filters, counts })),
    components,
    bins: BINS,
    across: [low[0]!, high[0]!],
    up: [low[1]!, high[1]!],
    basis: basisWords(measured, task),
    kernel: `${height}×${width}`,
    parameters: measured.analysis.parameters,
  })
}
