import { readFirstFiltersOf } from '../activation/first-filters.ts'
import { type GroupChoice, metaValue } from '../analysis/members.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { analyzeGroups } from '../analyze-groups.ts'
import { FIRST_FILTERS, firstFiltersBytes } from '../artifact/first-filters-table.ts'
import { writeGroups } from '../artifact/groups.ts'
import { writeFile } from '../io/sink.ts'
import type { Analysis } from '../measure/model-row.ts'
import { buildReport } from '../report/build-report.ts'
import { figureFiles } from '../report/figure-files.ts'
import { pictures } from '../report/pictures.ts'
import type { RunContext } from './measuring.ts'
import { readPairsFile } from './meta-file.ts'

/** What is asked for beyond the tables. */
export interface Extension {
  /** Path of the table of pairs. */
  readonly pairs: string | undefined
  /** Two groups without a table: model names by group name. */
  readonly groups?: GroupChoice
  /** Adds report.html and figures/ to the results. */
  readonly report: boolean
}

/** Group analysis, first filters and report of a run; each is added to the results when there are any. */
export async function extendRun(
  analysis: Analysis,
  { inputs, artifact, signal, progress }: RunContext,
  wanted: Extension,
): Promise<GroupReport | undefined> {
  const pairs =
    wanted.pairs === undefined
      ? undefined
      : await readPairsFile(
          wanted.pairs,
          analysis.models.map(({ model }) => model),
        )
  const groups =
    pairs || wanted.groups || hasTwoGroups(analysis)
      ? await analyzeGroups(inputs, {
          analysis,
          ...(pairs && { pairs }),
          ...(wanted.groups && { groups: wanted.groups }),
          signal,
          onProgress: ({ done, total, model }) => progress.update(done, total, `second pass: ${model}`),
        })
      : undefined
  if (artifact) {
    if (groups) await writeGroups(artifact, groups)
    const first = await readFirstFiltersOf(inputs, analysis, signal)
    await writeFile(artifact, FIRST_FILTERS, firstFiltersBytes(first))
    if (wanted.report) {
      const input = { analysis, groups, ...pictures(analysis, groups, first) }
      await writeFile(artifact, 'report.html', await buildReport(input))
      for (const { name, bytes } of await figureFiles(input, { format: 'svg' }))
        await writeFile(artifact, `figures/${name}`, bytes)
    }
  }
  return groups
}

/** True when the metadata column Robust tells two groups. */
function hasTwoGroups({ models }: Analysis): boolean {
  return new Set(models.map(({ meta }) => metaValue(meta, ['Robust'])).filter((value) => typeof value === 'boolean')).size === 2
}
