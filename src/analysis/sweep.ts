import { type Fields, numberField, optional, type RowOf, textField } from '../arrow/fields.ts'
import type { Meta } from '../database/provenance.ts'
import { type Aggregate, aggregateFields, aggregateLayers } from '../measure/aggregate.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import { holm } from './holm.ts'
import { kruskalWallis } from './kruskal-wallis.ts'
import { mannWhitney } from './mann-whitney.ts'
import { isMissing, labelsOf, type MetaColumn, requireColumn, requireNumbers } from './meta-column.ts'
import { groupedNames, type MetricName } from './report-names.ts'
import { spearman, type TriedOrders } from './spearman.ts'
import type { TrajectoryRow } from './trajectory.ts'

/** One training of several: its series of checkpoints, and what its run was given. */
export interface SweepRun {
  readonly run: string
  readonly rows: readonly TrajectoryRow[]
  /** Its parameters, and the numbers beside its last checkpoint. */
  readonly meta: Meta
}

const by = 'the sweep'

const endFields = {
  run: textField('the folder of the run', by),
  checkpoints: numberField('int32', 'checkpoints of the run', by),
  last: textField('its last checkpoint', by),
  position: numberField('float64', 'where that stands: step, epoch, number in the name or time in milliseconds', by),
} as const satisfies Fields

const changeFields = {
  relative_change: optional(numberField('float64', '‖b − a‖ / ‖a‖ of all its layers, from the first checkpoint to the last', by)),
  shift: optional(
    numberField('float64', 'mean over layers, weighted by filters, of the distribution shift D from the first checkpoint', by),
  ),
} as const satisfies Fields

/** The members of a row of a sweep: where a run ended, and how far it went. */
export function sweepFields(): Fields {
  return { ...endFields, ...aggregateFields(), ...changeFields }
}

/** A run as a whole: the metrics of its last checkpoint over all layers, and the change from its first. */
export interface SweepRow extends RowOf<typeof endFields>, RowOf<typeof changeFields>, Aggregate {
  readonly meta: Meta
}

/** What is held against a parameter: a metric of the last checkpoint, or a change from the first. */
export const sweepMeasures = [...groupedNames, 'relative_change', 'shift'] as const
export type SweepMeasure = MetricName | 'relative_change' | 'shift'

/** A measure against a parameter over the runs. */
export interface SweepTest {
  readonly of: SweepMeasure
  /** "all layers", or a layer's name. */
  readonly layer: string
  readonly against: string
  readonly n: number
  readonly test: 'Spearman' | 'Mann-Whitney U' | 'Kruskal-Wallis H' | null
  /** rho of numbers; of groups the rank-biserial correlation of two, epsilon squared of more. */
  readonly effect: number | null
  readonly p: number | null
  /** Corrected by Holm's method over the tests of all layers together, or over those of single layers. */
  readonly p_holm: number | null
  readonly family: number
  readonly because: string | null
}

/** What runs are compared by. */
export interface SweepQuestion {
  /** Parameters whose values make groups. */
  readonly groupBy: readonly string[]
  /** Numeric parameters. */
  readonly correlate: readonly string[]
}

/** The whole of a network, among layers. */
export const wholeNetwork = 'all layers'

/** The run of each of some paths: its first folder below the one that all have in common, or that one itself for a file in it. */
export function runsOf(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.replaceAll('\\', '/').split('/'))
  const shortest = parts.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY)
  let common = 0
  while (common < shortest - 1 && parts.every((own) => own[common] === parts[0]![common])) common++
  return parts.map((own) => own[own.length - 1 > common ? common : common - 1] ?? '.')
}

/** The rows of a run's last checkpoint. */
export function lastRows(rows: readonly TrajectoryRow[]): readonly TrajectoryRow[] {
  const last = rows.reduce((most, { order }) => Math.max(most, order), -1)
  return rows.filter(({ order }) => order === last)
}

/** Every run as a whole, in the order given. */
export function sweepRows(runs: readonly SweepRun[]): SweepRow[] {
  return runs.map(({ run, rows, meta }) => {
    const last = lastRows(rows)
    const { checkpoint, position, order } = last[0]!
    return {
      ...{ run, checkpoints: order + 1, last: checkpoint, position },
      ...aggregateLayers(last),
      ...wholeChange(rows, last),
      meta,
    }
  })
}

function wholeChange(
  rows: readonly TrajectoryRow[],
  last: readonly TrajectoryRow[],
): Pick<SweepRow, 'relative_change' | 'shift'> {
  const norms = new Map(rows.filter(({ order }) => order === 0).map(({ layer, norm_l2 }) => [layer, norm_l2]))
  let [changed, before, shifts, filters] = [0, 0, 0, 0]
  for (const row of last) {
    const norm = norms.get(row.layer)
    if (row.first_relative_change !== null && typeof norm === 'number') {
      const change = row.first_relative_change * norm
      changed += change * change
      before += norm * norm
    }
    if (row.first_shift === null) continue
    shifts += row.filters * row.first_shift
    filters += row.filters
  }
  return {
    relative_change: before > 0 ? Math.sqrt(changed / before) : null,
    shift: filters > 0 ? shifts / filters : null,
  }
}

/**
 * Every measure against every parameter, over all layers together and in each layer that all runs have. Runs that ended in the same
 * file with the same value of the parameter count once.
 * @throws UsageError for a parameter that no run has, and for one that is correlated with and no number
 */
export function sweepTests(runs: readonly SweepRun[], question: SweepQuestion, math: Transcendental): SweepTest[] {
  const wholes = sweepRows(runs)
  const lasts = runs.map(({ rows }) => new Map(lastRows(rows).map((row) => [row.layer, row])))
  const files = lasts.map((layers, k) => [...layers.values()][0]!.sha256 ?? runs[k]!.run)
  const layers = [...lasts[0]!.keys()].filter((layer) => lasts.every((own) => own.has(layer)))
  const families = [[wholeNetwork], layers]
  const tried: TriedOrders = new Map()
  const value = (run: number, layer: string, of: SweepMeasure): number | null => {
    if (layer === wholeNetwork) return wholes[run]![of]
    const row = lasts[run]!.get(layer)!
    if (of === 'relative_change') return row.first_relative_change
    return of === 'shift' ? row.first_shift : row[of]
  }
  return families.flatMap((family) => {
    const tests = family.flatMap((layer) =>
      sweepMeasures.flatMap((of) => [
        ...question.correlate.map((name) =>
          correlated(of, layer, requireNumbers(wholes, 'correlate', name), (k) => value(k, layer, of), wholes, files, tried),
        ),
        ...question.groupBy.map((name) =>
          grouped(of, layer, requireColumn(wholes, 'group-by', name), (k) => value(k, layer, of), wholes, files, math),
        ),
      ]),
    )
    const corrected = holm(tests.map(({ p }) => p))
    const size = tests.filter(({ p }) => p !== null).length
    return tests.map(({ because, ...test }, k) => ({ ...test, p_holm: corrected[k]!, family: size, because }))
  })
}

type RawTest = Omit<SweepTest, 'p_holm' | 'family'>
type ValueOf = (run: number) => number | null

/** The values of runs that differ in their last file or in what is held against it. */
function distinct<Against>(
  rows: readonly SweepRow[],
  files: readonly string[],
  value: ValueOf,
  against: (row: SweepRow) => Against | null,
): [value: number, against: Against][] {
  const seen = new Set<string>()
  return rows.flatMap((row, k): [number, Against][] => {
    const [x, y] = [value(k), against(row)]
    const key = `${files[k]}\n${String(y)}`
    if (x === null || y === null || seen.has(key)) return []
    seen.add(key)
    return [[x, y]]
  })
}

function correlated(
  of: SweepMeasure,
  layer: string,
  column: { readonly name: string; readonly number: (row: Pick<SweepRow, 'meta'>) => number | null },
  value: ValueOf,
  rows: readonly SweepRow[],
  files: readonly string[],
  tried: TriedOrders,
): RawTest {
  const pairs = distinct(rows, files, value, column.number)
  const row = { of, layer, against: column.name, n: pairs.length }
  const found = spearman(
    pairs.map(([x]) => x),
    pairs.map(([, y]) => y),
    tried,
  )
  if ('because' in found) return { ...row, test: null, effect: null, p: null, because: found.because.replaceAll('model', 'run') }
  return { ...row, test: 'Spearman', effect: found.rho, p: found.p_exact ?? found.p, because: null }
}

function grouped(
  of: SweepMeasure,
  layer: string,
  column: MetaColumn,
  value: ValueOf,
  rows: readonly SweepRow[],
  files: readonly string[],
  math: Transcendental,
): RawTest {
  const label = (row: SweepRow): string | null => (isMissing(column.of(row)) ? null : String(column.of(row)))
  const pairs = distinct(rows, files, value, label)
  const groups = labelsOf(rows, column).map((name) => pairs.flatMap(([x, own]) => (own === name ? [x] : [])))
  const row = { of, layer, against: column.name, n: pairs.length }
  const found = groups.length === 2 ? mannWhitney(groups[0]!, groups[1]!, math) : kruskalWallis(groups, math)
  if ('because' in found) return { ...row, test: null, effect: null, p: null, because: found.because }
  return { ...row, test: found.test, effect: found.effect, p: found.p, because: null }
}

/** Runs in the order of a parameter, those without a value last; of equal ones as given. */
export function inOrderOf(runs: readonly SweepRun[], wanted: string): readonly SweepRun[] {
  const column = requireColumn(runs, 'group-by', wanted)
  const places = new Map(labelsOf(runs, column).map((label, k) => [label, k]))
  const place = (run: SweepRun): number => places.get(String(column.of(run))) ?? places.size
  return [...runs].sort((a, b) => place(a) - place(b))
}
