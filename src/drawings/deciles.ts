import { bootstrapDefaults } from '../analysis/bootstrap.ts'
import { withHolm } from '../analysis/chance.ts'
import { chanceDraws } from '../analysis/exchange.ts'
import type { Figure } from '../figures/figure.ts'
import { shiftMatrixFigure } from '../figures/shift-matrix.ts'
import { scaleOf } from '../shift/level.ts'
import { halvesChance } from '../shift/random-halves.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import { sharedInstance } from '../wasm/module.ts'
import { measureTask } from './measured.ts'
import { byDepth, measureHistograms } from './statistics.ts'
import type { DrawingTask } from './task.ts'

/** Draws for each of so many shifts that are corrected together: enough that the correction leaves p below 0.05 possible. */
const DRAWS_A_SHIFT = 40

/**
 * Distribution shift between the parts of the depth, all models together; beside each what chance gives for the filters of both, dealt
 * out anew. @throws InputError, UsageError */
export async function drawDeciles(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask({ ...task, layer: undefined })
  const { basis, range, sumOf } = await measureHistograms(task, measured)
  const instance = sharedInstance()
  const [, ...parts] = byDepth(measured.models.flatMap(({ layers }) => layers))
  const merged = parts.map(({ layers }) => sumOf(layers))
  const made = merged.map((histograms) => densities(histograms, range, instance.math))
  const shift = made.map((a) => made.map((b) => (a && b ? distributionShift(a, b, basis.explainedVarianceRatio).shift : null)))
  const cells = merged.flatMap((_, i) => merged.slice(0, i).map((__, j) => [i, j] as const))
  const draws = Math.max(chanceDraws, DRAWS_A_SHIFT * cells.length)
  const scale = scaleOf(basis.explainedVarianceRatio, range)
  const raw = cells.map(([i, j]) => {
    const own = shift[i]![j] ?? null
    const given = { seed: bootstrapDefaults.seed, draws }
    return own === null ? null : halvesChance(own, merged[i]!.counts, merged[j]!.counts, scale, instance, given)
  })
  const found = withHolm(
    raw,
    cells.map(() => ''),
  )
  const chance = merged.map(() => merged.map((): (typeof found)[number] => null))
  for (const [k, [i, j]] of cells.entries()) chance[i]![j] = chance[j]![i] = found[k]!
  const matrix = {
    column: 'depth',
    values: parts.map(({ name }) => name.replace('relative depth ', '')),
    models: parts.map(({ layers }) => new Set(layers.map(({ model }) => model)).size),
    filters: merged.map(({ filters }) => filters),
    shift,
    chance,
    draws,
  }
  return shiftMatrixFigure(matrix, measured.analysis)
}
