import { createSha256 } from '#io'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { isOwnPath, MANIFEST, type ManifestEntry, manifestText, RESULTS, UNHASHED } from './manifest.ts'

/** A file that has been written aside and hashed, and waits for the others. */
export interface StagedFile extends ManifestEntry {
  readonly bytes: number
}

/** Results being written: its files get their names together, at `commit`, or not at all. */
export interface StagedResults extends OutputFolder {
  /** The files that are complete so far, unhashed ones left out. */
  readonly files: readonly StagedFile[]
  /** Files outside the manifest that are complete so far. */
  readonly unhashed: readonly StagedFile[]
  /** Reads a complete file back, wherever it waits. @throws InputError when it has not been written */
  readBack(path: string): Promise<RandomAccess>
  /** What `results.sha256` will hold for the files so far. */
  resultsSha256(): Promise<string>
  /**
   * Names all files. A crash before it leaves the old results whole; one within it leaves a folder without results.sha256,
   * which is no finished result, and which the next run repairs. @returns the number to quote
   */
  commit(): Promise<string>
  /** Removes what was written aside. */
  discard(): Promise<void>
}

/** Opens `folder` for results. `former`: files of the results that lies there now; those not written again are removed. */
export function stageResults(folder: OutputFolder, former: readonly string[] = []): StagedResults {
  const waiting = new Map<string, Sink>()
  const open = new Set<Sink>()
  const files: StagedFile[] = []
  const hashed = (): StagedFile[] => files.filter(({ path }) => !UNHASHED.includes(path))
  const resultsSha256 = async (): Promise<string> => sha256Of(manifestText(hashed()))
  const written = async (path: string, text: string): Promise<Sink> => {
    const sink = await folder.create(path)
    open.add(sink)
    await sink.write(new TextEncoder().encode(text))
    await sink.flush()
    return sink
  }
  return {
    name: folder.name,
    get files() {
      return hashed()
    },
    get unhashed() {
      return files.filter(({ path }) => UNHASHED.includes(path))
    },
    remove: (path) => folder.remove(path),
    sync: () => folder.sync(),
    resultsSha256,
    async readBack(path) {
      const sink = waiting.get(path)
      if (!sink) throw new InputError(`${folder.name}/${path}`, 'has not been written')
      return sink.readBack()
    },
    async create(path) {
      if (waiting.has(path)) throw new Error(`${path} is written twice`)
      const sink = await folder.create(path)
      const hash = await createSha256()
      let bytes = 0
      open.add(sink)
      return {
        async write(chunk) {
          hash.update(chunk)
          bytes += chunk.length
          await sink.write(chunk)
        },
        async commit() {
          await sink.flush()
          open.delete(sink)
          waiting.set(path, sink)
          files.push({ path, bytes, sha256: hash.hex() })
        },
        flush: () => sink.flush(),
        readBack: () => sink.readBack(),
        async discard() {
          open.delete(sink)
          await sink.discard()
        },
      }
    },
    async commit() {
      const results = await resultsSha256()
      // Everything is on the disk before the first old file goes: a disk that is full is found out here.
      const manifest = await written(MANIFEST, manifestText(hashed()))
      const number = await written(RESULTS, `${results}\n`)
      // In this order: no number stands beside files that it is not the number of, and whatever lies in the folder is
      // listed in the manifest that lies there, so that the run after a crash knows what to remove.
      await folder.remove(RESULTS)
      await folder.sync()
      for (const path of former) if (isOwnPath(path) && !waiting.has(path)) await folder.remove(path)
      await manifest.commit()
      for (const sink of waiting.values()) await sink.commit()
      waiting.clear()
      await folder.sync()
      await number.commit()
      await folder.sync()
      open.clear()
      return results
    },
    async discard() {
      for (const sink of [...open, ...waiting.values()]) await sink.discard()
      open.clear()
      waiting.clear()
    },
  }
}

async function sha256Of(text: string): Promise<string> {
  const hash = await createSha256()
  hash.update(new TextEncoder().encode(text))
  return hash.hex()
}
