import type { Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem, openFile } from './node.ts'
import { partDone, partOf, removeDeadParts } from './part-files.ts'
import type { OutputFolder, Sink } from './sink.ts'

/** What is said of a link to nothing where something is to be written. */
export const DEAD_LINK = 'is a link to something that is not there; remove the link, or make what it leads to'

const LARGEST_WRITE = 1 << 30 // one write(2) takes less than 2 GiB

/**
 * A folder on disk to write to: every file is written aside, flushed and renamed. `aside` is a folder for that, on the same
 * disk; without it a file lies beside its place until it has its name.
 */
export function outputFolder(path: string, aside?: string): OutputFolder {
  const renamedIn = new Set<string>()
  return {
    name: path,
    create: async (relative) => {
      const target = join(path, relative)
      const waiting = aside === undefined ? partOf(target) : join(aside, relative)
      await makeFolder(dirname(target)).catch(failedAt(target))
      if (aside === undefined) await removeDeadParts(target).catch(failedAt(target))
      await makeFolder(dirname(waiting)).catch(failedAt(target))
      renamedIn.add(dirname(target))
      return diskSink(target, waiting)
    },
    async remove(relative) {
      const target = join(path, relative)
      renamedIn.add(dirname(target))
      await rm(target, { force: true }).catch(failedAt(target))
    },
    async sync() {
      for (const folder of renamedIn) await syncFolder(folder)
      renamedIn.clear()
    },
  }
}

/** Makes a folder and those above it. Node's own recursive mkdir says "no such file" for a file system that is read-only. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await statThere(path)).isDirectory()) return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code === 'ENOENT') throw new Error('no folder can be made there', { cause: again }) // as in /proc
      if (again.code !== 'EEXIST') throw again
    })
  }
}

/** What lies at a name that is taken; another process may have taken it away by now. */
async function statThere(path: string): Promise<Stats> {
  return stat(path).catch(async (error: NodeJS.ErrnoException) => {
    throw (await isLink(path))
      ? new InputError(path, error.code === 'ENOENT' ? DEAD_LINK : fileProblem(error), { cause: error })
      : error
  })
}

/** True for a link, wherever it leads. */
export async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false
}

async function diskSink(target: string, waiting: string): Promise<Sink> {
  const failed = failedAt(target)
  const handle = await open(waiting, 'w').catch(failed)
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await handle.close()
  }
  const discard = async (): Promise<void> => {
    await close().catch(() => undefined)
    partDone(waiting)
    await rm(waiting, { force: true }).catch(() => undefined) // what cannot be removed is removed by the next run
  }
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, LARGEST_WRITE)).catch(failed)
        done += bytesWritten
      }
    },
    flush: () => handle.sync().catch(failed),
    readBack: () => openFile(waiting, target),
    async commit() {
      try {
        await handle.sync()
        await close()
        await rename(waiting, target)
        partDone(waiting)
      } catch (error) {
        await discard()
        failed(error)
      }
    },
    discard,
  }
}

/** Names are kept in the folder itself. Windows opens no folder, and some file systems sync none: then it is theirs to keep order. */
async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch {
    return
  }
  try {
    await handle.sync()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'EBADF' && code !== 'ENOTSUP') failedAt(path)(error)
  } finally {
    await handle.close()
  }
}

function failedAt(path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof InputError) throw error
    throw new InputError(path, fileProblem(error), { cause: error })
  }
}
