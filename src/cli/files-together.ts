import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import type { OutputFolder } from '../io/sink.ts'
import { type StagedFolder, stageFolder } from '../io/staged-folder.ts'
import { isHeldByAnother, type RunLock, takeRunLock } from './run-lock.ts'

/** Giving files their names takes a moment: whoever has not ended after this long is not waited for. */
const PATIENCE_MS = 20_000
const PAUSE_MS = 20

/**
 * Writes files of one folder that get their names together; of two processes that write there at a time each does so as a whole, and
 * the last one stays. @throws InputError when nothing can be written there, and what `work` throws
 */
export async function writeTogether<T>(path: string, work: (folder: OutputFolder) => Promise<T>): Promise<T> {
  const staged = await stageTogether(path)
  try {
    const result = await work(staged.folder)
    await staged.commit()
    return result
  } catch (error) {
    await staged.discard()
    throw error
  }
}

/** The same for whoever decides at the end whether they get their names. */
export function stageTogether(path: string): Promise<StagedFolder> {
  return stageFolder(path, alone)
}

async function alone(folder: string, work: () => Promise<void>): Promise<void> {
  const lock = await takeInTurn(folder)
  try {
    await work()
  } finally {
    await lock.release()
  }
}

async function takeInTurn(folder: string): Promise<RunLock> {
  for (const until = performance.now() + PATIENCE_MS; ; ) {
    try {
      return await takeRunLock(join(folder, '.files.lock'), folder)
    } catch (error) {
      // Any other with a cause says that nothing can be written there.
      const isTaken = error instanceof InputError && (error.cause === undefined || isHeldByAnother(error))
      if (!isTaken || performance.now() > until) throw error
    }
    await wait(PAUSE_MS)
  }
}
