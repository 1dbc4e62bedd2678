import { createSha256 } from '#io'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { writeFile } from '../io/sink.ts'
import { MANIFEST, type ManifestEntry, manifestText, RESULTS, UNHASHED } from './manifest.ts'

/** A file that has been written aside and hashed, and waits for the others. */
export interface StagedFile extends ManifestEntry {
  readonly bytes: number
}

/** An artifact being written: its files get their names together, at `commit`, or not at all. */
export interface StagedArtifact extends OutputFolder {
  /** The files that are complete so far, unhashed ones left out. */
  readonly files: readonly StagedFile[]
  /** What `results.sha256` will hold for the files so far. */
  resultsSha256(): Promise<string>
  /**
   * Names all files. A crash before it leaves the old results; one within it leaves a folder without results.sha256, which
   * is no finished result, and which the next run repairs. @returns the number to quote
   */
  commit(): Promise<string>
  /** Removes what was written aside. */
  discard(): Promise<void>
}

/** Opens `folder` for an artifact. `stale`: files of the artifact that lies there now; those not written again are removed. */
export function stageArtifact(folder: OutputFolder, stale: readonly string[] = []): StagedArtifact {
  const waiting: Sink[] = []
  const open = new Set<Sink>()
  const files: StagedFile[] = []
  const hashed = (): StagedFile[] => files.filter(({ path }) => !UNHASHED.includes(path))
  const resultsSha256 = async (): Promise<string> => sha256Of(manifestText(hashed()))
  return {
    name: folder.name,
    get files() {
      return hashed()
    },
    remove: (path) => folder.remove(path),
    resultsSha256,
    async create(path) {
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
          waiting.push(sink)
          files.push({ path, bytes, sha256: hash.hex() })
        },
        flush: () => sink.flush(),
        async discard() {
          open.delete(sink)
          await sink.discard()
        },
      }
    },
    async commit() {
      const results = await resultsSha256()
      await folder.remove(RESULTS)
      for (const sink of waiting.splice(0)) await sink.commit()
      const kept = new Set(files.map(({ path }) => path))
      for (const path of stale) if (!kept.has(path)) await folder.remove(path)
      await writeFile(folder, MANIFEST, manifestText(hashed()))
      await writeFile(folder, RESULTS, `${results}\n`)
      return results
    },
    async discard() {
      for (const sink of [...open, ...waiting.splice(0)]) await sink.discard()
      open.clear()
    },
  }
}

async function sha256Of(text: string): Promise<string> {
  const hash = await createSha256()
  hash.update(new TextEncoder().encode(text))
  return hash.hex()
}
