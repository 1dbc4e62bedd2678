import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { InputError } from '../errors.ts'
import type { Sha256 } from './platform.ts'
import { type Folder, memoryAccess, type Origin, type RandomAccess, requireRange } from './random-access.ts'
import type { OutputFolder, Sink } from './sink.ts'

const SMALL_READ = 1 << 16 // read at once: a trip through the thread pool takes longer than the read
const LARGEST_READ = 1 << 30 // one read(2) takes less than 2 GiB

/** Opens a file for reading by range. @throws InputError when it is missing, a folder or unreadable */
export async function openFile(path: string, name: string = path): Promise<RandomAccess> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw new InputError(name, fileProblem(error), { cause: error })
  }
  const { size, isFolder } = await handle.stat().then((s) => ({ size: s.size, isFolder: s.isDirectory() }))
  if (isFolder) {
    await handle.close()
    throw new InputError(name, 'is a folder, not a file')
  }
  return {
    name,
    byteLength: size,
    origin: { at: { kind: 'path', path: resolve(path) }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, size, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const count = Math.min(length - done, LARGEST_READ)
        const bytesRead =
          count <= SMALL_READ
            ? readSync(handle.fd, out, done, count, offset + done)
            : (await handle.read(out, done, count, offset + done)).bytesRead
        if (bytesRead === 0)
          throw new InputError(
            name,
            `ends at byte ${offset + done}, although it had ${size} bytes when it was opened; do not change files while they are read`,
          )
        done += bytesRead
      }
      return out
    },
    close: () => handle.close(),
  }
}

/** The sentence for what the operating system said about a file. */
export function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  const sentences: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'may not be read (permission denied)',
    EPERM: 'is not permitted',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'a part of the path is not a folder',
    EMFILE: 'cannot be opened: too many open files',
    ENOSPC: 'cannot be written: the disk is full',
    EROFS: 'cannot be written: the file system is read-only',
    ELOOP: 'is a link that leads in a circle',
  }
  return (code && sentences[code]) || `cannot be used: ${error instanceof Error ? error.message : String(error)}`
}

/** The files below a folder on disk. Paths that leave it are refused. */
export function diskFolder(path: string): Folder {
  const root = resolve(path)
  return {
    async open(relative) {
      const full = resolve(root, relative)
      if (!full.startsWith(root + sep)) return undefined
      const found = await stat(full).catch(() => undefined)
      return found?.isFile() ? openFile(full, join(path, relative)) : undefined
    },
  }
}

/** @see Platform.openOrigin */
export async function openOrigin(origin: Origin, name: string): Promise<RandomAccess> {
  if (origin.kind === 'path') return openFile(origin.path, name)
  if (origin.kind === 'blob') return memoryAccess(name, new Uint8Array(await origin.blob.arrayBuffer()))
  const { openUrl } = await import('./http.ts')
  return openUrl(origin.url)
}

export { processors, startMeasureWorker } from './node-measure.ts'

/** @see Platform.createSha256 */
export async function createSha256(): Promise<Sha256> {
  const hash = createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  }
}

/** A folder on disk to write to: every file is written aside (`.name.part`, which a later run replaces), flushed and renamed. */
export function outputFolder(path: string): OutputFolder {
  return {
    name: path,
    async create(relative): Promise<Sink> {
      const target = join(path, relative)
      const aside = join(dirname(target), `.${basename(target)}.part`)
      const failed = (error: unknown): never => {
        throw new InputError(target, fileProblem(error), { cause: error })
      }
      await mkdir(dirname(target), { recursive: true }).catch(failed)
      const handle = await open(aside, 'w').catch(failed)
      let open_ = true
      const discard = async (): Promise<void> => {
        if (open_) await handle.close()
        open_ = false
        await rm(aside, { force: true })
      }
      return {
        async write(bytes) {
          for (let done = 0; done < bytes.length; ) {
            const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, LARGEST_READ)).catch(failed)
            done += bytesWritten
          }
        },
        flush: () => handle.sync().catch(failed),
        async commit() {
          try {
            await handle.sync()
            await handle.close()
            open_ = false
            await rename(aside, target)
          } catch (error) {
            await discard()
            failed(error)
          }
        },
        discard,
      }
    },
    async remove(relative) {
      const target = join(path, relative)
      await rm(target, { force: true }).catch((error: unknown) => {
        throw new InputError(target, fileProblem(error), { cause: error })
      })
    },
  }
}
