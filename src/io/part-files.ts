import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'

/*
 * A file or folder that is being written lies beside its place as `.<name>.<host>-<process>-<random>.part`: two that write to
 * one place at a time never write into each other, and what a killed one left is distinguished from what a living one writes.
 * A folder of files that are all there, and only lack their names, ends in `.whole` instead.
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

/** The same place for a part that is complete: what dies from now on is finished by the next one. */
export function wholeOf(part: string): string {
  return part.replace(/\.part$/, '.whole')
}

function removeWritten(): void {
  for (const part of written) rmSync(part, { recursive: true, force: true })
}

/** Removes what killed processes of this host left beside `target`; nothing else, and nothing when the folder cannot be read. */
export async function removeDeadParts(target: string): Promise<void> {
  for (const part of await leftBeside(target, 'part')) await rm(part, { recursive: true, force: true })
}

/** What killed processes of this host had completed for `target`. */
export function wholeBeside(target: string): Promise<string[]> {
  return leftBeside(target, 'whole')
}

async function leftBeside(target: string, ending: 'part' | 'whole'): Promise<string[]> {
  const prefix = prefixOf(target)
  const found: string[] = []
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const [, pid, kind] = (name.startsWith(prefix) && /^(\d+)-[0-9a-f]{8}\.(part|whole)$/.exec(name.slice(prefix.length))) || []
    if (kind === ending && !isProcess(Number(pid))) found.push(join(dirname(target), name))
  }
  return found
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
