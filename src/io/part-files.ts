import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'

/*
 * A file or folder that is being written lies beside its place as `.<name>.<host>-<process>-<random>.part`: two that write to
 * one place at a time never write into each other, and what a killed one left is distinguished from what a living one writes.
 */

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
const host = short(hostname())

/** A name may be as long as the file system takes: then ours, which is longer, stands for it by its hash. */
function prefixOf(target: string): string {
  const name = basename(target)
  return `.${Buffer.byteLength(name) > 200 ? short(name) : name}.${host}-`
}

const written = new Set<string>()
let isListening = false

/** Where to write what will be at `target`; removed when the process ends, unless `partDone` is told before. */
export function partOf(target: string): string {
  if (!isListening) process.once('exit', removeWritten)
  isListening = true
  const part = join(dirname(target), `${prefixOf(target)}${process.pid}-${randomUUID().slice(0, 8)}.part`)
  written.add(part)
  return part
}

/** Says that a part has its name, or is gone. */
export function partDone(part: string): void {
  written.delete(part)
}

function removeWritten(): void {
  for (const part of written) rmSync(part, { recursive: true, force: true })
}

/** Removes what killed processes of this host left beside `target`; nothing else, and nothing when the folder cannot be read. */
export async function removeDeadParts(target: string): Promise<void> {
  const prefix = prefixOf(target)
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const pid = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1] : undefined
    if (pid !== undefined && !isProcess(Number(pid))) await rm(join(dirname(target), name), { recursive: true, force: true })
  }
}

/** True for the number of a process of this host that has not ended. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
