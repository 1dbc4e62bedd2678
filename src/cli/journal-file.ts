import { open, readFile, rm, writeFile } from 'node:fs/promises'
import type { JournalStore } from '../artifact/journal.ts'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'

const FLUSH_MS = 500 // at most this much finished work is lost in a power cut; a killed process loses none

/** A journal in a file. */
export function journalFile(path: string): JournalStore {
  const failed = (error: unknown): never => {
    throw new InputError(path, fileProblem(error), { cause: error })
  }
  let handle: Awaited<ReturnType<typeof open>> | undefined
  let flushed = 0
  return {
    read: () => readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? '' : failed(error))),
    async append(text) {
      handle ??= await open(path, 'a').catch(failed)
      await handle.appendFile(text).catch(failed)
      if (Date.now() - flushed > FLUSH_MS) {
        await handle.datasync().catch(failed)
        flushed = Date.now()
      }
    },
    async reset(text) {
      await handle?.close()
      handle = undefined
      await writeFile(path, text).catch(failed)
    },
    async remove() {
      await handle?.close()
      handle = undefined
      await rm(path, { force: true }).catch(failed)
    },
  }
}
