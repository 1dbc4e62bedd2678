import { readFirstFiltersOf } from './activation/first-filters.ts'
import { type GroupChoice, metaValue } from './analysis/members.ts'
import type { Pair } from './analysis/pairs.ts'
import type { GroupReport } from './analysis/report-types.ts'
import { analyzeGroups } from './analyze-groups.ts'
import { FIRST_FILTERS, firstFiltersBytes } from './artifact/first-filters-table.ts'
import { writeGroups } from './artifact/groups.ts'
import type { StagedArtifact } from './artifact/staged.ts'
import type { Input, LazyInput } from './io/random-access.ts'
import { writeFile } from './io/sink.ts'
import type { Analysis } from './measure/model-row.ts'

/** What is added to a measured run, and how it is told. */
export interface RunExtension {
  /** Pairs of models; with them, or with a metadata column Robust, two groups are compared. */
  readonly pairs?: readonly Pair[] | undefined
  /** Two groups by name, without a table. */
  readonly groups?: GroupChoice | undefined
  /** Where the tables go; absent: nowhere. */
  readonly artifact?: StagedArtifact | undefined
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly model: string }) => void
}

/** What came of it. */
export interface ExtendedRun {
  readonly groups: GroupReport | undefined
  /** First filters of the layers, read only for an artifact. */
  readonly first: Awaited<ReturnType<typeof readFirstFiltersOf>>
}

/**
 * What a run's results hold beyond the three tables, the same from the command line and from the page: the analysis of two
 * groups where there are any, and the first filters of each layer. `inputs` are those of the run, in the same order.
 */
export async function extendRun(
  analysis: Analysis,
  inputs: readonly (Input | LazyInput)[],
  { pairs, groups: chosen, artifact, signal, onProgress }: RunExtension,
): Promise<ExtendedRun> {
  const told = { ...(signal && { signal }), ...(onProgress && { onProgress }) }
  const groups =
    pairs || chosen || hasTwoGroups(analysis)
      ? await analyzeGroups(inputs, { analysis, ...(pairs && { pairs }), ...(chosen && { groups: chosen }), ...told })
      : undefined
  if (!artifact) return { groups, first: [] }
  if (groups) await writeGroups(artifact, groups)
  const first = await readFirstFiltersOf(inputs, analysis, signal)
  await writeFile(artifact, FIRST_FILTERS, firstFiltersBytes(first))
  return { groups, first }
}

/** True when the metadata column Robust tells two groups. */
function hasTwoGroups({ models }: Analysis): boolean {
  return new Set(models.map(({ meta }) => metaValue(meta, ['Robust'])).filter((value) => typeof value === 'boolean')).size === 2
}
