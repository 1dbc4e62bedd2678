import { nowhere } from '../io/memory-folder.ts'
import type { Folder, LazyInput } from '../io/random-access.ts'
import type { OutputFolder } from '../io/sink.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import { version } from '../version.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { openRunTables } from './collect.ts'
import { wholeFile } from './compare-files.ts'
import type { Difference } from './compare-rows.ts'
import { differencesIn } from './differing-files.ts'
import { extendRun } from './extend-run.ts'
import { FIRST_FILTERS } from './first-filters-table.ts'
import { PAIRS, readPairs } from './groups.ts'
import { IMAGES } from './images.ts'
import { type ManifestEntry, MODULE } from './manifest.ts'
import { isReportFile, REPORT } from './report-files.ts'
import { type StagedResults, stageResults } from './staged.ts'
import { QUESTION, readQuestion } from './studies.ts'

/** What making every file of results again gave. */
export interface Remade {
  /** Paths of the files with the same bytes. */
  readonly equal: readonly string[]
  readonly differences: readonly Difference[]
  /** Sentences about what was not made again, and why. */
  readonly notes: readonly string[]
}

/** Results whose rows have been measured again and found equal. */
export interface Remaking {
  readonly folder: Folder
  readonly name: string
  readonly stored: StreamedRun
  readonly entries: readonly ManifestEntry[]
  readonly inputs: readonly LazyInput[]
  readonly signal?: AbortSignal
  /** Runs what computes for long without a pause; default: at once. */
  readonly occupied?: <T>(work: () => T | Promise<T>) => Promise<T>
  readonly onProgress?: (done: number, total: number, file: string) => void
}

/**
 * Makes every file of results again from its tables and its inputs: tables, first filters, groups with the second pass
 * over the filters, report and figures; and compares bytes. Where they differ it says which cell, value or byte does.
 */
export async function remake({ folder, name, stored, entries, inputs, signal, occupied, onProgress }: Remaking): Promise<Remade> {
  const listed = new Map(entries.map(({ path, sha256 }) => [path, sha256]))
  const notes: string[] = []
  if (stored.version !== version)
    notes.push(
      `made by filterlens ${stored.version}, this is ${version}: the rows were compared, the other files were not made again`,
    )
  if (stored.version !== version) return { equal: [], differences: [], notes }
  if (listed.has(IMAGES)) notes.push(`${REPORT} shows images that are no part of the results; it was not made again`)
  const pairs = listed.has(PAIRS) ? await readPairs(folder, name) : []
  const question = listed.has(QUESTION) ? await readQuestion(folder, name) : undefined
  const write = async (results: StagedResults): Promise<void> => {
    const tables = await openRunTables(results, stored.parameters)
    for await (const rows of stored.layers.rows()) for (const row of rows) await tables.layer(row)
    for await (const rows of stored.skipped.rows()) for (const row of rows) await tables.skipped(row)
    await tables.finish(stored)
    if (!listed.has(FIRST_FILTERS)) return
    await extendRun({ ...stored, whole: async () => stored }, inputs, {
      results,
      ...(pairs.length > 0 && { pairs }),
      ...(question && { question }),
      report: listed.has(REPORT) && !listed.has(IMAGES),
      ...(signal && { signal }),
      ...(occupied && { occupied }),
      ...(onProgress && {
        onProgress: ({ done, total, model }: { done: number; total: number; model: string }) => onProgress(done, total, model),
      }),
    })
  }
  const results = stageResults(withStoredFilters(nowhere(name), folder))
  await write(results)
  const differences: Difference[] = []
  const equal: string[] = []
  const wrong = new Set<string>()
  const made = new Map(results.files.map(({ path, sha256 }) => [path, sha256]))
  await results.discard()
  for (const path of new Set([...listed.keys(), ...made.keys()])) {
    if (path === IMAGES || (listed.has(IMAGES) && isReportFile(path))) continue
    const [before, now] = [listed.get(path), path === MODULE ? moduleSha256 : made.get(path)]
    if (before === now) equal.push(path)
    else if (before === undefined || now === undefined) differences.push(wholeFile(path, before !== undefined, now !== undefined))
    else wrong.add(path)
  }
  if (wrong.size > 0)
    for (const difference of await differencesIn(wrong, folder, async (output) => {
      const again = stageResults(wrong.has(FIRST_FILTERS) ? output : withStoredFilters(output, folder))
      await write(again)
      await again.commit()
    }))
      differences.push(difference)
  return { equal, differences, notes }
}

/**
 * An output that reads the first filters back from the results that are checked: the report's pictures are made of them, and where
 * they are not what was written now, they are told to differ themselves.
 */
function withStoredFilters(output: OutputFolder, folder: Folder): OutputFolder {
  return {
    ...output,
    async create(path) {
      const sink = await output.create(path)
      if (path !== FIRST_FILTERS) return sink
      return { ...sink, readBack: async () => (await folder.open(FIRST_FILTERS)) ?? sink.readBack() }
    },
  }
}
