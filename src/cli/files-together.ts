import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import type { OutputFolder } from '../io/sink.ts'
import { stageFolder } from '../io/staged-folder.ts'
import { type RunLock, takeRunLock } from './run-lock.ts'

/** Giving files their names takes a moment: whoever has not ended after this long is not waited for. */
const PATIENCE_MS = 20_000
const PAUSE_MS = 20

/**
 * Writes files of one folder that get their names together; of two processes that write there at a time each does so as a whole, and
 * the last one stays. @throws InputError when nothing can be written there, and what `work` throws
 */
export async function writeTogether<T>(path: string, work: (folder: OutputFolder) => Promise<T>): Promise<T> {
  const staged = await stageFolder(path, alone)
  try {
    const result = await work(staged.folder)
    await staged.commit()
    return result
  } catch (error) {
    await staged.discard()
    throw error
  }
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
      // One with a cause says that nothing can be written there; the other that somebody else has it.
      if (!(error instanceof InputError) || error.cause !== undefined || performance.now() > until) throw error
    }
    await wait(PAUSE_MS)
  }
}
