import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const hook = pathToFileURL(join(import.meta.dirname, 'stop-at-journal.js')).href

/** Says that the next process to write a journal of this name stops itself as soon as it holds so many bytes. */
export async function stopAtJournal(folder: string, journal: string, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, journal), String(bytes))
}

/** What processes that are to stop have in their environment. */
export function stoppingEnv(folder: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${hook}`, FILTERLENS_TEST_STOPS: folder }
}

/** The process that stopped at a journal of this name; undefined as long as there is none. */
export async function stoppedAt(folder: string, journal: string): Promise<number | undefined> {
  const name = (await readdir(folder)).find((name) => name.startsWith(`${journal}.`))
  if (name === undefined) return undefined
  const pid = name.slice(journal.length + 1)
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', pid])
  return stdout.startsWith('T') ? Number(pid) : undefined
}
