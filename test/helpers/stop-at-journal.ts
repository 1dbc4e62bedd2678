// For `node --import`: a process that stops itself (SIGSTOP) as soon as its journal holds so many bytes, however fast it is. A file in
// the folder FILTERLENS_TEST_STOPS that has the journal's name says how many; it is renamed to NAME.PID before the process stops, so
// that the next attempt goes on. Nothing happens where there is no such file. The other half is stopped-process.ts.
import fs, { promises, readFileSync, renameSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const folder = process.env['FILTERLENS_TEST_STOPS']

if (folder !== undefined && isMainThread) {
  // The journal gathers what is written within 50 ms: here every look at the clock is later than that, and each layer is written at once.
  const now = Date.now
  let looks = 0
  Date.now = () => now() + 100 * looks++

  const stops = new Map<number, { readonly mark: string; readonly bytes: number; written: number }>()
  const { open } = promises
  promises.open = async (path, ...more): Promise<FileHandle> => {
    const handle = await open(path, ...more)
    const mark = join(folder, basename(String(path)))
    const bytes = /journal$/.test(mark) ? bytesIn(mark) : undefined
    if (bytes !== undefined) stops.set(handle.fd, { mark, bytes, written: 0 })
    return handle
  }
  const write = fs.writeSync as (fd: number, ...more: unknown[]) => number
  fs.writeSync = (fd: number, ...more: unknown[]): number => {
    const count = write(fd, ...more)
    const stop = stops.get(fd)
    if (stop && (stop.written += count) >= stop.bytes) {
      stops.delete(fd)
      renameSync(stop.mark, `${stop.mark}.${process.pid}`)
      process.kill(process.pid, 'SIGSTOP')
    }
    return count
  }
  syncBuiltinESMExports()
}

/** @returns undefined where nobody wants to stop the process */
function bytesIn(mark: string): number | undefined {
  try {
    return Number(readFileSync(mark, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
