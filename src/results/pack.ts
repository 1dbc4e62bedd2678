import { Zip, ZipPassThrough } from 'fflate'
import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import type { Sink } from '../io/sink.ts'
import { MANIFEST, RESULTS, UNHASHED } from './manifest.ts'

const PIECE = 1 << 20
const LARGEST = 0xffffffff // of a zip without ZIP64
/** The earliest date that a zip can hold, as the clock on the wall: zip has no time zones. */
const DATE = '1980-01-01T00:00:00'

/**
 * Writes files below results/ into one zip that holds them as they are: the same files give the same zip, and every one of
 * them is read from it by range.
 * @throws InputError beyond 4 GB
 * @example
 * const folder = diskFolder('results')
 * const { entries } = await checkFiles(folder, 'results')
 * const paths = [...entries.map(({ path }) => path), 'manifest.sha256', 'results.sha256']
 * const files = await Promise.all(paths.map(async (path) => [path, await folder.open(path)]))
 * const sink = await outputFolder('.').create('results.zip')
 * await packFiles(files, sink)
 * await sink.commit()
 */
export async function packFiles(files: Iterable<readonly [path: string, access: RandomAccess]>, sink: Sink): Promise<void> {
  const chunks: Uint8Array[] = []
  let failure: Error | null = null
  let written = 0
  const zip = new Zip((error, chunk) => {
    failure ??= error
    chunks.push(chunk)
  })
  const drain = async (): Promise<void> => {
    if (failure) throw failure
    for (const chunk of chunks.splice(0)) {
      written += chunk.length
      if (written > LARGEST)
        throw new InputError('results', 'are larger than 4 GB, which this zip cannot hold; use tar, or send the folder')
      await sink.write(chunk)
    }
  }
  for (const [path, access] of files) {
    const entry = new ZipPassThrough(`results/${path}`)
    entry.mtime = DATE
    zip.add(entry)
    for (let at = 0; at < access.byteLength; at += PIECE) {
      entry.push(await access.read(at, Math.min(PIECE, access.byteLength - at)))
      await drain()
    }
    entry.push(new Uint8Array(0), true)
    await drain()
  }
  zip.end()
  await drain()
}

/** Packs results: the files of their manifest in their order, then those outside it. @throws InputError when one is missing */
export async function packResults(folder: Folder, name: string, paths: readonly string[], sink: Sink): Promise<void> {
  const opened: (readonly [string, RandomAccess])[] = []
  try {
    for (const path of [...paths, ...UNHASHED]) {
      const access = await folder.open(path)
      if (access) opened.push([path, access])
      else if (path === MANIFEST || path === RESULTS || paths.includes(path))
        throw new InputError(`${name}/${path}`, 'is missing')
    }
    await packFiles(opened, sink)
  } finally {
    for (const [, access] of opened) await access.close?.()
  }
}
