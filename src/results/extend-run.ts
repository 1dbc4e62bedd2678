import { type FirstFiltersSource, firstFiltersOf } from '../activation/first-filters.ts'
import { groupsOfRun } from '../analysis/analyze-groups.ts'
import type { GroupQuestion } from '../analysis/group-analysis.ts'
import { type GroupChoice, knownColumns, metaValue, robustOf } from '../analysis/members.ts'
import { isMissing, labelsOf, requireColumn } from '../analysis/meta-column.ts'
import type { Pair } from '../analysis/pairs.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { studiesOfRun } from '../analysis/studies-of-run.ts'
import { isEmptyQuestion, type StudyQuestion } from '../analysis/study.ts'
import type { Studies } from '../analysis/study-types.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import type { CoefficientOptions } from '../measure/coefficients.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import type { AgainOptions, MeasuredRun } from '../measure/layers-again.ts'
import type { Analysis } from '../measure/model-row.ts'
import { FIRST_FILTERS, openFirstFilters, writeFirstFilters } from './first-filters-table.ts'
import { writeGroups } from './groups.ts'
import type { StagedResults } from './staged.ts'
import { writeStudies } from './studies.ts'

/** A measured run: its models, and (asked for only when needed) all of it. */
export interface RunToExtend extends Omit<MeasuredRun, 'layers'> {
  readonly models: Analysis['models']
  whole(): Promise<StreamedRun>
}

/** What is added to a measured run, and who hears of its progress. */
export interface RunExtension extends AgainOptions, Pick<CoefficientOptions, 'read'> {
  /** Pairs of models; with them, or with a metadata column Robust, two groups are compared. */
  readonly pairs?: readonly Pair[] | undefined
  /** Two groups by name, without a table. */
  readonly groups?: GroupChoice | undefined
  /** Columns that models are compared by, or correlated with. A single one with two values makes the two groups. */
  readonly question?: StudyQuestion | undefined
  /** Where the tables go; absent: nowhere. */
  readonly results?: StagedResults | undefined
  /** Adds report.html and figures/ to the results. */
  readonly report?: boolean | undefined
  /** Runs what computes for long without a pause; default: at once. The command line lets signals end it. */
  readonly occupied?: <T>(work: () => T | Promise<T>) => Promise<T>
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly model: string }) => void
}

/** What came of it. */
export interface ExtendedRun {
  readonly groups: GroupReport | undefined
  readonly studies: Studies | undefined
}

/** What a run's results hold beyond the three tables, and who is told when they are there but for the report. */
export interface RunAddition extends RunExtension {
  /** Called with what has been written, before the files get their names; the first filters can be read as long as it works. */
  readonly alsoAdd?: (run: StreamedRun, extended: ExtendedRun, first: FirstFiltersSource) => Promise<void>
}

/**
 * What a run's results hold beyond the three tables, the same from the command line and from the page: the analysis of two
 * groups where there are any, the first filters of each layer, and the report. `inputs` are those of the run, in the same order.
 */
export async function extendRun(
  run: RunToExtend,
  inputs: readonly (Input | LazyInput)[],
  {
    pairs,
    groups: chosenGroups,
    question = {},
    results,
    report,
    onProgress,
    alsoAdd,
    occupied = async (work) => work(),
    ...options
  }: RunAddition,
): Promise<ExtendedRun> {
  const passOptions = { ...options, ...(onProgress && { onProgress }) }
  let groups: GroupReport | undefined
  const asked = groupQuestionOf(run.models, { pairs, groups: chosenGroups, question })
  if (asked) groups = await groupsOfRun(await run.whole(), inputs, { ...asked, ...passOptions, occupied })
  const studies = isEmptyQuestion(question) ? undefined : await studiesOfRun(await run.whole(), inputs, question, passOptions)
  const extended = { groups, studies }
  if (!results) return extended
  if (studies) await occupied(() => writeStudies(results, studies, question))
  const found = groups
  if (found) await occupied(() => writeGroups(results, found, pairs ?? []))
  const whole = await run.whole()
  await writeFirstFilters(await results.create(FIRST_FILTERS), firstFiltersOf(inputs, whole, options))
  if (!report && !alsoAdd) return extended
  const access = await results.readBack(FIRST_FILTERS)
  try {
    const first = await openFirstFilters(access)
    if (report) {
      const { writeReportFiles } = await import('./report-files.ts') // fonts and figures: loaded only when asked for
      await occupied(async () => writeReportFiles(results, { analysis: whole, groups, studies, first }))
    }
    await alsoAdd?.(whole, extended, first)
  } finally {
    await access.close?.()
  }
  return extended
}

/** What the analysis of two groups is told; undefined where there are no two groups. */
export function groupQuestionOf(
  models: Analysis['models'],
  { pairs, groups, question = {} }: Pick<RunExtension, 'pairs' | 'groups' | 'question'>,
): GroupQuestion | undefined {
  const chosen = groups ?? groupsByColumn(models, question)
  return pairs || chosen || hasTwoGroups({ models }) ? { ...(pairs && { pairs }), ...(chosen && { groups: chosen }) } : undefined
}

/** Two groups of the models by a column with two values, where one column is asked for and it has two; the first value is group a. */
function groupsByColumn(models: Analysis['models'], { groupBy = [] }: StudyQuestion): GroupChoice | undefined {
  const [name, ...more] = groupBy
  if (name === undefined || more.length > 0) return undefined
  const column = requireColumn(models, 'group-by', name)
  const [a, b, ...others] = labelsOf(models, column)
  if (a === undefined || b === undefined || others.length > 0) return undefined
  const of = (label: string) => {
    const own = models.filter((row) => !isMissing(column.of(row)) && String(column.of(row)) === label)
    return {
      name: /^(true|false|[\d.]+)$/i.test(label) ? `${column.name} ${label}` : label,
      models: own.map(({ model }) => model),
    }
  }
  return { a: of(a), b: of(b) }
}

/** True when the metadata column Robust splits the models into two groups. */
function hasTwoGroups({ models }: Pick<Analysis, 'models'>): boolean {
  return (
    new Set(models.map(({ meta }) => robustOf(metaValue(meta, knownColumns.robust))).filter((side) => side !== null)).size === 2
  )
}
