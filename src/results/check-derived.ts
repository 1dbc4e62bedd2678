import type { GroupReport } from '../analysis/report-types.ts'
import { studiesOfRun } from '../analysis/studies-of-run.ts'
import type { Studies } from '../analysis/study-types.ts'
import { nowhere } from '../io/memory-folder.ts'
import type { Folder } from '../io/random-access.ts'
import type { OutputFolder } from '../io/sink.ts'
import { LayerSums } from '../measure/aggregate.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import { version } from '../version.ts'
import { groupsAgain } from './check-groups.ts'
import { openRunTables } from './collect.ts'
import { wholeFile } from './compare-files.ts'
import { type Difference, MOST_DIFFERENCES } from './compare-rows.ts'
import { differencesIn } from './differing-files.ts'
import { FIRST_FILTERS, withFirstFilters } from './first-filters-table.ts'
import { readGroups, readPairs, writeGroups } from './groups.ts'
import { IMAGES } from './images.ts'
import { type ManifestEntry, MODULE } from './manifest.ts'
import { isReportFile, REPORT } from './report-files.ts'
import { stageResults } from './staged.ts'
import { readQuestion, readStudies, writeStudies } from './studies.ts'

/** What making again from the layer table gave all that follows from it. */
export interface Derived {
  /** Paths of the files that came out the same. */
  readonly equal: readonly string[]
  readonly differences: readonly Difference[]
  /** Sentences about what was not compared, and why. */
  readonly notes: readonly string[]
}

/** Results whose hashes are right. */
export interface ToDerive {
  readonly folder: Folder
  readonly name: string
  readonly stored: StreamedRun
  readonly entries: readonly ManifestEntry[]
}

/**
 * Holds results against themselves, without the models: sums over the layers of each model, the two groups with their bases and
 * tests, the groups' tables, and the report are made again from the layer table. What needs the filters (first filters, shifts
 * and histograms of coefficients) is taken as it is, and named in `notes`.
 */
export async function checkDerived({ folder, name, stored, entries }: ToDerive): Promise<Derived> {
  if (stored.version !== version)
    return {
      equal: [],
      differences: [],
      notes: [`files that follow from the tables: the results are of filterlens ${stored.version}, this is ${version}`],
    }
  const listed = new Map(entries.map(({ path, sha256 }) => [path, sha256]))
  const check = new Check(folder, name, listed)
  await check.files((output) => writeTables(output, stored))
  const report = await readGroups(folder, name)
  const notes: string[] = []
  if (report) {
    const pairs = await readPairs(folder, name)
    const again = await groupsAgain(stored, pairs, report)
    await check.files((output) => writeGroups(output, again.report, pairs))
    for (const difference of again.differences) check.note(difference)
    for (const note of again.notes) notes.push(note)
  }
  const studies = await readStudies(folder, name)
  const question = await readQuestion(folder, name)
  if (studies && question) {
    const made = await studiesOfRun(stored, null, question)
    // What the second pass over the filters gave is taken as it is.
    const again = { ...made, studies: made.studies.map((study, k) => ({ ...study, ...fromFilters(studies, k) })) }
    await check.files((output) => writeStudies(output, again, question))
    notes.push('histograms and shifts by columns: the filters are in the models')
  }
  if (listed.has(IMAGES)) notes.push(`${REPORT} and its figures: they show images that are no part of the results`)
  else if (listed.has(REPORT)) await check.files((output) => writeReportAgain(output, folder, stored, report, studies))
  if (listed.has(FIRST_FILTERS)) notes.push(`${FIRST_FILTERS}: the filters are in the models`)
  const untold = (path: string): boolean =>
    path === MODULE || path === FIRST_FILTERS || path === IMAGES || (listed.has(IMAGES) && isReportFile(path))
  for (const path of listed.keys()) if (!check.made.has(path) && !untold(path)) check.note(wholeFile(path, true, false))
  return { equal: check.equal, differences: check.differences, notes }
}

function fromFilters({ studies }: Studies, k: number): Pick<Studies['studies'][number], 'coefficients' | 'matrix'> {
  return { coefficients: studies[k]?.coefficients ?? null, matrix: studies[k]?.matrix ?? null }
}

/** Files that are made again. */
class Check {
  readonly made = new Set<string>()
  readonly equal: string[] = []
  readonly differences: Difference[] = []
  readonly #folder: Folder
  readonly #name: string
  readonly #listed: ReadonlyMap<string, string>

  constructor(folder: Folder, name: string, listed: ReadonlyMap<string, string>) {
    this.#folder = folder
    this.#name = name
    this.#listed = listed
  }

  note(difference: Difference): void {
    if (this.differences.length < MOST_DIFFERENCES) this.differences.push(difference)
  }

  /** Compares the files that `write` writes: by their hashes, and where these differ, cell by cell. */
  async files(write: (output: OutputFolder) => Promise<void>): Promise<void> {
    const hashed = stageResults(nowhere(this.#name))
    await write(hashed)
    const wrong: string[] = []
    for (const { path, sha256 } of hashed.files) {
      this.made.add(path)
      if (this.#listed.get(path) === sha256) this.equal.push(path)
      else if (!this.#listed.has(path)) this.note(wholeFile(path, false, true))
      else wrong.push(path)
    }
    if (wrong.length === 0) return
    for (const difference of await differencesIn(wrong, this.#folder, write)) this.note(difference)
  }
}

async function writeTables(output: OutputFolder, stored: StreamedRun): Promise<void> {
  const tables = await openRunTables(output, stored.parameters)
  const indices = new Map(stored.models.map(({ model }, k) => [model, k]))
  const sums = new LayerSums(stored.models.length)
  for await (const rows of stored.layers.rows())
    for (const row of rows) {
      await tables.layer(row)
      const index = indices.get(row.model)
      if (index !== undefined) sums.add(index, row)
    }
  for await (const rows of stored.skipped.rows()) for (const row of rows) await tables.skipped(row)
  const models = stored.models.map((row, k) => ({ ...row, ...sums.total(k) }))
  await tables.finish({ ...stored, models })
}

async function writeReportAgain(
  output: OutputFolder,
  folder: Folder,
  analysis: StreamedRun,
  groups: GroupReport | undefined,
  studies: Studies | undefined,
): Promise<void> {
  const { writeReportFiles } = await import('./report-files.ts') // fonts and figures: loaded only when there are some
  await withFirstFilters(folder, (first) => writeReportFiles(output, { analysis, groups, studies, first }))
}
