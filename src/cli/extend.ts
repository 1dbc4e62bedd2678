import { basename } from 'node:path'
import { columnsUsed, robustNotUnderstood } from '../analysis/columns-used.ts'
import type { GroupChoice } from '../analysis/members.ts'
import { pairsBy } from '../analysis/pair-by.ts'
import type { StudyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import type { LazyInput } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import { pictures } from '../report/pictures.ts'
import { type ExtendedRun, extendRun as extend, type RunExtension } from '../results/extend-run.ts'
import { type ShownImage, writeShownImages } from '../results/images.ts'
import { writeReportFiles } from '../results/report-files.ts'
import { type ActivationChoice, activationOf } from './activation.ts'
import type { MeasuredInputs } from './measuring.ts'
import { readPairsFile, type TableFile } from './meta-file.ts'
import { occupied } from './run-control.ts'
import { say } from './talk.ts'

/** What is asked for beyond the tables. */
export interface Extension {
  /** The table of pairs. */
  readonly pairs: TableFile | undefined
  /** Columns by which pairs are made, where there is no table of them. */
  readonly pairBy?: readonly string[] | undefined
  /** Two groups without a table: model names by group name. */
  readonly groups?: GroupChoice
  /** Columns that models are compared by, or correlated with. */
  readonly question?: StudyQuestion | undefined
  /** Adds report.html and figures/ to the results. */
  readonly report: boolean
  /** How the inputs are read again, where it is not as they were measured. */
  readonly again?: Pick<RunExtension, 'open' | 'read'>
  /** Shown in the report for the first model of three input channels. */
  readonly activation?: ActivationChoice | undefined
}

/** Group analysis, first filters and report of a run; each is added to the results when there are any. */
export async function extendByOptions(measured: MeasuredInputs, wanted: Extension): Promise<ExtendedRun> {
  const { run, inputs, results, signal, progress } = measured
  const { activation } = wanted
  const names = run.models.map(({ model }) => model)
  const made = wanted.pairBy && pairsBy(run.models, wanted.pairBy)
  for (const note of made?.notes ?? []) say(note)
  const asked = wanted.pairs !== undefined || wanted.pairBy || wanted.question
  for (const note of asked ? columnsUsed(run.models) : robustNotUnderstood(run.models)) say(note)
  return extend(run, inputs, {
    pairs: wanted.pairs === undefined ? made?.pairs : await readPairsFile(wanted.pairs, names),
    groups: wanted.groups,
    question: wanted.question,
    results,
    ...wanted.again,
    report: wanted.report && !activation,
    signal,
    occupied,
    onProgress: ({ done, total, model }) => progress.update(done, total, `second pass: ${model}`),
    ...(results &&
      wanted.report &&
      activation && {
        alsoAdd: async (analysis, { groups, studies }, first) => {
          const name = (await pictures(analysis, groups, first)).firstLayers?.[0]?.model
          const stage = await activationOf(shownInput(measured, name), activation)
          await occupied(() => writeReportFiles(results, { analysis, groups, studies, first, activation: stage }))
          const { image, changed, normalisation } = activation
          const images = { image: await shownImage(image), changed: await shownImage(changed) }
          await writeShownImages(results, { model: stage.model, ...images, normalisation })
        },
      }),
  })
}

/** The input of the model that the report draws a coloured first layer of. @throws UsageError when there is none */
function shownInput({ run, inputs }: MeasuredInputs, name: string | undefined): LazyInput {
  const file = run.models.find(({ model }) => model === name)?.file
  const input = inputs.find(({ path }) => path === file)
  if (!input)
    throw new UsageError('--image: no model that the report shows has a 3×3 first layer of three channels in a file of its own')
  return input
}

async function shownImage(path: string): Promise<ShownImage> {
  const access = await openFile(path)
  try {
    return { file: basename(path), bytes: access.byteLength, sha256: await sha256Of(access) }
  } finally {
    await access.close?.()
  }
}
