import { findInputs } from './inputs/node-inputs.ts'
import type { LazyInput } from './io/random-access.ts'

export * from './index.ts'
export { type FoundInput, findInputs } from './inputs/node-inputs.ts'
export { diskFolder, openFile } from './io/node.ts'
export { outputFolder } from './io/node-output.ts'
export { readResvgWasm } from './io/node-resvg.ts'

/**
 * The models that paths stand for: files, folders, globs, filter databases, http(s) addresses. For `analyze`; each is opened
 * when its turn comes. @throws InputError for a path that is missing or stands for nothing
 */
export async function listInputs(paths: readonly string[]): Promise<LazyInput[]> {
  const all: LazyInput[] = []
  for await (const input of findInputs(paths)) all.push(input)
  return all
}
