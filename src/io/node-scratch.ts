import { randomUUID } from 'node:crypto'
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { Scratch } from './platform.ts'

/** @see Platform.openScratch: a file that has no name from its first moment on, so that a process that is killed leaves none */
export async function openNodeScratch(byteLength: number): Promise<Scratch | undefined> {
  const folder = tmpdir()
  let handle: FileHandle
  try {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < byteLength) return undefined
    const path = join(folder, `filterlens-${randomUUID()}`)
    handle = await open(path, 'wx+', 0o600)
    await unlink(path)
  } catch {
    return undefined // no folder for temporary files, or none that may be written to: there is no such place then
  }
  let end = 0
  return {
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        try {
          done += (await handle.write(bytes, done, bytes.length - done, end + done)).bytesWritten
        } catch {
          return false // full after all, or over a quota
        }
      }
      end += bytes.length
      return true
    },
    async read(offset, length, into) {
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(out, done, length - done, offset + done)
        if (bytesRead === 0) throw new InputError(folder, 'gave back fewer bytes of a file for temporary use than were written')
        done += bytesRead
      }
      return out
    },
    close: () => handle.close(),
  }
}
