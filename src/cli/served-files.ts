import type { BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { folderEntries } from '../inputs/folder-entries.ts'
import { diskIdentity, fileProblem, NO_FILE } from '../io/node.ts'

/** A file that the page can read by range. */
export interface ServedFile {
  /** As the page shows it: below what was named, forward slashes. */
  readonly path: string
  /** On disk. */
  readonly location: string
  readonly bytes: number
  /** Tells it from what may lie there later: it is sent only as long as it is the same (`diskIdentity`). */
  readonly identity: string
  /** Not an input itself: it lies beside one that may need it. */
  readonly beside: boolean
}

const MOST_FILES = 20_000
const passedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules'

/**
 * The files that paths stand for: a file (with those beside it that begin with its name or look like its data), or
 * everything in a folder. Links are followed as `analyze` follows them: a Hugging Face cache is made of links.
 * @throws InputError for a path that is missing or no file, a folder without files, or one of too many
 */
export async function servedFiles(paths: readonly string[]): Promise<ServedFile[]> {
  const files = new Map<string, ServedFile>()
  const add = (path: string, location: string, found: BigIntStats, beside: boolean): void => {
    let name = path
    for (let k = 2; files.has(name) && files.get(name)!.location !== location; k++) name = `${k}/${path}`
    if (!files.get(name) || !beside)
      files.set(name, { path: name, location, bytes: Number(found.size), identity: diskIdentity(found), beside })
    if (files.size > MOST_FILES)
      throw new InputError(
        path,
        `holds more than ${MOST_FILES} files; name a smaller folder, or analyze first and view the results`,
      )
  }
  // What is gone, or no file any more, since its folder was read is passed over.
  const addBelow = async (path: string, location: string, beside: boolean): Promise<void> => {
    const found = await stat(location, { bigint: true }).catch(() => undefined)
    if (found?.isFile()) add(path, location, found, beside)
  }
  for (const path of paths) {
    const found = await stat(path, { bigint: true }).catch((error: unknown) => {
      throw new InputError(path, fileProblem(error), { cause: error })
    })
    const location = resolve(path)
    if (found.isDirectory()) {
      const before = files.size
      for await (const file of filesBelow(location, `${basename(location)}/`, new Set()))
        await addBelow(file.path, file.location, false)
      if (files.size === before) throw new InputError(path, 'holds no files; give model files, folders of them or results')
      continue
    }
    if (!found.isFile()) throw new InputError(path, NO_FILE)
    add(basename(location), location, found, false)
    const stem = basename(location).replace(/\.[^.]*$/, '')
    for (const name of (await folderEntries(dirname(location))).files) {
      const needed = name.startsWith(stem) || /\.(bin|data|weights|onnx_data)$/.test(name)
      if (!needed || name === basename(location) || passedOver(name)) continue
      await addBelow(name, join(dirname(location), name), true)
    }
  }
  return [...files.values()]
}

/** Every file below a folder but hidden ones. `above`: the real paths of the folders that lead here, so that no link leads in a circle. */
async function* filesBelow(
  folder: string,
  prefix: string,
  above: ReadonlySet<string>,
): AsyncGenerator<{ path: string; location: string }> {
  const real = await realpath(folder)
  if (above.has(real)) return
  const inside = new Set(above).add(real)
  const { files, folders } = await folderEntries(folder)
  for (const name of files) if (!passedOver(name)) yield { path: prefix + name, location: join(folder, name) }
  for (const name of folders) if (!passedOver(name)) yield* filesBelow(join(folder, name), `${prefix}${name}/`, inside)
}
