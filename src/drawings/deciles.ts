import { HistogramSum } from '../analysis/histogram-sum.ts'
import { densities, distributionShift } from '../analysis/shift.ts'
import type { Figure } from '../figures/figure.ts'
import { shiftMatrixFigure } from '../figures/shift-matrix.ts'
import { sharedInstance } from '../wasm/module.ts'
import { measureTask } from './measured.ts'
import { byDepth, measureHistograms } from './statistics.ts'
import type { DrawingTask } from './task.ts'

/** Distribution shift between the parts of the depth, all models together. @throws InputError, UsageError */
export async function drawDeciles(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask({ ...task, layer: undefined })
  const { basis, range, ofLayer } = await measureHistograms(task, measured)
  const { math } = sharedInstance()
  const [, ...parts] = byDepth(measured.models.flatMap(({ layers }) => layers))
  const merged = parts.map(({ layers }) => {
    const sum = new HistogramSum(basis.mean.length)
    for (const row of layers) sum.add(ofLayer(row))
    return sum
  })
  const made = merged.map((histograms) => densities(histograms, range, math))
  return shiftMatrixFigure({
    column: 'depth',
    values: parts.map(({ name }) => name.replace('relative depth ', '')),
    models: parts.map(({ layers }) => new Set(layers.map(({ model }) => model)).size),
    filters: merged.map(({ filters }) => filters),
    shift: made.map((a) => made.map((b) => (a && b ? distributionShift(a, b, basis.explainedVarianceRatio).shift : null))),
  })
}
