import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { fileProblem } from './node.ts'
import type { Sink } from './sink.ts'

/** A pipe that is full, or that nobody reads yet, is looked at again after this long. */
const PAUSE_MS = 10

/** Never waits inside of a call: a thread that did could not be ended in order. */
const OPEN = constants.O_WRONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** Opens a pipe or a device to write into; a pipe that nobody reads is waited for. What is written cannot be taken back. */
export async function openStreamSink(path: string): Promise<Sink> {
  const failed = (error: unknown): never => {
    throw new InputError(path, fileProblem(error), { cause: error })
  }
  const handle = await openPatiently(path).catch(failed)
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; )
        try {
          done += (await handle.write(bytes, done)).bytesWritten
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') failed(error)
          await wait(PAUSE_MS)
        }
    },
    flush: async () => undefined,
    readBack: () => Promise.reject(new InputError(path, 'cannot be read back: it is no file')),
    commit: () => close().catch(failed),
    discard: () => close().catch(() => undefined),
  }
}

async function openPatiently(path: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path, OPEN)
    } catch (error) {
      // So says a pipe without a reader; a device that is not there says it too, and has no reader to wait for.
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || !(await stat(path)).isFIFO()) throw error
      await wait(PAUSE_MS)
    }
  }
}
