import type { GivenFile } from '../../inputs/given-inputs.ts'
import { isHiddenFile } from '../../sources/candidates.ts'
import { filesBelow, handleOfItem } from '../keep/handles.ts'
import type { Given } from '../state/kept.ts'

/** More files than this in one drop is a mistake (a whole disk), not a folder of models. */
const MOST_FILES = 100_000

/** Files of an `<input type=file>`, with their paths when a folder was chosen. */
export function filesOfInput(list: FileList): GivenFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }))
}

/** All files of a drop, folders walked, and where they lie. Must be called inside the drop event: the browser empties the list afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<Given> {
  const items = [...transfer.items].filter((item) => item.kind === 'file')
  const handles = items.flatMap((item) => handleOfItem(item) ?? [])
  const files = walk(items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()))
  if (handles.length < items.length) return { files: await files }
  // What has no handle is no worse than a browser that has none at all.
  const places = await Promise.all(handles).then(
    (found) => filesBelow(found, MOST_FILES),
    () => undefined,
  )
  return { files: await files, ...(places && { handles: places }) }
}

async function walk(entries: readonly (FileSystemEntry | File | null)[]): Promise<GivenFile[]> {
  const found: GivenFile[] = []
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (found.length > MOST_FILES) throw new Error(`more than ${MOST_FILES} files; drop a smaller folder`)
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      found.push({ path, blob: file })
      return
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    for (;;) {
      // A folder is read a hundred entries at a time until nothing more comes.
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
      if (some.length === 0) return
      for (const child of some) if (!isHiddenFile(child.name)) await visit(child, `${path}/${child.name}`)
    }
  }
  for (const entry of entries) {
    if (entry instanceof File) found.push({ path: entry.name, blob: entry })
    else if (entry) await visit(entry, entry.name)
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
