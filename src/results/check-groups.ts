import { groupsOfRun } from '../analysis/analyze-groups.ts'
import { coefficientBins, type Histograms } from '../analysis/coefficients.ts'
import { GroupStatistics } from '../analysis/group-analysis.ts'
import type { GroupChoice } from '../analysis/members.ts'
import type { Pair } from '../analysis/pairs.ts'
import type { CoefficientRow, GroupReport, ShiftRow } from '../analysis/report-types.ts'
import { manyRows } from '../analysis/rows-on-demand.ts'
import { isPlainError } from '../errors.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import { sharedInstance } from '../wasm/module.ts'
import type { Difference } from './compare-rows.ts'

/** A group analysis made again from the layer table, with the shifts and histograms of the one that is checked. */
export interface GroupsAgain {
  readonly report: GroupReport
  /** Of what is checked beside the report: shifts against the histograms that they are made of. */
  readonly differences: readonly Difference[]
  /** What was taken as it is. */
  readonly notes: readonly string[]
}

/**
 * Makes the analysis of two groups again, as far as the layer table goes: all but what the second pass over the filters gives.
 * A shift of groups that count each model once is made again from the histograms that lie beside it.
 */
export async function groupsAgain(stored: StreamedRun, pairs: readonly Pair[], report: GroupReport): Promise<GroupsAgain> {
  const notes: string[] = []
  const isSame = areGroups(stored, pairs, report)
  if (!isSame)
    notes.push(`which models are in which group: they were chosen by name (${report.groups.a.name}, ${report.groups.b.name})`)
  const question = isSame ? { pairs } : { pairs, groups: choiceOf(report) }
  const made = await groupsOfRun(stored, null, question)
  if (report.coefficients !== null)
    notes.push(
      'histograms of coefficients, shifts counted by pairs, shift matrices and chance levels: the filters are in the models',
    )
  return {
    report: {
      ...made,
      pairs: manyRows(made.pairs.length, (k) => {
        const { shift = null, chance = null } = report.pairs[k] ?? {}
        return { ...made.pairs[k]!, shift, chance }
      }),
      coefficients: report.coefficients,
      shift: report.shift,
      matrices: report.matrices,
    },
    differences: shiftDifferences(made, report),
    notes,
  }
}

/** True when metadata and pairs tell the groups that the report has. */
function areGroups(run: StreamedRun, pairs: readonly Pair[], report: GroupReport): boolean {
  try {
    const { members } = new GroupStatistics(run, { pairs })
    return members.length === report.models.length && members.every(({ group }, k) => group === report.models[k]!.group)
  } catch (error) {
    if (isPlainError(error)) return false
    throw error
  }
}

function choiceOf({ groups: { a, b }, models }: GroupReport): GroupChoice {
  const of = (group: 'a' | 'b'): string[] => models.filter((row) => row.group === group).map(({ model }) => model)
  return { a: { name: a.name, models: of('a') }, b: { name: b.name, models: of('b') } }
}

/** The shifts that do not follow from the histograms, and histograms of other filters than the layers have. */
function shiftDifferences(made: GroupReport, report: GroupReport): Difference[] {
  const differences: Difference[] = []
  const { coefficients } = report
  if (!coefficients) return differences
  const basis = made.bases.find(({ group, dataset }) => group === 'all' && dataset === null)
  const note = (row: string, column: string, a: unknown, b: unknown): void => {
    if (!Object.is(a, b)) differences.push({ table: 'groups.json', row, column, stored: String(a), recomputed: String(b) })
  }
  for (const row of coefficients.groups) {
    const name = `coefficients of ${row.group}, ${row.dataset ?? 'all'}, ${row.bucket}`
    for (const [c, counts] of row.counts.entries())
      note(
        name,
        `counts[${c}] (sum)`,
        counts.reduce((n, count) => n + count, 0),
        row.filters,
      )
    const own = made.bases.find(({ group, dataset }) => group === row.group && dataset === row.dataset)
    if (own && row.bucket === 'all') note(name, 'filters', row.filters, own.filters)
  }
  if (!basis?.explained_variance_ratio) return differences
  const ratio = basis.explained_variance_ratio
  for (const row of report.shift) {
    if (row.counting !== 'models') continue
    const [a, b] = (['a', 'b'] as const).map((group) =>
      coefficients.groups.find((one) => one.group === group && one.dataset === row.dataset && one.bucket === row.bucket),
    )
    const name = `shift of ${row.dataset ?? 'all'}, ${row.bucket}`
    note(name, 'filters_a', row.filters_a, a?.filters)
    note(name, 'filters_b', row.filters_b, b?.filters)
    const again = a && b ? shiftOf(a, b, coefficients.range, ratio) : null
    note(name, 'shift', row.shift, again?.shift ?? null)
    noteComponents(row, again?.components, (c, x, y) => note(name, `components[${c}]`, x, y))
  }
  return differences
}

function noteComponents(
  { components }: ShiftRow,
  again: Float64Array | undefined,
  note: (c: number, a: unknown, b: unknown) => void,
): void {
  for (let c = 0; c < Math.max(components?.length ?? 0, again?.length ?? 0); c++) note(c, components?.[c], again?.[c])
}

function shiftOf(
  a: CoefficientRow,
  b: CoefficientRow,
  range: readonly [number, number],
  ratio: readonly number[],
): ReturnType<typeof distributionShift> | null {
  const { math } = sharedInstance()
  const [p, q] = [densities(histogramsOf(a), range, math), densities(histogramsOf(b), range, math)]
  return p && q ? distributionShift(p, q, ratio) : null
}

function histogramsOf({ filters, counts, min, max }: CoefficientRow): Histograms {
  const flat = new Float64Array(counts.length * coefficientBins)
  for (const [c, row] of counts.entries()) flat.set(row.slice(0, coefficientBins), c * coefficientBins)
  return { filters, counts: flat, min: Float64Array.from(min ?? []), max: Float64Array.from(max ?? []) }
}
