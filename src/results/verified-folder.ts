import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import { readManifest, sha256OfText } from './check-files.ts'
import { MANIFEST, RESULTS } from './manifest.ts'
import { exists } from './open-results.ts'

/**
 * Results of which every file is held against the manifest when it is opened. Tables that were copied out of results, without
 * a manifest and its number, are read as they are: nothing says what they were.
 * @throws InputError when the manifest is not the one of the number; `open` throws for a file that was changed, is missing, or
 * is not in the manifest
 */
export async function verifiedFolder(folder: Folder, name: string): Promise<Folder> {
  if (!(await exists(folder, MANIFEST)) && !(await exists(folder, RESULTS))) return folder
  const { resultsSha256, manifest, entries } = await readManifest(folder, name)
  if ((await sha256OfText(manifest)) !== resultsSha256)
    throw new InputError(`${name}/${MANIFEST}`, `has been changed: its SHA-256 is not what ${RESULTS} says; ${AGAIN}`)
  const listed = new Map(entries.map(({ path, sha256 }) => [path, sha256]))
  return {
    ...folder,
    async open(path) {
      const access = await folder.open(path)
      const wanted = listed.get(path)
      if (!access) {
        if (wanted !== undefined) throw new InputError(`${name}/${path}`, `is in ${MANIFEST} and is missing; ${AGAIN}`)
        return undefined
      }
      try {
        if (wanted === undefined)
          throw new InputError(
            `${name}/${path}`,
            `lies there but is not in ${MANIFEST}: it is no part of these results; ${AGAIN}`,
          )
        if ((await sha256Of(access)) !== wanted)
          throw new InputError(`${name}/${path}`, `has been changed: its SHA-256 is not what ${MANIFEST} says; ${AGAIN}`)
        return access
      } catch (error) {
        await access.close?.()
        throw error
      }
    },
  }
}

/** What came of holding results against their manifest. */
export interface Held {
  /** The number to quote; null for tables without a manifest, which nothing can be held against. */
  readonly resultsSha256: string | null
  /** Files that have their hashes. */
  readonly files: number
  /** Files that the manifest names and that are not there. */
  readonly missing: readonly string[]
}

/**
 * Holds every file that is there against its hash, also those that nothing will be read from: of what was sent by someone,
 * all is as it was written, or nothing is believed. `verified` is `verifiedFolder` of `written`. @throws InputError for the first that was changed
 */
export async function holdAll(written: Folder, verified: Folder, name: string): Promise<Held> {
  if (!(await exists(written, RESULTS))) return { resultsSha256: null, files: 0, missing: [] }
  const { resultsSha256, entries } = await readManifest(written, name)
  const missing: string[] = []
  for (const { path } of entries) {
    if (!(await exists(written, path))) missing.push(path)
    else await exists(verified, path)
  }
  return { resultsSha256, files: entries.length - missing.length, missing }
}

const AGAIN = 'get the results again, or measure again (filterlens verify tells all)'
