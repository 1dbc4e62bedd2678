import { analyzeGroups, groupsOfRun } from '../../analysis/analyze-groups.ts'
import { groupAnalysis } from '../../analysis/group-analysis.ts'
import type { GroupReport } from '../../analysis/report-types.ts'
import { findGivenInputs } from '../../inputs/given-inputs.ts'
import type { LazyInput } from '../../io/random-access.ts'
import { type CoefficientPass, measureCoefficients } from '../../measure/coefficients.ts'
import type { AnalysisEvent, GroupsGiven, ModelFile, SecondPass } from './protocol.ts'
import { sendableReport } from './sendable-report.ts'

/** The inputs behind models that may come from several drops, and the names that their models go by. */
export async function inputsOf(files: readonly ModelFile[]): Promise<{ inputs: LazyInput[]; names: Map<string, string> }> {
  const inputs: LazyInput[] = []
  const names = new Map<string, string>()
  for (const { drop, input, names: own, files: dropped } of files) {
    const found = (await findGivenInputs(dropped)).find(({ path }) => path === input)
    if (!found) continue // its layers are then missed, and said to be missing, by the pass itself
    // Two drops may hold files of one name; the number of the drop tells them apart.
    const path = `${drop}/${input}`
    inputs.push({ path, open: async () => ({ ...(await found.open()), path }) })
    if (own.length === 1) names.set(path, own[0]!)
  }
  return { inputs, names }
}

type Emit = (event: AnalysisEvent) => void

const emitting =
  (emit: Emit) =>
  ({ done, total, model }: { done: number; total: number; model: string }): void =>
    emit({ done, total, label: model })

/** Coefficients of the layers of `run` in a basis, over their common range. */
export async function secondPass({ run, files, basis }: SecondPass, signal: AbortSignal, emit: Emit): Promise<CoefficientPass> {
  const { inputs, names } = await inputsOf(files)
  return measureCoefficients(inputs, run, basis, { names, signal, onProgress: emitting(emit) })
}

/** The whole analysis of two groups; coefficients and shifts are measured where the files are given. */
export async function measureGroups(
  { files, tables, ...given }: GroupsGiven,
  signal: AbortSignal,
  emit: Emit,
): Promise<GroupReport> {
  if (tables.length > 0) {
    const { withLayers } = await import('./stored-layers.ts')
    const { analysis, ...question } = given
    return sendableReport(await withLayers(analysis, tables, (run) => groupsOfRun(run, null, { ...question, signal })))
  }
  if (!files) return sendableReport(groupAnalysis(given))
  const { inputs, names } = await inputsOf(files)
  return sendableReport(await analyzeGroups(inputs, { ...given, names, signal, onProgress: emitting(emit) }))
}
