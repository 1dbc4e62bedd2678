import { InputError } from '../errors.ts'
import type { ArrayGrid } from './array-grid.ts'
import type { StoredChecksum } from './stored-checksum.ts'
import { takeTurns } from './turns.ts'

/** Where a worker finds the same bytes again without being sent them. */
export type Origin =
  | { kind: 'path'; path: string }
  | { kind: 'blob'; blob: Blob }
  | { kind: 'url'; url: string; authorization?: string }

/** Bytes that are read by range: a file, a Blob, a URL, a part of one, or memory. The whole I/O contract of the readers. */
export interface RandomAccess {
  /** As a person named it; error messages begin with it. */
  readonly name: string
  readonly byteLength: number
  /**
   * Exactly `length` bytes from `offset`; into the start of `into` when given (whose view is returned, cut to `length`),
   * else into memory of its own. Never fewer bytes.
   * @throws InputError when the range lies outside the file or the file has been cut since it was opened
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>
  /** Where these bytes lie in something that a worker can open by itself; undefined when they exist only here. */
  readonly origin?: { readonly at: Origin; readonly offset: number }
  /** SHA-256 of the bytes, in hexadecimal, where whoever keeps them states it (the hub does of large files): they need not all be read to know it. */
  readonly statedSha256?: string
  /** What it was put together from, one after the other, when it was (`concatAccess`). */
  readonly parts?: readonly RandomAccess[]
  /** Of what this is a part of: absent where none is stored, or where reading checks it. */
  readonly checksum?: StoredChecksum
  /** Of the file that these bytes are from, where something tells whether it is still the same. */
  readonly watch?: FileWatch
  /** How it is kept in chunks, where reading it from first to last is dear. */
  readonly grid?: ArrayGrid
  close?(): Promise<void>
}

/** Whether a file is still what it was when it was opened. */
export interface FileWatch {
  /** Tells its bytes from all others without reading them: of a file on disk its size, its place, and when it was last changed. */
  readonly identity: string
  /** Tells them on every machine that sees the file, without reading them: size, and when its content was last changed. */
  readonly version?: string
  /** @throws InputError when the file was changed, replaced or removed: what was read is of no file at all */
  requireSame(): void
}

/** Finds files beside an input: external data, shards, index files. */
export interface Folder {
  /** @returns undefined when there is no such file. `path` is relative, with forward slashes, and must stay below the folder. */
  open(path: string): Promise<RandomAccess | undefined>
  /** The paths of all files below it, where they can be listed; at most `MOST_PATHS`. */
  paths?(): Promise<string[]>
}

/** Most files of a folder that are listed: what holds more is no folder of results. */
export const MOST_PATHS = 100_000

/** A folder in which nothing is found: for an input that came alone. */
export const emptyFolder: Folder = { open: async () => undefined }

/** One file to be read as a model (or as many), and what lies beside it. */
export interface Input {
  /** Path below what the person named, or the file's own name: unique among the inputs. */
  readonly path: string
  readonly access: RandomAccess
  readonly folder: Folder
  /** The commit of the repository that it lies in; absent for what lies in none. */
  readonly revision?: string
}

/** An input that is opened only when its turn comes, so that ten thousand of them hold one handle. */
export interface LazyInput {
  readonly path: string
  /** Sentences about it that a person should see, known from what lies beside it. */
  readonly notes?: readonly string[]
  /** Inputs that share it may be one network in several formats: those with the same filters are counted once. */
  readonly family?: string
  open(): Promise<Input>
}

/** A range check with one wording for all readers. */
export function requireRange(name: string, byteLength: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > byteLength) {
    throw new InputError(
      name,
      `ends at byte ${byteLength}, but bytes ${offset} to ${offset + length} are needed; the file is cut short or damaged, get it again`,
    )
  }
}

const SMALL_READ = 1 << 12
const SMALL_READS = 64

/** Bytes that are in memory already. Reading them waits for nothing, so it takes turns with what else waits in this thread. */
export function memoryAccess(name: string, bytes: Uint8Array): RandomAccess {
  let small = 0
  return {
    name,
    byteLength: bytes.byteLength,
    async read(offset, length, into) {
      requireRange(name, bytes.byteLength, offset, length)
      if (length >= SMALL_READ || ++small % SMALL_READS === 0) await takeTurns()
      const part = bytes.subarray(offset, offset + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
}

/** A part of another access, such as a stored zip entry; the name is the part's own. */
export function sliceAccess(whole: RandomAccess, offset: number, byteLength: number, name: string = whole.name): RandomAccess {
  requireRange(whole.name, whole.byteLength, offset, byteLength)
  return {
    name,
    byteLength,
    read(from, length, into) {
      requireRange(name, byteLength, from, length)
      return whole.read(offset + from, length, into)
    },
    ...(whole.origin && { origin: { at: whole.origin.at, offset: whole.origin.offset + offset } }),
    ...(whole.checksum && { checksum: whole.checksum }),
    ...(whole.watch && { watch: whole.watch }),
  }
}

/** Several accesses read as one, in their order: a tensor that runs over two shards or two record batches. */
export function concatAccess(name: string, parts: readonly RandomAccess[]): RandomAccess {
  if (parts.length === 1) return parts[0]!
  const starts: number[] = []
  let byteLength = 0
  for (const part of parts) {
    starts.push(byteLength)
    byteLength += part.byteLength
  }
  return {
    name,
    byteLength,
    parts: parts.flatMap((part) => part.parts ?? [part]),
    ...watchOf(parts),
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let k = 0, done = 0; k < parts.length && done < length; k++) {
        const part = parts[k]!
        const from = offset + done - starts[k]!
        if (from >= part.byteLength) continue
        const count = Math.min(length - done, part.byteLength - from)
        await part.read(from, count, out.subarray(done, done + count))
        done += count
      }
      return out
    },
  }
}

/** Of several files together, when something tells it of each. */
function watchOf(parts: readonly RandomAccess[]): Pick<RandomAccess, 'watch'> {
  const watches = parts.map(({ watch }) => watch)
  if (!watches.every((watch) => watch !== undefined)) return {}
  const requireSame = (): void => {
    for (const watch of watches) watch.requireSame()
  }
  return { watch: { identity: watches.map(({ identity }) => identity).join(' | '), requireSame } }
}
