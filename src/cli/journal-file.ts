import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { type FileHandle, open, rm, truncate } from 'node:fs/promises'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import type { JournalStore } from '../results/journal.ts'

const FLUSH_MS = 500 // at most this much finished work is lost in a power cut
const WRITE_MS = 50 // and this much when the process is killed
const WRITE_BYTES = 1 << 16 // a write for each tiny layer would take as long as measuring it

/** A journal in a file. */
export interface JournalFile extends JournalStore {
  /** Resolves when all that was added would survive a power cut. */
  flush(): Promise<void>
  /** Lets go of the file, which stays. */
  close(): Promise<void>
}

export function journalFile(path: string): JournalFile {
  const failed = (error: unknown): never => {
    throw new InputError(path, fileProblem(error), { cause: error })
  }
  let reader: number | undefined
  let writer: FileHandle | undefined
  let flushed = 0
  let written = 0
  const waiting = new Uint8Array(WRITE_BYTES)
  let held = 0
  const readerFd = (): number | undefined => {
    if (reader !== undefined) return reader
    try {
      return (reader = openSync(path, 'r'))
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : failed(error)
    }
  }
  const put = (bytes: Uint8Array): void => {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(writer!.fd, bytes, done)
    } catch (error) {
      failed(error)
    }
  }
  const writeOut = (): void => {
    const bytes = waiting.subarray(0, held)
    held = 0
    put(bytes)
  }
  const close = async (): Promise<void> => {
    if (writer && held > 0) writeOut()
    if (reader !== undefined) closeSync(reader)
    reader = undefined
    const handle = writer
    writer = undefined
    await handle?.close()
  }
  return {
    size() {
      if (held > 0) writeOut()
      const fd = readerFd()
      return fd === undefined ? 0 : fstatSync(fd).size
    },
    read(offset, length) {
      if (held > 0) writeOut()
      const bytes = new Uint8Array(length)
      const fd = readerFd()
      let done = 0
      try {
        while (fd !== undefined && done < length) {
          const count = readSync(fd, bytes, done, length - done, offset + done)
          if (count === 0) break
          done += count
        }
      } catch (error) {
        failed(error)
      }
      return bytes.subarray(0, done)
    },
    async append(bytes) {
      writer ??= await open(path, 'a').catch(failed)
      if (held + bytes.length > WRITE_BYTES) writeOut()
      // At once: a trip through the thread pool would take a tiny layer longer than its measurement.
      if (bytes.length > WRITE_BYTES) put(bytes)
      else {
        waiting.set(bytes, held)
        held += bytes.length
      }
      const now = Date.now()
      if (now - written < WRITE_MS) return
      writeOut()
      written = now
      if (now - flushed > FLUSH_MS) {
        await writer.datasync().catch(failed)
        flushed = Date.now()
      }
    },
    async cut(length) {
      await close()
      await truncate(path, length).catch(failed)
    },
    async remove() {
      await close()
      await rm(path, { force: true }).catch(failed)
    },
    async flush() {
      if (!writer) return
      if (held > 0) writeOut()
      await writer.datasync().catch(failed)
    },
    close,
  }
}
