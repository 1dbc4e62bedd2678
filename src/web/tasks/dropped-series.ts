import { InputError } from '../../errors.ts'
import { folderOf, type GivenFile, givenFolder, openGiven } from '../../inputs/given-inputs.ts'
import type { Folder } from '../../io/random-access.ts'
import { decodeText } from '../../io/text-file.ts'
import { looksLikeZip, tryZip } from '../../io/zip.ts'
import type { Analysis } from '../../measure/model-row.ts'
import { isOfTrack, TRAJECTORY } from '../../results/track-files.ts'
import { readStoredTrajectory } from '../../results/trajectory-table.ts'
import type { PageSeries } from './protocol.ts'

/** Results of `track` among dropped files, the files that are no part of them, and what was wrong with broken ones. */
export interface FoundSeries {
  readonly series: readonly PageSeries[]
  readonly rest: readonly GivenFile[]
  readonly failed: Analysis['failed']
}

/** Finds what `track` has written: folders that hold its table, and zips of such folders. */
export async function seriesAmong(files: readonly GivenFile[]): Promise<FoundSeries> {
  const series: PageSeries[] = []
  const failed: { file: string; problem: string }[] = []
  const read = async (folder: Folder, name: string): Promise<void> => {
    try {
      series.push(await readFolder(folder, name))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      failed.push({ file: error.file, problem: error.problem })
    }
  }
  const folders = files.filter(({ path, beside }) => !beside && isTable(path)).map(({ path }) => folderOf(path))
  for (const folder of folders) await read(givenFolder(files, folder), folder || 'track')
  const rest: GivenFile[] = []
  for (const file of files) {
    if (isOfTrack(file.path, folders)) continue
    const found = await zipped(file)
    for (const { folder, name } of found) await read(folder, name)
    if (found.length === 0) rest.push(file)
  }
  return { series, rest, failed }
}

const isTable = (path: string): boolean => path === TRAJECTORY || path.endsWith(`/${TRAJECTORY}`)

async function readFolder(folder: Folder, name: string): Promise<PageSeries> {
  const access = await folder.open(TRAJECTORY)
  if (!access) throw new InputError(name, `holds no ${TRAJECTORY}`)
  try {
    return { name, ...(await readStoredTrajectory(access)), strip: [], picture: await pictureIn(folder) }
  } finally {
    await access.close?.()
  }
}

async function pictureIn(folder: Folder): Promise<string | null> {
  const access = await folder.open('figures/first-layer-filmstrip.svg')
  if (!access) return null
  try {
    return decodeText(access.name, await access.read(0, access.byteLength))
  } finally {
    await access.close?.()
  }
}

/** The folders of a zip that hold such a table. */
async function zipped(file: GivenFile): Promise<{ folder: Folder; name: string }[]> {
  if (file.beside || !/\.zip$/i.test(file.path)) return []
  const access = await openGiven(file)
  if (access.byteLength < 4 || !looksLikeZip(await access.read(0, 4))) return []
  const zip = await tryZip(access)
  return (zip?.entries ?? []).flatMap(({ name }) => {
    if (!isTable(name)) return []
    const below = folderOf(name)
    return [{ folder: zip!.folder(below === '' ? '' : `${below}/`), name: below === '' ? file.path : below }]
  })
}
