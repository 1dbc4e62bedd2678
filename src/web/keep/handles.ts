import { isHiddenFile } from '../../sources/candidates.ts'

// Where files lie: handles survive a reload, and cost no copy. Chromium alone has them.

/** What of a handle's permission TypeScript's library does not know. */
interface Permitted {
  queryPermission?(wish: { mode: 'read' }): Promise<PermissionState>
  requestPermission?(wish: { mode: 'read' }): Promise<PermissionState>
}

/** The handle of a dropped item, asked for inside the drop event; undefined where the browser has none. */
export function handleOfItem(item: DataTransferItem): Promise<FileSystemHandle | null> | undefined {
  const giver = item as DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> }
  return giver.getAsFileSystemHandle?.()
}

/** Every file below the handles, with its path as a drop gives it; hidden ones are passed over. */
export async function filesBelow(
  handles: readonly (FileSystemHandle | null)[],
  most: number,
): Promise<Map<string, FileSystemFileHandle>> {
  const found = new Map<string, FileSystemFileHandle>()
  const visit = async (handle: FileSystemHandle, path: string): Promise<void> => {
    if (found.size > most) return
    if (handle.kind === 'file') found.set(path, handle as FileSystemFileHandle)
    else
      for await (const child of (handle as FileSystemDirectoryHandle).values())
        if (!isHiddenFile(child.name)) await visit(child, `${path}/${child.name}`)
  }
  for (const handle of handles) if (handle) await visit(handle, handle.name)
  return found
}

/** True when every handle may be read now; `ask`: the person is asked, which a browser allows only within a click. */
export async function mayRead(handles: readonly FileSystemHandle[], ask: boolean): Promise<boolean> {
  for (const handle of handles) {
    const { queryPermission, requestPermission } = handle as Permitted
    const wish = { mode: 'read' } as const
    const state = await (ask ? requestPermission : queryPermission)?.call(handle, wish)
    if (state !== 'granted') return false
  }
  return true
}
