import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { InputError } from '../errors.ts'
import type { Crc32, Platform, Scratch, Sha256 } from './platform.ts'
import {
  type FileWatch,
  type Folder,
  MOST_PATHS,
  memoryAccess,
  type Origin,
  type RandomAccess,
  requireRange,
} from './random-access.ts'
import { takeTurns } from './turns.ts'

// Read synchronously. A trip through the thread pool takes longer than a small read, and what another processor has read is far from
// this one's caches: layers of a file in the disk cache are measured in 0.83 to 0.90 of the time.
const READ_SYNC = 1 << 24
const LARGEST_READ = 1 << 30 // one read(2) takes less than 2 GiB

const readLater = promisify(read)

/** A pipe that nobody writes to does not keep us waiting: it is opened, seen to be none of ours, and closed. */
export const OPEN_WITHOUT_WAITING: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Opens a file for reading by range. @throws InputError when it is missing, unreadable, a folder, a pipe, a socket or a device */
export async function openFile(path: string, name: string = path): Promise<RandomAccess> {
  // At once and as a plain descriptor: of ten thousand small files, FileHandles take a third of the time.
  let descriptor: number
  try {
    descriptor = openSync(path, OPEN_WITHOUT_WAITING)
  } catch (error) {
    throw new InputError(name, openProblem(path, error), { cause: error })
  }
  const stats = fstatSync(descriptor, { bigint: true })
  const size = Number(stats.size)
  let isOpen = true
  let reads = 0
  // The number may be given to another file as soon as it is closed: reads that are under way come first.
  const close = async (): Promise<void> => {
    if (isOpen && reads === 0) closeSync(descriptor)
    isOpen = false
  }
  if (stats.isDirectory()) {
    await close()
    throw new InputError(name, 'is a folder, not a file')
  }
  if (!stats.isFile()) {
    await close()
    throw new InputError(name, NO_FILE)
  }
  const full = resolve(path)
  return {
    name,
    byteLength: size,
    origin: { at: { kind: 'path', path: full }, offset: 0 },
    watch: watchFile(full, name, stats),
    async read(offset, length, into) {
      requireRange(name, size, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const count = Math.min(length - done, LARGEST_READ)
        if (!isOpen) throw new InputError(name, 'has been closed')
        let bytesRead: number
        reads++
        try {
          if (count <= READ_SYNC) await takeTurns()
          bytesRead =
            count <= READ_SYNC
              ? readSync(descriptor, out, done, count, offset + done)
              : (await readLater(descriptor, out, done, count, offset + done)).bytesRead
        } catch (error) {
          throw new InputError(name, fileProblem(error), { cause: error }) // a broken disk, a network that went away
        } finally {
          if (--reads === 0 && !isOpen) closeSync(descriptor)
        }
        if (bytesRead === 0)
          throw new InputError(
            name,
            `ends at byte ${offset + done}, although it had ${size} bytes when it was opened; do not change files while they are read`,
          )
        done += bytesRead
      }
      return out
    },
    close,
  }
}

/** A name of bytes that are no UTF-8 comes to us with marks in their place, under which nothing is found. */
function openProblem(path: string, error: unknown): string {
  const isAnother = (error as NodeJS.ErrnoException).code === 'ENOENT' && path.includes('\ufffd')
  return isAnother ? 'has a name that is no UTF-8; rename it' : fileProblem(error)
}

/** By path, for threads that open the file again find what lies there then. */
function watchFile(path: string, name: string, opened: BigIntStats): FileWatch {
  const identity = diskIdentity(opened)
  return {
    identity,
    version: `${opened.size} bytes of ${new Date(Number(opened.mtimeMs)).toISOString()}`,
    requireSame() {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (!found || diskIdentity(found) !== identity)
        throw new InputError(name, 'was changed, replaced or removed while it was read; run again when it stays as it is')
    },
  }
}

/** What the system says of a file, as far as it tells it from others. Written out: the package's types need none of Node's. */
export interface DiskFacts {
  readonly size: bigint
  readonly dev: bigint
  readonly ino: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/**
 * Tells the bytes of a file from all others without reading them. When it was last changed in any way (ctime) nobody can set back, as
 * they can when its content was (mtime).
 */
export function diskIdentity({ size, dev, ino, mtimeNs, ctimeNs }: DiskFacts): string {
  return [size, dev, ino, mtimeNs, ctimeNs].join(' ')
}

/** What is said of a pipe, a socket or a device that is given for a file. */
export const NO_FILE = 'is a pipe, a socket or a device, not a file; save its bytes to a file first'

/** The sentence for what the operating system said about a file. */
export function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  const sentences: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'may not be used: permission denied',
    EPERM: 'is not permitted',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'a part of the path is not a folder',
    EMFILE: 'cannot be opened: too many open files',
    ENOSPC: 'cannot be written: the disk is full',
    ENXIO: NO_FILE, // a socket
    EFBIG: 'cannot be written: it would be larger than this system allows',
    EDQUOT: 'cannot be written: the quota of this user is used up',
    ENAMETOOLONG: 'has a name that is too long for the file system',
    EEXIST: 'is a file where a folder is needed',
    EROFS: 'cannot be written: the file system is read-only',
    EPIPE: 'was closed by its reader before all was written',
    ELOOP: 'is a link that leads in a circle',
  }
  return (code && sentences[code]) || `cannot be used: ${error instanceof Error ? error.message : String(error)}`
}

/** The files below a folder on disk. Paths that leave it are refused. `name`: the folder as messages name it. */
export function diskFolder(path: string, name: string = path): Folder {
  const root = resolve(path)
  return {
    async open(relative) {
      const full = resolve(root, relative)
      if (!full.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined
      const found = await stat(full).catch(() => undefined)
      return found?.isFile() ? openFile(full, join(name, relative)) : undefined
    },
    async paths() {
      const found: string[] = []
      const folders = ['']
      for (let below = folders.pop(); below !== undefined && found.length < MOST_PATHS; below = folders.pop()) {
        for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
          const relative = below === '' ? entry.name : `${below}/${entry.name}`
          if (entry.isDirectory()) folders.push(relative)
          else found.push(relative)
        }
      }
      return found
    },
  }
}

/** @see Platform.openOrigin */
export async function openOrigin(origin: Origin, name: string): Promise<RandomAccess> {
  if (origin.kind === 'path') return openFile(origin.path, name)
  if (origin.kind === 'blob') return memoryAccess(name, new Uint8Array(await origin.blob.arrayBuffer()))
  const { openUrl } = await import('./http.ts')
  return openUrl(origin.url, origin.authorization === undefined ? {} : { authorization: origin.authorization })
}

/** @see Platform.openScratch */
export async function openScratch(byteLength: number): Promise<Scratch | undefined> {
  const { openNodeScratch } = await import('./node-scratch.ts')
  return openNodeScratch(byteLength)
}

/** @see Platform.createCrc32 */
export async function createCrc32(): Promise<Crc32> {
  let crc = 0
  return {
    reset: () => {
      crc = 0
    },
    update: (bytes) => {
      crc = crc32(bytes, crc)
    },
    value: () => crc,
  }
}

/** @see Platform.sha256AtOnce */
export const sha256AtOnce: Platform['sha256AtOnce'] = undefined

/** @see Platform.createSha256 */
export async function createSha256(): Promise<Sha256> {
  const hash = createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  }
}
