import { rmdirSync, rmSync } from 'node:fs'
import { lstat, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { makeFolder, outputFolder } from '../io/node-output.ts'
import type { OutputFolder } from '../io/sink.ts'
import { type JournalFile, journalFile } from './journal-file.ts'
import { type RunLock, takeRunLock } from './run-lock.ts'

/** In the folder of the results while a run writes there: its lock, its journal, and the files that have no name yet. */
const OWN = '.filterlens'

/** A folder that one run has to itself, and writes its results to. */
export interface RunFolder {
  /** Files are written below .filterlens/ and renamed. */
  readonly folder: OutputFolder
  readonly journal: JournalFile
  readonly lock: RunLock
  /** Lets go of the folder. What a later run may use (a journal) stays; a folder that was made and is empty goes. */
  release(): Promise<void>
}

/** Makes the folder when it is not there, and takes it. @throws InputError when it cannot be made, or another run has it */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const existed = await stat(path).then(
    () => true,
    () => false,
  )
  const own = join(path, OWN)
  const aside = join(own, 'new')
  const removeEmpty = async (): Promise<void> => {
    await rmdir(own).catch(() => undefined) // what is not empty stays
    if (!existed) await rmdir(path).catch(() => undefined)
  }
  const failed = (error: unknown): never => {
    throw error instanceof InputError ? error : new InputError(path, fileProblem(error), { cause: error })
  }
  const take = async (): Promise<RunLock> => {
    await makeFolder(own).catch(failed)
    // What is removed below it must be ours, and not where somebody's link leads.
    if ((await lstat(own).catch(failed)).isSymbolicLink())
      throw new InputError(own, 'is a link; remove it: a run keeps its own files in a folder of this name')
    return takeRunLock(join(own, 'lock'), path)
  }
  const lock = await take()
    // A run that ends just now removes the folder before our lock is in it.
    .catch((error: Error) =>
      (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' ? take() : Promise.reject(error),
    )
    .catch(async (error: unknown) => {
      await removeEmpty()
      throw error
    })
  const journal = journalFile(join(own, 'journal'))
  await rm(aside, { recursive: true, force: true }).catch(failed) // of a run that was killed
  // A process that ends in any way but a kill leaves what `release` leaves.
  const leave = (): void => {
    try {
      const isDone = journal.size() === 0
      rmSync(isDone ? own : aside, { recursive: true, force: true })
      if (isDone && !existed) rmdirSync(path)
    } catch {
      // the next run removes it
    }
  }
  process.once('exit', leave)
  return {
    folder: outputFolder(path, aside),
    journal,
    lock,
    async release() {
      process.off('exit', leave)
      const isDone = journal.size() === 0
      await journal.close()
      await rm(isDone ? own : aside, { recursive: true, force: true }).catch(() => undefined)
      await lock.release()
      await removeEmpty()
    },
  }
}

/** Runs work that has a folder to itself, where one is given. @throws InputError when it cannot be made, or another run has it */
export async function withRunFolder<T>(path: string | undefined, work: () => Promise<T>): Promise<T> {
  const place = path === undefined ? undefined : await openRunFolder(path)
  try {
    return await work()
  } finally {
    await place?.release()
  }
}
