import { writeFile } from '../io/sink.ts'
import type { Analysis } from '../measure/model-row.ts'
import { moduleBytes, moduleSha256 } from '../wasm/module.ts'
import { CRATE } from './check-crate.ts'
import { crateText } from './crate.ts'
import { MANIFEST, MODULE, manifestText, RESULTS } from './manifest.ts'
import type { StagedResults } from './staged.ts'

/** Facts about this run that are no part of what is hashed. */
export interface RunFacts {
  /** The command line, or "the filterlens page". */
  readonly command: string
  /** When the run ended, ISO 8601. */
  readonly finished: string
  /** Host, engine, processors, seconds: whatever the face knows. */
  readonly machine: Readonly<Record<string, string | number | null>>
  /** Licence of the results, a URL. */
  readonly license: string
  /** Names of the people who made the results, where they are known. */
  readonly authors?: readonly string[]
}

/** Adds the module that computed the numbers, the machine's facts and the crate, and names all files. @returns the number to quote */
export async function finishResults(
  results: StagedResults,
  record: Pick<Analysis, 'version' | 'parameters' | 'models'>,
  facts: RunFacts,
): Promise<string> {
  await writeFile(results, MODULE, moduleBytes())
  await writeFile(results, 'machine.json', `${JSON.stringify(facts.machine, null, 2)}\n`)
  const { metrics, ...plain } = record.parameters
  const resultsSha256 = await results.resultsSha256()
  const manifest = manifestText(results.files)
  const crate = crateText({
    version: record.version,
    moduleSha256,
    command: facts.command,
    finished: facts.finished,
    parameters: { ...plain, ...(metrics && { metrics: metrics.join(' ') }) },
    resultsSha256,
    files: [
      ...results.files,
      ...results.unhashed,
      { path: MANIFEST, bytes: new TextEncoder().encode(manifest).length, sha256: resultsSha256 },
      { path: RESULTS },
    ],
    inputs: record.models
      .map(({ file, bytes, sha256, format, parts }) => ({ path: file, bytes, sha256, format, parts }))
      .filter(firstOfPath()),
    license: facts.license,
    ...(facts.authors && { authors: facts.authors }),
  })
  await writeFile(results, CRATE, crate)
  return results.commit()
}

/** One file may hold many models; it is one input. */
function firstOfPath(): (input: { path: string }) => boolean {
  const seen = new Set<string>()
  return ({ path }) => !seen.has(path) && Boolean(seen.add(path))
}
