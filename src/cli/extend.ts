import type { GroupChoice } from '../analysis/members.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { UsageError } from '../errors.ts'
import { extendRun as extend } from '../extend-run.ts'
import type { LazyInput } from '../io/random-access.ts'
import { writeFile } from '../io/sink.ts'
import type { Analysis } from '../measure/model-row.ts'
import { buildReport } from '../report/build-report.ts'
import { figureFiles } from '../report/figure-files.ts'
import { pictures } from '../report/pictures.ts'
import { type ActivationChoice, activationOf } from './activation.ts'
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
  /** Shown in the report for the first model of three input channels. */
  readonly activation?: ActivationChoice | undefined
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
    const drawn = pictures(analysis, groups, first)
    const activation = wanted.activation && (await activationOf(shownInput(analysis, inputs, drawn), wanted.activation))
    const input = { analysis, groups, ...drawn, activation }
    await writeFile(artifact, 'report.html', await buildReport(input))
    for (const { name, bytes } of await figureFiles(input, { format: 'svg' })) await writeFile(artifact, `figures/${name}`, bytes)
  }
  return groups
}

/** The input of the first model that the report draws a coloured first layer of. @throws UsageError when there is none */
function shownInput(analysis: Analysis, inputs: RunContext['inputs'], drawn: ReturnType<typeof pictures>): LazyInput {
  const name = drawn.firstLayers?.[0]?.model
  const file = analysis.models.find(({ model }) => model === name)?.file
  const input = inputs.find(({ path }) => path === file)
  if (!input)
    throw new UsageError('--image: no model that the report shows has a 3×3 first layer of three channels in a file of its own')
  return input
}
