import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { copyFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { makeFolder, outputFolder } from '../io/node-output.ts'
import type { JournalStore } from '../results/journal.ts'
import { type PassName, planPaths } from '../shards/plan-paths.ts'
import { type JournalFile, journalFile } from './journal-file.ts'
import { isHeldByAnother, type RunLock, takeRunLock } from './run-lock.ts'
import { say } from './talk.ts'

/*
 * The files of a shard while it is measured. Whoever has the lock is at work; others wait until the part is there, or the holder is
 * dead (on another host: has not touched its lock for a while). That one may be wrong about it: a disk that did not answer, a network that
 * went away. So nobody writes where another one may: whoever takes over copies the journal and puts the copy in its place, and only
 * the journal that is still in its place becomes the part.
 */

const WAIT_MS = 1000
const TELL_MS = 1000

export interface ShardPlace {
  /** Folder of the plan. */
  readonly plan: string
  readonly pass: PassName
  readonly shard: number
  /** For messages. */
  readonly title: string
  /** Whether the part is there. */
  readonly isThere: () => Promise<boolean>
  /** Whether what an earlier attempt measured is used. */
  readonly resume: boolean
}

/** A shard that this process has to itself. */
export interface ShardFolder {
  readonly store: JournalStore
  /** From now on nobody else's writing reaches the journal. */
  begun(): Promise<void>
  /** Says how far the shard is, now and then. */
  tell(progress: { readonly done: number; readonly total: number; readonly model: string }): void
  /** Gives the part its name. @returns false when another run has taken over, believing this one dead: the part is its to make */
  finish(): Promise<boolean>
  /** Keeps why the attempt failed. */
  failed(error: unknown): Promise<void>
  release(): Promise<void>
}

/** Takes a shard, when nobody else is at work on it. @returns undefined when another one has finished it meanwhile */
export async function openShardFolder(place: ShardPlace): Promise<ShardFolder | undefined> {
  const { plan, pass, shard, isThere, resume } = place
  const at = (path: (pass: PassName, shard: number) => string): string => join(plan, path(pass, shard))
  const [lockPath, journalPath, progressPath, failedPath] = [
    planPaths.lock,
    planPaths.journal,
    planPaths.progress,
    planPaths.failed,
  ].map(at) as [string, string, string, string]
  const failure = (error: unknown): never => {
    throw error instanceof InputError ? error : new InputError(plan, fileProblem(error), { cause: error })
  }
  await makeFolder(dirname(lockPath)).catch(failure)
  const lock = await takenLock(lockPath, place)
  if (!lock) return undefined
  let journal: JournalFile
  try {
    if (await isThere()) {
      await lock.release()
      return undefined
    }
    if (resume) await adopt(journalPath)
    else await rm(journalPath, { force: true })
    journal = journalFile(journalPath)
  } catch (error) {
    await lock.release()
    return failure(error)
  }
  const since = new Date().toISOString()
  let told = 0
  let inode: bigint | undefined
  const inodeOf = async (): Promise<bigint | undefined> => (await stat(journalPath, { bigint: true }).catch(() => undefined))?.ino
  return {
    store: journal,
    async begun() {
      await journal.append(new Uint8Array(0))
      inode = await inodeOf()
    },
    tell(progress) {
      const now = Date.now()
      if (now - told < TELL_MS) return
      told = now
      try {
        const aside = `${progressPath}.${process.pid}`
        writeFileSync(aside, JSON.stringify({ ...progress, since, host: hostname(), pid: process.pid }))
        renameSync(aside, progressPath)
      } catch {
        // how far it is need not be known
      }
    },
    async finish() {
      await journal.flush()
      const isHeld = await lock.requireHeld().then(
        () => true,
        (error: unknown) => (isHeldByAnother(error) ? false : failure(error)),
      )
      if (!isHeld || (await inodeOf()) !== inode) return false
      await journal.close()
      await rename(journalPath, at(planPaths.part)).catch(failure)
      const folder = outputFolder(plan)
      for (const path of [planPaths.progress, planPaths.failed]) await folder.remove(path(pass, shard))
      await folder.sync()
      return true
    },
    async failed(error) {
      const problem = error instanceof Error ? error.message : String(error)
      const text = JSON.stringify({ problem, when: new Date().toISOString(), host: hostname() })
      await writeFile(failedPath, text).catch(() => undefined) // the disk may be what failed
    },
    async release() {
      await journal.close().catch(() => undefined)
      await rm(progressPath, { force: true }).catch(() => undefined)
      await lock.release()
    },
  }
}

/** The lock of a shard; while a living run has it, waits. @returns undefined when the part is there */
async function takenLock(path: string, { title, isThere, plan }: ShardPlace): Promise<RunLock | undefined> {
  for (let said = false; ; said = true) {
    try {
      return await takeRunLock(path, plan)
    } catch (error) {
      if (!isHeldByAnother(error)) throw error
      if (!said) say(`${title}: ${error.cause.where} is at work on it; waiting for its part`)
    }
    await wait(WAIT_MS)
    if (await isThere()) return undefined
  }
}

/** Puts a copy in the place of what an earlier attempt wrote: should it still be alive, it writes elsewhere. */
async function adopt(path: string): Promise<void> {
  const copy = `${path}.${randomUUID()}`
  try {
    await copyFile(path, copy)
    await rename(copy, path)
  } catch (error) {
    await rm(copy, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
