import type { Input, LazyInput } from '../io/random-access.ts'
import type { OutputFolder } from '../io/sink.ts'
import { streamed } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import { openRunTables } from './collect.ts'
import { extendRun, type RunExtension } from './extend-run.ts'
import { finishResults, type RunFacts } from './finish.ts'
import { stageResults } from './staged.ts'

/** What the results of a finished analysis are made of. */
export interface ResultsContent extends Omit<RunExtension, 'results'> {
  readonly analysis: Analysis
  /**
   * The inputs of the analysis, in its order: the first filters of the first 64 models are read once more. Null when they
   * are not at hand; the results then hold the tables alone, and another number.
   */
  readonly inputs: readonly (Input | LazyInput)[] | null
}

/**
 * Writes the results of an analysis: the same files with the same bytes, and so the same results.sha256, as
 * `filterlens analyze -o` writes for these inputs, whoever calls it and wherever. The folder gets all files at the end, or none.
 * @returns the number to quote, which results.sha256 holds
 * @throws InputError when an input is not there any more, or the folder cannot be written
 * @example
 * const inputs = await listInputs(['models/'])
 * const analysis = await analyze(inputs)
 * const license = 'https://creativecommons.org/publicdomain/zero/1.0/'
 * const facts = { command: 'my program', finished: new Date().toISOString(), machine: {}, license }
 * const resultsSha256 = await writeResults(outputFolder('out'), { analysis, inputs }, facts)
 * console.log(resultsSha256)
 */
export async function writeResults(folder: OutputFolder, content: ResultsContent, facts: RunFacts): Promise<string> {
  const { analysis, inputs, ...extension } = content
  const results = stageResults(folder)
  try {
    const tables = await openRunTables(results, analysis.parameters)
    for (const row of analysis.layers) await tables.layer(row)
    for (const row of analysis.skipped) await tables.skipped(row)
    await tables.finish(analysis)
    if (inputs) await extendRun({ ...analysis, whole: async () => streamed(analysis) }, inputs, { ...extension, results })
    return await finishResults(results, analysis, facts)
  } catch (error) {
    await results.discard()
    throw error
  }
}
