import { InputError } from '../../errors.ts'
import { findGivenInputs } from '../../inputs/given-inputs.ts'
import { memoryOutput } from '../../io/memory-folder.ts'
import type { LazyInput } from '../../io/random-access.ts'
import { memoryAccess } from '../../io/random-access.ts'
import { packFiles } from '../../results/pack.ts'
import { writeResults } from '../../results/write-results.ts'
import type { ModelFile, ResultsGiven, SavedResults } from './protocol.ts'

/**
 * Writes the results of an analysis by the same code as the command line, into one uncompressed zip.
 * @throws InputError when two drops hold files of one path: their results could not be told apart
 */
export async function resultsZip({ analysis, files, pairs }: ResultsGiven, signal: AbortSignal): Promise<SavedResults> {
  const inputs = files && (await inputsAsGiven(files))
  const folder = memoryOutput('results')
  const content = { analysis, inputs, signal, ...(pairs.length > 0 && { pairs }) }
  const resultsSha256 = await writeResults(folder, content, {
    command: 'the filterlens page',
    finished: new Date().toISOString(),
    machine: { engine: navigator.userAgent, processors: navigator.hardwareConcurrency },
    license: 'https://creativecommons.org/publicdomain/zero/1.0/',
  })
  const target = memoryOutput('zip')
  const sink = await target.create('results.zip')
  await packFiles(
    [...folder.files()].map(([path, bytes]) => [path, memoryAccess(path, bytes)] as const),
    sink,
  )
  await sink.commit()
  return { zip: new Uint8Array(target.files().get('results.zip')!), resultsSha256 }
}

/** The inputs under their own paths, as the command line would be given them. */
async function inputsAsGiven(files: readonly ModelFile[]): Promise<LazyInput[]> {
  const inputs: LazyInput[] = []
  for (const { input, files: dropped } of files) {
    const found = (await findGivenInputs(dropped)).find(({ path }) => path === input)
    if (!found) throw new InputError(input, 'is not among the files of this page; drop it again')
    if (inputs.some(({ path }) => path === input))
      throw new InputError(input, 'was dropped twice, or another file of that name was; drop their folder once instead')
    inputs.push(found)
  }
  return inputs
}
