import type { FirstFilters } from '../../activation/first-filters.ts'
import { InputError } from '../../errors.ts'
import { folderOf, type GivenFile, givenFolder, openGiven } from '../../inputs/given-inputs.ts'
import type { Folder } from '../../io/random-access.ts'
import { looksLikeZip, tryZip } from '../../io/zip.ts'
import type { Analysis } from '../../measure/model-row.ts'
import { withFirstFilters } from '../../results/first-filters-table.ts'
import { readGroups, readPairs } from '../../results/groups.ts'
import { isOwnPath, RESULTS, UNHASHED } from '../../results/manifest.ts'
import { requireFinished, zippedResults } from '../../results/open-results.ts'
import { readStudies } from '../../results/studies.ts'
import { tableFiles } from '../../results/table-files.ts'
import { readModelTable, readResults } from '../../results/tables-read.ts'
import { holdAll, verifiedFolder } from '../../results/verified-folder.ts'
import type { DroppedResult, ResultsTable } from './protocol.ts'
import { sendableReport } from './sendable-report.ts'
import { filesOfTable, layersIn, MOST_HELD_LAYERS } from './stored-layers.ts'

/** Results of earlier runs among dropped files, the files that are no part of them, and what was wrong with broken ones. */
export interface Earlier {
  readonly results: readonly DroppedResult[]
  readonly rest: readonly GivenFile[]
  readonly failed: Analysis['failed']
}

/** Finds results of earlier runs: folders that hold all three tables and no filters, and zips of such a folder. */
export async function earlierResults(files: readonly GivenFile[]): Promise<Earlier> {
  const results: DroppedResult[] = []
  const failed: { file: string; problem: string }[] = []
  const read = async (folder: Folder, table: ResultsTable): Promise<void> => {
    try {
      results.push(await readFolder(folder, table))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      failed.push({ file: error.file, problem: error.problem })
    }
  }
  const folders = resultFolders(files)
  for (const folder of folders)
    await read(givenFolder(files, folder), { name: folder || 'results', files: filesOfTable(files, folder), folder })
  const rest: GivenFile[] = []
  for (const file of files) {
    if (folders.some((folder) => isPartOf(file.path, folder))) continue
    const folder = await zipped(file)
    if (folder) await read(folder, { name: file.path, files: [file], folder: null })
    else rest.push(file)
  }
  return { results, rest, failed }
}

/** Every file is held against its hash: of results of which one was changed since it was written nothing is shown. */
async function readFolder(written: Folder, table: ResultsTable): Promise<DroppedResult> {
  const { name } = table
  await requireFinished(written, name)
  const folder = await verifiedFolder(written, name)
  if ((await layersIn(written)) > MOST_HELD_LAYERS) return readModels(folder, table)
  const held = { name, ...(await holdAll(written, folder, name)) }
  const analysis = await readResults(folder, name)
  const [pairs, groups] = [await readPairs(folder, name), await readGroups(folder, name)]
  return {
    analysis,
    measured: false,
    pairs,
    groups: groups ? sendableReport(groups) : null,
    studies: (await readStudies(folder, name)) ?? null,
    held,
    firstFilters: await firstFiltersOf(folder),
    table: null,
  }
}

/** Of very many layers the models alone: their table is held against its hash now, the other files while the models are looked at. */
async function readModels(folder: Folder, table: ResultsTable): Promise<DroppedResult> {
  const { name } = table
  const access = await folder.open(tableFiles.models)
  if (!access) throw new InputError(name, `has no ${tableFiles.models}`)
  const models = await readModelTable(access)
  await access.close?.()
  return {
    analysis: { ...models, layers: [], skipped: [] },
    measured: false,
    pairs: await readPairs(folder, name),
    groups: null,
    studies: (await readStudies(folder, name)) ?? null,
    held: null,
    firstFilters: [],
    table,
  }
}

/** Models whose kept filters are held for pictures. */
const MOST_PICTURED = 64

function firstFiltersOf(folder: Folder): Promise<readonly FirstFilters[]> {
  return withFirstFilters(folder, async (first) => {
    const found: FirstFilters[] = []
    for (const model of [...(await first.models())].slice(0, MOST_PICTURED))
      for await (const rows of first.of(model)) for (const row of rows) found.push(row)
    return found
  })
}

function resultFolders(files: readonly GivenFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path))
  return [...new Set(files.map(({ path }) => folderOf(path)))].filter((folder) => {
    const has = (name: string): boolean => paths.has(folder === '' ? name : `${folder}/${name}`)
    return Object.values(tableFiles).every(has) && !has('filters.arrow')
  })
}

/** True for a file that filterlens wrote into that results folder; what else lies beside it may be a model. */
function isPartOf(path: string, folder: string): boolean {
  if (folder !== '' && !path.startsWith(`${folder}/`)) return false
  const name = folder === '' ? path : path.slice(folder.length + 1)
  return isOwnPath(name) || UNHASHED.includes(name)
}

/** The results in a zip; undefined for any other file, and for a zip that holds none. */
async function zipped(file: GivenFile): Promise<Folder | undefined> {
  if (file.beside || !/\.zip$/i.test(file.path)) return undefined
  const access = await openGiven(file)
  if (access.byteLength < 4 || !looksLikeZip(await access.read(0, 4))) return undefined
  const zip = await tryZip(access)
  return zip?.entries.some(({ name }) => name === RESULTS || name.endsWith(`/${RESULTS}`)) ? zippedResults(access) : undefined
}
