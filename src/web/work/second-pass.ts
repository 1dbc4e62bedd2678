import { findGivenInputs } from '../../io/browser-inputs.ts'
import type { LazyInput } from '../../io/random-access.ts'
import { type CoefficientPass, measureCoefficients } from '../../measure/coefficients.ts'
import type { MeasuredRun } from '../../measure/layers-again.ts'
import type { KernelBasis } from '../../wasm.ts'
import type { AnalysisEvent, ModelFile } from './protocol.ts'

/** What the second pass over the filters is given: the rows to read again, the files that hold them, and the basis. */
export interface SecondPass {
  readonly run: MeasuredRun
  readonly files: readonly ModelFile[]
  readonly basis: KernelBasis
}

/** Coefficients of the layers of `run` in a basis, over their common range; models may come from several drops. */
export async function secondPass(
  { run, files, basis }: SecondPass,
  signal: AbortSignal,
  tell: (event: AnalysisEvent) => void,
): Promise<CoefficientPass> {
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
  return measureCoefficients(inputs, run, basis, {
    names,
    signal,
    onProgress: ({ done, total, model }) => tell({ done, total, label: model }),
  })
}
