import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../errors.ts'
import { diskFolder, fileProblem, openFile } from '../io/node.ts'
import type { Folder } from '../io/random-access.ts'
import { tryZip } from '../io/zip.ts'
import { MANIFEST, RESULTS } from '../results/manifest.ts'
import { requireFinished, zippedResults } from '../results/open-results.ts'
import { holdAll, verifiedFolder } from '../results/verified-folder.ts'

/** True for results, a folder or a zip; a zip of models is none, and a broken one is reported by whoever reads it. */
export async function isResultsPlace(path: string): Promise<boolean> {
  if (!/\.zip$/i.test(path)) return existsSync(join(path, RESULTS)) || existsSync(join(path, MANIFEST))
  const access = await openFile(path)
  try {
    const zip = await tryZip(access)
    return zip?.entries.some(({ name }) => basename(name) === RESULTS) ?? false
  } finally {
    await access.close?.()
  }
}

/** Work on results as a person names them: their folder, or one zip. @throws InputError when they are not there, or not finished */
export async function withResultFiles<T>(path: string, work: (folder: Folder) => Promise<T>): Promise<T> {
  const found = await stat(path).catch((error: unknown) => {
    throw new InputError(path, fileProblem(error), { cause: error })
  })
  if (found.isDirectory()) {
    const folder = diskFolder(path)
    await requireFinished(folder, path)
    return work(folder)
  }
  const access = await openFile(path)
  try {
    const folder = await zippedResults(access)
    await requireFinished(folder, path)
    return await work(folder)
  } finally {
    await access.close?.()
  }
}

/**
 * The same, with every file held against its hash when it is opened; those of a zip, which someone sent, all of them before.
 * @throws InputError also for a file that is not what was written
 */
export async function withResults<T>(path: string, work: (folder: Folder) => Promise<T>): Promise<T> {
  return withResultFiles(path, async (written) => {
    const folder = await verifiedFolder(written, path)
    if (!(await stat(path)).isDirectory()) await holdAll(written, folder, path)
    return work(folder)
  })
}
