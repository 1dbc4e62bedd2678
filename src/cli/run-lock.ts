import { randomUUID } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { isProcess, partDone, partOf, removeDeadParts } from '../io/part-files.ts'

/*
 * One run at a time writes to a folder. The lock is a file that names its holder: process, when that began, and host. On the
 * same host a holder that is gone is recognised immediately, so a killed run never stands in the way of the next. Another host (or
 * container) cannot be asked; there a holder that has not touched its lock for two minutes is taken for dead.
 */

/** A lock that is held. */
export interface RunLock {
  /** @throws InputError when another run has taken it, believing this one dead */
  requireHeld(): Promise<void>
  release(): Promise<void>
}

interface Holder {
  readonly id: string
  readonly pid: number
  /** What tells a process from an earlier one of the same number; null where the system does not say. */
  readonly began: string | null
  readonly host: string
}

const BEAT_MS = 10_000
const DEAD_MS = 120_000
const WRITTEN_MS = 50

/** Of an error that another run holds the lock. */
class HeldByAnother {
  readonly where: string

  constructor(where: string) {
    this.where = where
  }
}

/** True for the error that `takeRunLock` throws when another run holds the lock, and not for a disk that fails. */
export function isHeldByAnother(error: unknown): error is InputError & { readonly cause: HeldByAnother } {
  return error instanceof InputError && error.cause instanceof HeldByAnother
}

/** Takes the lock in a file. `folder`: what is locked, for messages. @throws InputError when another run holds it */
export async function takeRunLock(path: string, folder: string): Promise<RunLock> {
  const self: Holder = { id: randomUUID(), pid: process.pid, began: beganOf(process.pid), host: hostname() }
  const failed = (error: unknown): never => {
    throw new InputError(folder, fileProblem(error), { cause: error })
  }
  while (!(await createLock(path, self).catch(failed))) {
    const found = await textOf(path).catch(failed)
    const holder = holderIn(found)
    if (holder && (await isAlive(holder, path))) throw busy(folder, path, holder)
    // Released meanwhile, it is nobody's: whoever makes it has it.
    if (found !== undefined) await removeLock(path, found).catch(failed)
  }
  const requireHeld = async (): Promise<void> => {
    const holder = await holderOf(path)
    if (holder?.id !== self.id)
      throw holder
        ? busy(folder, path, holder)
        : new InputError(folder, `${path} is gone: something removed it while this run was writing here`)
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT_MS)
  beat.unref()
  const leave = (): void => {
    // A process that ends in any way but a kill takes its lock along.
    try {
      if ((JSON.parse(readFileSync(path, 'utf8')) as Holder).id === self.id) unlinkSync(path)
    } catch {
      // it is gone already
    }
  }
  process.once('exit', leave)
  return {
    requireHeld,
    async release() {
      clearInterval(beat)
      process.off('exit', leave)
      if ((await holderOf(path))?.id === self.id) await rm(path, { force: true })
    },
  }
}

/** True while a living run has the lock in a file. */
export async function isRunLockHeld(path: string): Promise<boolean> {
  const holder = await holderOf(path)
  return holder !== undefined && (await isAlive(holder, path))
}

/** Systems on which a file has one name only. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Makes a lock that says whose it is from its first moment. @returns false when there is one already */
async function createLock(path: string, holder: Holder): Promise<boolean> {
  await removeDeadParts(path)
  const mine = partOf(path)
  try {
    await writeHolder(mine, holder)
    await link(mine, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!NO_LINKS.has(code)) throw error
    return await createPlainly(path, holder)
  } finally {
    await rm(mine, { force: true })
    partDone(mine)
  }
}

/** The same without links: another process may see it before it says whose it is. @returns false when there is one already */
async function createPlainly(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeHolder(path, holder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function writeHolder(path: string, holder: Holder): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(JSON.stringify(holder))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** What a lock says; undefined when it is not there. */
const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

const holderOf = async (path: string): Promise<Holder | undefined> => holderIn(await textOf(path).catch(() => undefined))

function holderIn(text: string | undefined): Holder | undefined {
  try {
    const value = JSON.parse(text ?? '') as Partial<Holder> | null
    const { id, pid, began = null, host } = value ?? {}
    return typeof id === 'string' && typeof pid === 'number' && typeof host === 'string' ? { id, pid, began, host } : undefined
  } catch {
    return undefined // cut short by a crash
  }
}

/** Removes the lock of a dead holder, and no other: what two find at a time is another's when the second comes to it. */
async function removeLock(path: string, found: string): Promise<void> {
  if (!holderIn(found)) await wait(WRITTEN_MS) // without links one that has just been made says nothing yet
  const aside = partOf(path)
  try {
    await rename(path, aside)
    if ((await textOf(aside)) !== found) await link(aside, path).catch(() => rename(aside, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // another one has removed it
  } finally {
    await rm(aside, { force: true })
    partDone(aside)
  }
}

async function isAlive({ pid, began, host }: Holder, path: string): Promise<boolean> {
  if (host === hostname()) return began !== null ? beganOf(pid) === began : isProcess(pid)
  const touched = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  return Date.now() - touched < DEAD_MS
}

/** When a process began, in ticks since the boot that is named (Linux); null elsewhere, and for one that is gone. */
function beganOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
  } catch {
    return null
  }
}

function busy(folder: string, path: string, { pid, host }: Holder): InputError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`
  return new InputError(
    folder,
    `another run (${where}) is writing here; wait for it, give another folder, or delete ${path} if you know that it is dead`,
    { cause: new HeldByAnother(where) },
  )
}
