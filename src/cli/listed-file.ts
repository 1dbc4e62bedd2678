import { type FileHandle, open } from 'node:fs/promises'
import { diskIdentity, fileProblem, OPEN_WITHOUT_WAITING } from '../io/node.ts'
import { printable } from '../printable.ts'
import type { ServedFile } from './served-files.ts'

const PIECE = 256 << 10

/** Why a listed file is not sent, and the HTTP status that goes with it. */
export interface ListedRefusal {
  readonly status: number
  readonly problem: string
}

/**
 * Opens a file as long as it is the one that was listed. A pipe that took its place keeps nobody waiting, and a link that did leads
 * nowhere. What is opened has to be closed.
 */
export async function openListed(file: ServedFile): Promise<{ readonly handle: FileHandle } | ListedRefusal> {
  let handle: FileHandle
  try {
    handle = await open(file.location, OPEN_WITHOUT_WAITING)
  } catch (error) {
    return refusalOf(file, error as NodeJS.ErrnoException)
  }
  if (await isListed(handle, file).catch(() => false)) return { handle }
  await handle.close()
  return changed(file)
}

/**
 * The bytes from `from` up to `to`, piece by piece. The last piece is given only when the file is still the one that was listed.
 * @throws Error when it ends early or was changed
 */
export async function* listedBytes(handle: FileHandle, file: ServedFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; ) {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(Math.min(PIECE, to - at)), 0, null, at)
    at += bytesRead
    if (bytesRead === 0 || (at >= to && !(await isListed(handle, file)))) throw new Error(changed(file).problem)
    yield buffer.subarray(0, bytesRead)
  }
}

async function isListed(handle: FileHandle, { identity }: ServedFile): Promise<boolean> {
  const stats = await handle.stat({ bigint: true })
  return stats.isFile() && diskIdentity(stats) === identity
}

function changed({ path }: ServedFile): ListedRefusal {
  return {
    status: 409,
    problem: `${printable(path)}: was changed, replaced or removed since filterlens view was started; start it again to see what is there now\n`,
  }
}

/** What cannot be opened is mostly gone; the page asks again for what fails for want of descriptors. */
function refusalOf(file: ServedFile, error: NodeJS.ErrnoException): ListedRefusal {
  const status = error.code === 'EMFILE' || error.code === 'ENFILE' ? 503 : error.code === 'EACCES' ? 403 : 409
  return status === 409 ? changed(file) : { status, problem: `${printable(file.path)}: ${fileProblem(error)}\n` }
}
