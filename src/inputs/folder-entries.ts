import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { byCodePoint } from '../sources/candidates.ts'

/** Names in one folder, by code point. */
export interface FolderEntries {
  readonly files: readonly string[]
  readonly folders: readonly string[]
}

/**
 * The files and folders in a folder. Links count as what they lead to; broken ones, pipes, sockets and devices are left out.
 * @throws InputError when the folder cannot be read
 */
export async function folderEntries(folder: string): Promise<FolderEntries> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    throw new InputError(folder, fileProblem(error), { cause: error })
  })
  const files: string[] = []
  const folders: string[] = []
  for (const entry of entries) {
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry
    if (kind?.isDirectory()) folders.push(entry.name)
    else if (kind?.isFile()) files.push(entry.name)
  }
  return { files: files.sort(byCodePoint), folders: folders.sort(byCodePoint) }
}
