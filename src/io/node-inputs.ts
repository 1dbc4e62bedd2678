import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diskFolder, openFile } from './node.ts'
import type { LazyInput } from './random-access.ts'

export type FoundInput = LazyInput

export async function* findInputs(paths: readonly string[]): AsyncGenerator<FoundInput, void, undefined> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    const files = found?.isDirectory()
      ? (await readdir(path))
          .filter((n) => n.endsWith('.onnx'))
          .sort()
          .map((n) => join(path, n))
      : [path]
    for (const file of files)
      yield {
        path: basename(file),
        open: async () => ({ path: basename(file), access: await openFile(file), folder: diskFolder(dirname(file)) }),
      }
  }
}
