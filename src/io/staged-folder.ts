import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem } from './node.ts'
import { DEAD_LINK, isLink, makeFolder, outputFolder } from './node-output.ts'
import { partDone, partOf, removeDeadParts, wholeBeside, wholeOf } from './part-files.ts'
import type { OutputFolder } from './sink.ts'

/** Files that get their names together. */
export interface StagedFolder {
  /** Where to write them; a file of it is at its place after `commit`. */
  readonly folder: OutputFolder
  /**
   * A folder that was not there appears in one step with all its files. In one that was, the old files go and the new ones get their
   * names one after the other: a process that dies meanwhile leaves no file of before beside one of now, and the next to write there
   * gives the rest their names first.
   */
  commit(): Promise<void>
  /** Gives up and leaves nothing behind. */
  discard(): Promise<void>
}

/** Does work while no other process does such work in the folder. */
export type Alone = (folder: string, work: () => Promise<void>) => Promise<void>

/**
 * Opens a folder for files that belong together: a process that is killed leaves none of them there. What it wrote aside is
 * removed by the next one. Of two that write there at a time each gives all of its files their names, one after the other: `alone`
 * sees to that. @throws InputError when nothing can be written there
 */
export async function stageFolder(path: string, alone: Alone): Promise<StagedFolder> {
  const failed = (error: unknown): never => {
    throw error instanceof InputError ? error : new InputError(path, fileProblem(error), { cause: error })
  }
  const target = resolve(path)
  const found = await stat(target).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : failed(error)))
  if (!found && (await isLink(target))) throw new InputError(path, DEAD_LINK)
  if (found && !found.isDirectory()) throw new InputError(path, 'is a file where a folder is needed')
  const place = found ? join(target, 'files') : target
  await makeFolder(dirname(place)).catch(failed)
  await removeDeadParts(place).catch(failed)
  if (found && (await wholeBeside(place)).length > 0)
    await alone(path, async () => {
      for (const whole of await wholeBeside(place)) await giveNames(whole, target)
    }).catch(failed)
  const part = partOf(place)
  await mkdir(part).catch(failed)
  const discard = async (): Promise<void> => {
    await rm(part, { recursive: true, force: true })
    partDone(part)
  }
  const written = outputFolder(part)
  return {
    folder: { ...written, name: path },
    async commit() {
      try {
        await written.sync()
        if (!found && (await appears(part, target))) return partDone(part)
        // Where another has made the folder meanwhile, ours are files of a folder that was there.
        const inside = found ? part : partOf(join(target, 'files'))
        await alone(path, async () => {
          await requireNoFolders(part, target)
          const whole = wholeOf(inside)
          await rename(part, whole)
          partDone(part)
          partDone(inside)
          await giveNames(whole, target)
        })
      } catch (error) {
        await discard()
        failed(error)
      }
    },
    discard,
  }
}

/** Gives a folder its name. @returns false when there is one of that name already */
async function appears(part: string, target: string): Promise<boolean> {
  try {
    await rename(part, target)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** Moves files to where they belong. It can be stopped anywhere and done again. */
async function giveNames(whole: string, target: string): Promise<void> {
  const paths = await filesBelow(whole)
  for (const path of paths) await rm(join(target, path), { force: true })
  for (const path of paths) {
    await makeFolder(dirname(join(target, path)))
    await rename(join(whole, path), join(target, path))
  }
  await rm(whole, { recursive: true, force: true })
}

/** Before the first file goes. @throws InputError when a file's name is taken by a folder */
async function requireNoFolders(part: string, target: string): Promise<void> {
  for (const path of await filesBelow(part)) {
    const there = await stat(join(target, path)).catch(() => undefined)
    if (there?.isDirectory()) throw new InputError(join(target, path), 'is a folder where a file is to be written')
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
}
