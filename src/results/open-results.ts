import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import { looksLikeZip, openZip } from '../io/zip.ts'
import { MANIFEST, RESULTS } from './manifest.ts'

/** The results that a zip holds, at its top or in one folder of it. @throws InputError when it is no zip, or holds none or several */
export async function zippedResults(access: RandomAccess): Promise<Folder> {
  if (!looksLikeZip(await access.read(0, Math.min(4, access.byteLength))))
    throw new InputError(
      access.name,
      'is neither a folder nor a zip of results of filterlens; analyze -o makes one, pack the other',
    )
  const zip = await openZip(access)
  const found = zip.entries.filter(({ name }) => name === RESULTS || name.endsWith(`/${RESULTS}`))
  const [only, ...others] = found
  if (!only)
    throw new InputError(
      access.name,
      `holds no ${RESULTS}: it is no zip of finished results; filterlens analyze -o results makes results of models`,
    )
  if (others.length > 0) throw new InputError(access.name, `holds ${found.length} results; unpack it and give one of its folders`)
  return zip.folder(only.name.slice(0, -RESULTS.length))
}

/**
 * Results that were begun and not finished hold files of two runs: no number may be read from them. Tables that were copied
 * out of results, without its manifest, are read as they are.
 * @throws InputError
 */
export async function requireFinished(folder: Folder, name: string): Promise<void> {
  if ((await exists(folder, MANIFEST)) && !(await exists(folder, RESULTS)))
    throw new InputError(
      name,
      `has no ${RESULTS}: the run that writes here has not finished; run the same command again to finish it`,
    )
}

/** True when a folder holds a file. */
export async function exists(folder: Folder, path: string): Promise<boolean> {
  const access = await folder.open(path)
  await access?.close?.()
  return access !== undefined
}
