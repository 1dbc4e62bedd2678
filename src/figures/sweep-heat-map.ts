import { lastRows, type SweepRun, type SweepTest, wholeNetwork } from '../analysis/sweep.ts'
import { spokenName } from '../database/spoken-name.ts'
import { fixed, list, plural, pNumber } from '../words.ts'
import type { Figure } from './figure.ts'
import { changePanels, layerHeatMap, layersByDepth } from './layer-heat-map.ts'

/** Several trainings, each where it ended. */
export interface SweepData {
  /** In the order of the columns. */
  readonly runs: readonly SweepRun[]
  readonly tests: readonly SweepTest[]
  /** Parameters that stand below the columns. */
  readonly shown: readonly string[]
}

/** How far the layers of each run went from its first checkpoint: layers by depth (rows) × runs (columns), with their parameters below. */
export function sweepHeatMap({ runs, tests, shown }: SweepData): Figure {
  const lasts = runs.map(({ rows }) => lastRows(rows))
  const at = lasts.map((rows) => new Map(rows.map((row) => [spokenName(row), row])))
  const layers = layersByDepth(lasts.flat())
  return layerHeatMap({
    id: 'sweep-heat-map',
    title: 'Layers of the runs',
    caption: captionOf(runs, layers, tests),
    note: 'Layers by depth; a column is the last checkpoint of a run. Change: length of the difference from the first checkpoint of the same run over its length. D: in the basis of the filters of both; chance: the same filters dealt out at random.',
    layers,
    columns: runs.length,
    panels: changePanels((layer, column) => at[column]!.get(layer)),
    captions: [
      { name: 'run', of: (column) => runs[column]!.run },
      ...shown.map((name) => ({ name, of: (column: number) => cellText(runs[column]!.meta[name] ?? null) })),
    ],
  })
}

function cellText(value: string | number | boolean | null): string {
  return value === null ? '–' : String(value)
}

function captionOf(runs: readonly SweepRun[], layers: readonly string[], tests: readonly SweepTest[]): string {
  const size = `${plural(layers.length, 'layer')} of ${plural(runs.length, 'run')} at their last checkpoints`
  const whole = tests.filter(({ layer, of }) => layer === wholeNetwork && (of === 'relative_change' || of === 'shift'))
  const words = whole.flatMap(({ of, against, effect, p_holm, test }) =>
    test === null
      ? []
      : [
          `${of === 'shift' ? 'D' : 'the change of the weights'} against ${against} over all layers: ${test === 'Spearman' ? 'rho' : 'effect'} ${fixed(effect, 2)}, p (Holm) ${pNumber(p_holm)}`,
        ],
  )
  return words.length === 0 ? `${size}.` : `${size}. ${list(words)}.`
}
