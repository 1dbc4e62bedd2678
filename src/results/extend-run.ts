import { type FirstFilters, readFirstFiltersOf } from '../activation/first-filters.ts'
import { groupsOfRun } from '../analysis/analyze-groups.ts'
import { type GroupChoice, metaValue } from '../analysis/members.ts'
import type { Pair } from '../analysis/pairs.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { writeFile } from '../io/sink.ts'
import { inMemory, type StreamedRun } from '../measure/layer-source.ts'
import type { MeasuredRun } from '../measure/layers-again.ts'
import type { Analysis } from '../measure/model-row.ts'
import { FIRST_FILTERS, firstFiltersBytes } from './first-filters-table.ts'
import { writeGroups } from './groups.ts'
import type { StagedResults } from './staged.ts'

/** A measured run: its models, the layers of at least the first 64 that have any, and (asked for only when needed) all of it. */
export interface RunToExtend extends MeasuredRun {
  readonly models: Analysis['models']
  whole(): Promise<StreamedRun>
}

/** What is added to a measured run, and who hears of its progress. */
export interface RunExtension {
  /** Pairs of models; with them, or with a metadata column Robust, two groups are compared. */
  readonly pairs?: readonly Pair[] | undefined
  /** Two groups by name, without a table. */
  readonly groups?: GroupChoice | undefined
  /** Where the tables go; absent: nowhere. */
  readonly results?: StagedResults | undefined
  /** Adds report.html and figures/ to the results. */
  readonly report?: boolean | undefined
  /** Model names by input path, where the run was given any. */
  readonly names?: ReadonlyMap<string, string>
  readonly signal?: AbortSignal
  /** Runs what computes for long without a pause; default: at once. The command line lets signals end it. */
  readonly occupied?: <T>(work: () => T | Promise<T>) => Promise<T>
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly model: string }) => void
}

/** What came of it. */
export interface ExtendedRun {
  readonly groups: GroupReport | undefined
  /** First filters of the layers, read only where results are written. */
  readonly first: readonly FirstFilters[]
}

/**
 * What a run's results hold beyond the three tables, the same from the command line and from the page: the analysis of two
 * groups where there are any, the first filters of each layer, and the report. `inputs` are those of the run, in the same order.
 */
export async function extendRun(
  run: RunToExtend,
  inputs: readonly (Input | LazyInput)[],
  { pairs, groups: chosen, results, report, onProgress, occupied = async (work) => work(), ...options }: RunExtension,
): Promise<ExtendedRun> {
  const passOptions = { ...options, ...(onProgress && { onProgress }) }
  let groups: GroupReport | undefined
  if (pairs || chosen || hasTwoGroups(run)) {
    const question = { ...(pairs && { pairs }), ...(chosen && { groups: chosen }) }
    groups = await groupsOfRun(await run.whole(), inputs, { ...question, ...passOptions, occupied })
  }
  if (!results) return { groups, first: [] }
  const found = groups
  if (found) await occupied(() => writeGroups(results, found, pairs ?? []))
  const first = await readFirstFiltersOf(inputs, run, options)
  await writeFile(results, FIRST_FILTERS, firstFiltersBytes(first))
  if (report) {
    const { writeReportFiles } = await import('./report-files.ts') // fonts and figures: loaded only when asked for
    await occupied(async () => writeReportFiles(results, { analysis: await inMemory(await run.whole()), groups, first }))
  }
  return { groups, first }
}

/** True when the metadata column Robust splits the models into two groups. */
function hasTwoGroups({ models }: Pick<Analysis, 'models'>): boolean {
  return new Set(models.map(({ meta }) => metaValue(meta, ['Robust'])).filter((value) => typeof value === 'boolean')).size === 2
}
