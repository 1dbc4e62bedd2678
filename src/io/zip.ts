import type { Entry } from '@zip.js/zip.js/lib/zip-core-reader.js'
import { InputError } from '../errors.ts'
import { checkedAccess } from './checked-access.ts'
import { InflatedCache, inflateExactly } from './inflate.ts'
import { type Folder, type RandomAccess, requireRange, sliceAccess } from './random-access.ts'
import { looksLikeZip } from './zip-signature.ts'
import { withZip64Shown } from './zip64.ts'

export { looksLikeZip } from './zip-signature.ts'

/** One file in a zip. */
export interface ZipEntry {
  /** Path with forward slashes, relative, without "." or "..". */
  readonly name: string
  /** Bytes once inflated. */
  readonly byteLength: number
  readonly compressedLength: number
  /** True when the bytes lie in the zip as they are, so that they are read by range, also by workers. */
  readonly stored: boolean
  /**
   * A stored entry is a part of the zip itself, whose CRC `checksum` holds against it; a deflated one is inflated when it is first read, and its CRC checked.
   * Closing either leaves the zip open.
   * @throws InputError for an encrypted entry, an unknown compression, a damaged local header or a zip bomb
   */
  open(): Promise<RandomAccess>
}

export interface Zip {
  /** Files only, in the order of the central directory. */
  readonly entries: readonly ZipEntry[]
  find(name: string): ZipEntry | undefined
  /** The files below a path inside the zip ("" for all). */
  folder(below?: string): Folder
}

/** What is kept of an entry of the directory: zip.js's own take 8 KB each. */
interface Listed {
  readonly filename: string
  /** Bytes of the name as it is stored. */
  readonly nameLength: number
  readonly directory: boolean
  readonly offset: number
  readonly byteLength: number
  readonly compressedLength: number
  readonly compressionMethod: number | undefined
  readonly encrypted: boolean
  readonly crc: number
}

const LARGEST_DIRECTORY = 1 << 26
const MOST_ENTRIES = 200_000
const LARGEST_INFLATED = 0x7fffffff // what one array holds in every browser
const BOMB_RATIO = 200 // weights deflate to about 0.9 of their size; a sparse or constant array reaches some tens
const BOMB_FROM = 1 << 26
const KEPT_INFLATED = 1 << 28

const opened = new WeakMap<RandomAccess, Promise<Zip>>()

/**
 * Reads a zip's central directory, ZIP64 included; no entry is read. For the same access it is read only
 * once: several formats are zips, and each opens it to see whether the file is its own.
 * @throws InputError when it is cut short or damaged, split over several files, or an entry's path leaves the zip, comes twice
 * or shares bytes with another
 */
export function openZip(access: RandomAccess): Promise<Zip> {
  const known = opened.get(access)
  if (known) return known
  const zip = readZip(access)
  opened.set(access, zip)
  return zip
}

/** A zip, or undefined when it cannot be read: for a format that only asks whether an input is one of its own. */
export async function tryZip(access: RandomAccess): Promise<Zip | undefined> {
  try {
    return await openZip(access)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

async function readZip(access: RandomAccess): Promise<Zip> {
  const listed = await readDirectory(access)
  const cache = new InflatedCache(KEPT_INFLATED)
  const entries: ZipEntry[] = []
  const byName = new Map<string, ZipEntry>()
  for (const item of listed) {
    if (item.directory) continue
    const entry = entryOf(access, item, cache)
    if (byName.has(entry.name)) throw new InputError(access.name, `the zip holds ${quote(entry.name)} twice; pack it anew`)
    byName.set(entry.name, entry)
    entries.push(entry)
  }
  return {
    entries,
    find: (name) => byName.get(name),
    folder: (below = '') => {
      const prefix = below === '' || below.endsWith('/') ? below : `${below}/`
      return {
        open: async (path) => byName.get(joined(prefix, path) ?? '')?.open(),
        // What lies beside the folder came in the same zip.
        paths: async () => entries.map(({ name }) => (name.startsWith(prefix) ? name.slice(prefix.length) : `../${name}`)),
      }
    },
  }
}

function entryOf(access: RandomAccess, item: Listed, cache: InflatedCache): ZipEntry {
  const name = safePath(access, item.filename)
  const { byteLength, compressedLength, compressionMethod, encrypted, crc } = item
  const stored = compressionMethod === 0
  const open = async (): Promise<RandomAccess> => {
    const title = `${access.name}/${name}`
    if (encrypted) throw new InputError(title, 'is encrypted; unpack the zip with its password first')
    if (compressionMethod === undefined)
      throw new InputError(title, "has an entry in the zip's directory that is damaged; get the file again")
    if (!stored && compressionMethod !== 8)
      throw new InputError(
        title,
        `is compressed by method ${compressionMethod}, and only stored and deflated entries are read; unpack the zip first`,
      )
    const start = await dataStart(access, item, title)
    if (start + compressedLength > access.byteLength)
      throw new InputError(title, `runs past the end of the zip (byte ${access.byteLength}); the file is cut short, get it again`)
    const packed = sliceAccess(access, start, compressedLength, title)
    if (stored) {
      if (byteLength !== compressedLength)
        throw new InputError(
          title,
          `states two sizes, ${byteLength} and ${compressedLength} bytes; the zip is damaged, get it again`,
        )
      // PyTorch writes 0 where it was set to compute no checksums.
      return crc === 0 ? packed : checkedAccess(packed, 'CRC-32', crc)
    }
    if (byteLength > LARGEST_INFLATED)
      throw new InputError(
        title,
        `inflates to ${byteLength} bytes, more than the ${LARGEST_INFLATED} that are read from inside a zip; unpack it first`,
      )
    if (byteLength > BOMB_FROM && byteLength > BOMB_RATIO * compressedLength)
      throw new InputError(
        title,
        `claims to inflate ${compressedLength} bytes to ${byteLength}, as a zip bomb does; unpack it first if you trust it`,
      )
    return {
      name: title,
      byteLength,
      async read(offset, length, into) {
        requireRange(title, byteLength, offset, length)
        const all = await cache.get(name, byteLength, () => inflateExactly(packed, byteLength, crc))
        const part = all.subarray(offset, offset + length)
        if (!into) return part
        into.set(part)
        return into.subarray(0, length)
      },
    }
  }
  return { name, byteLength, compressedLength, stored, open }
}

/** First byte of an entry's data: behind the local header, whose name and extra field have lengths of their own. */
async function dataStart(access: RandomAccess, item: Listed, title: string): Promise<number> {
  const HEADER = 30
  if (item.offset + HEADER > access.byteLength)
    throw new InputError(
      title,
      `should begin at byte ${item.offset}, but the zip ends at byte ${access.byteLength}; the file is cut short, get it again`,
    )
  const header = await access.read(item.offset, HEADER)
  const view = new DataView(header.buffer, header.byteOffset, HEADER)
  if (view.getUint32(0, true) !== 0x04034b50)
    throw new InputError(title, `has no local header at byte ${item.offset}; the zip is damaged, get it again`)
  const nameLength = view.getUint16(26, true)
  if (nameLength !== item.nameLength || view.getUint16(8, true) !== item.compressionMethod)
    throw new InputError(
      title,
      `has a local header at byte ${item.offset} that contradicts the zip's directory; the zip is damaged, get it again`,
    )
  return item.offset + HEADER + nameLength + view.getUint16(28, true)
}

async function readDirectory(access: RandomAccess): Promise<Listed[]> {
  const { ZipReader } = await import('@zip.js/zip.js/lib/zip-core-reader.js')
  const shown = await withZip64Shown(access)
  const bytes = {
    size: shown.byteLength,
    // zip.js asks for what a file states; what lies beyond its end is simply missing.
    async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
      if (!(offset >= 0) || offset >= shown.byteLength) return new Uint8Array(0)
      const there = Math.min(length, shown.byteLength - offset)
      if (there > LARGEST_DIRECTORY)
        throw new InputError(access.name, `has a zip directory of ${there} bytes, which no real archive has`)
      return shown.read(offset, there)
    },
  }
  const found: Listed[] = []
  try {
    // The declared types know only zip.js's own Reader classes; its code takes any object of this shape.
    const reader = new ZipReader(bytes as unknown as ConstructorParameters<typeof ZipReader>[0], {
      filenameValidation: 'tolerant',
    })
    for await (const entry of reader.getEntriesGenerator()) {
      found.push(listedOf(entry))
      if (found.length > MOST_ENTRIES) throw new InputError(access.name, `has more than ${MOST_ENTRIES} entries; unpack it first`)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(access.name, directoryProblem(error), { cause: error })
  }
  requireApart(access, found)
  await requireWhole(access, found)
  return found
}

function listedOf(entry: Entry): Listed {
  return {
    filename: entry.filename,
    nameLength: entry.rawFilename.length,
    directory: entry.directory,
    offset: entry.offset,
    byteLength: entry.uncompressedSize,
    compressedLength: entry.compressedSize,
    compressionMethod: entry.compressionMethod,
    encrypted: entry.encrypted,
    crc: entry.crc32 ?? 0,
  }
}

function directoryProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (/split/i.test(message)) return 'is one part of a zip split over several files; join them first'
  if (/encrypted/i.test(message)) return 'is a zip whose directory is encrypted; unpack it with its password first'
  if (/ambiguous|overlapping/i.test(message)) return `is a zip that can be read in two ways (${message}); pack it anew`
  return `begins as a zip but its directory cannot be read (${message.toLowerCase()}); the file is cut short or damaged, get it again`
}

/** Entries that share bytes are a zip bomb's way to be small. */
function requireApart(access: RandomAccess, items: readonly Listed[]): void {
  const sorted = [...items].sort((a, b) => a.offset - b.offset)
  for (let k = 1; k < sorted.length; k++) {
    const before = sorted[k - 1]!
    if (before.offset + 30 + before.nameLength + before.compressedLength > sorted[k]!.offset)
      throw new InputError(
        access.name,
        `the zip's entries ${quote(before.filename)} and ${quote(sorted[k]!.filename)} share bytes; it is damaged or hostile`,
      )
  }
}

/**
 * A file that begins with an entry of which its directory knows nothing is several zips one behind another: the directory is
 * the last one's, and reading it alone would lose the others without a word.
 */
async function requireWhole(access: RandomAccess, items: readonly Listed[]): Promise<void> {
  if (items.length === 0 || items.some(({ offset }) => offset === 0)) return
  if (looksLikeZip(await access.read(0, Math.min(4, access.byteLength))))
    throw new InputError(
      access.name,
      'holds several zips one behind another, as the shards of torch.distributed.checkpoint do; give the folder they came in, with its .metadata',
    )
}

function safePath(access: RandomAccess, filename: string): string {
  const name = joined('', filename.replaceAll('\\', '/'))
  if (name === undefined)
    throw new InputError(access.name, `the zip holds ${quote(filename)}, a path that leaves it; such a file is not read`)
  return name
}

/** A relative path below `prefix` with "." removed; undefined when it is empty, absolute or leaves the prefix. */
function joined(prefix: string, path: string): string | undefined {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.includes('\0')) return undefined
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.length ? prefix + parts.join('/') : undefined
}

const quote = (name: string): string => JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name)
