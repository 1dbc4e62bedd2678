import { InputError } from '../errors.ts'
import { byCodePoint, candidacy, DATABASE_FILES, inputNames, isSkippedFolder } from '../sources/candidates.ts'
import { findFormat } from '../sources/open.ts'
import { openBlob } from './browser.ts'
import type { Folder, LazyInput } from './random-access.ts'

/** A file as it was dropped or chosen: its path below what was dropped, with forward slashes. */
export interface NamedBlob {
  readonly path: string
  readonly blob: Blob
}

/** The files below one folder of those that were dropped together; '' is where loose files lie. */
export function blobFolder(files: readonly NamedBlob[], folder: string): Folder {
  const byPath = new Map(files.map((file) => [file.path, file.blob]))
  const prefix = folder === '' ? '' : `${folder}/`
  return {
    async open(path) {
      const full = prefix + path
      if (path.split('/').includes('..')) return undefined
      const blob = byPath.get(full)
      return blob && openBlob(blob, full)
    },
  }
}

/** The folder part of a path: '' for a loose file. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

/**
 * The inputs among dropped files, by the rules of the command line: in a folder, files that a format owns by name or
 * recognises by bytes, shards and the parts of a filter database left to their first file, hidden folders passed over. A loose
 * file is always an input, unless it came with others of which one may need it. By code point of the paths.
 */
export async function findBlobInputs(files: readonly NamedBlob[]): Promise<LazyInput[]> {
  const inputs: LazyInput[] = []
  const folders = new Map<string, NamedBlob[]>()
  for (const file of [...files].sort((a, b) => byCodePoint(a.path, b.path))) {
    const folder = folderOf(file.path)
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  for (const [folder, list] of folders) {
    if (folder.split('/').some((part, k) => k > 0 && isSkippedFolder(part))) continue
    const names = list.map(({ path }) => path.slice(folder === '' ? 0 : folder.length + 1))
    const beside = blobFolder(files, folder)
    const isDatabase = DATABASE_FILES.every((name) => names.includes(name))
    for (const name of inputNames(names)) {
      const file = list[names.indexOf(name)]!
      const loose = folder === ''
      const shownPath = isDatabase && name === DATABASE_FILES[0] && !loose ? folder : file.path
      const open = async () => ({ path: shownPath, access: openBlob(file.blob, file.path), folder: beside })
      if (await isInput(file, beside, loose, list.length)) inputs.push({ path: shownPath, open })
    }
  }
  return inputs
}

async function isInput(file: NamedBlob, beside: Folder, loose: boolean, together: number): Promise<boolean> {
  const kind = candidacy(file.path)
  if (kind === 'owned' || (loose && together === 1)) return true
  if (kind === 'none' && !loose) return false
  try {
    const input = { path: file.path, access: openBlob(file.blob, file.path), folder: beside }
    // A loose file that nobody recognises is complained about, unless it looks like a part of another.
    return (
      (await findFormat(input)) !== undefined ||
      (loose && kind === 'none' && !/\.(bin|data|weights?|pb|json|txt|md)$|\.\d+$|shard/i.test(file.path))
    )
  } catch (error) {
    if (error instanceof InputError) return true // it was recognised and is broken: told when it is opened
    throw error
  }
}
