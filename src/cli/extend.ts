import type { GroupChoice } from '../analysis/members.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { extendRun as extend } from '../extend-run.ts'
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
  const names = analysis.models.map(({ model }) => model)
  const pairs = wanted.pairs === undefined ? undefined : await readPairsFile(wanted.pairs, names)
  const { groups, first } = await extend(analysis, inputs, {
    pairs,
    groups: wanted.groups,
    artifact,
    signal,
    onProgress: ({ done, total, model }) => progress.update(done, total, `second pass: ${model}`),
  })
  if (artifact && wanted.report) {
    const input = { analysis, groups, ...pictures(analysis, groups, first) }
    await writeFile(artifact, 'report.html', await buildReport(input))
    for (const { name, bytes } of await figureFiles(input, { format: 'svg' })) await writeFile(artifact, `figures/${name}`, bytes)
  }
  return groups
}
