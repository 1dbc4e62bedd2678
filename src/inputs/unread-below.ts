import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { openFile } from '../io/node.ts'
import { isSkippedFolder } from '../sources/candidates.ts'
import { HEAD_BYTES } from '../sources/source.ts'
import { mayBeUnread, seenOf, unreadKind } from '../sources/unread/describe.ts'
import { folderEntries } from './folder-entries.ts'

/**
 * What the first file below a folder is that is a model in a form that is not read, by its ending and its bytes:
 * "net.caffemodel is a Caffe model, …". Undefined when there is none.
 */
export async function unreadBelow(folder: string): Promise<string | undefined> {
  const seen = new Set<string>()
  const pending = [{ folder, prefix: '' }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const real = await realpath(next.folder)
    if (seen.has(real)) continue
    seen.add(real)
    const { files, folders } = await folderEntries(next.folder)
    for (const name of files) {
      const says = mayBeUnread(name) ? await toldOf(join(next.folder, name)) : undefined
      if (says !== undefined) return `${next.prefix}${name} ${says}`
    }
    for (const name of folders.filter((name) => !isSkippedFolder(name)).reverse())
      pending.push({ folder: join(next.folder, name), prefix: `${next.prefix}${name}/` })
  }
  return undefined
}

async function toldOf(file: string): Promise<string | undefined> {
  const access = await openFile(file)
  try {
    const head = await access.read(0, Math.min(HEAD_BYTES, access.byteLength))
    const kind = await unreadKind(seenOf(head, access, file))
    return kind?.endings && kind.says
  } finally {
    await access.close?.()
  }
}
