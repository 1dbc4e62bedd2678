import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem } from './node.ts'
import { makeFolder, outputFolder } from './node-output.ts'
import { partDone, partOf, removeDeadParts } from './part-files.ts'
import type { OutputFolder } from './sink.ts'

/** Files that get their names together. */
export interface StagedFolder {
  /** Where to write them; a file of it is at its place after `commit`. */
  readonly folder: OutputFolder
  /** A folder that was not there appears in one step with all its files; in one that was, they are renamed one after the other. */
  commit(): Promise<void>
  /** Gives up and leaves nothing behind. */
  discard(): Promise<void>
}

/**
 * Opens a folder for files that belong together: a process that is killed leaves none of them there. What it wrote aside is
 * removed by the next one. @throws InputError when nothing can be written there
 */
export async function stageFolder(path: string): Promise<StagedFolder> {
  const failed = (error: unknown): never => {
    throw error instanceof InputError ? error : new InputError(path, fileProblem(error), { cause: error })
  }
  const target = resolve(path)
  const found = await stat(target).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : failed(error)))
  if (found && !found.isDirectory()) throw new InputError(path, 'is a file where a folder is needed')
  const place = found ? join(target, 'files') : target
  await makeFolder(dirname(place)).catch(failed)
  await removeDeadParts(place).catch(failed)
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
        if (!found) await rename(part, target)
        else {
          for (const name of await readdir(part)) await rename(join(part, name), join(target, name))
        }
        await discard()
      } catch (error) {
        await discard()
        failed(error)
      }
    },
    discard,
  }
}

/** Writes files of one folder that get their names together. @throws InputError, and what `work` throws */
export async function withStagedFolder<T>(path: string, work: (folder: OutputFolder) => Promise<T>): Promise<T> {
  const staged = await stageFolder(path)
  try {
    const result = await work(staged.folder)
    await staged.commit()
    return result
  } catch (error) {
    await staged.discard()
    throw error
  }
}
