import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where packages lie, from the project's folder: those that only tests need, then the project's own. */
export const packageFolders: readonly string[] = ['test/node_modules', 'node_modules']

/** A file of a package, or of its .bin, as it lies in the project's folder. @throws Error when no package holds it */
export function packageFile(path: string): string {
  const found = packageFolders.map((folder) => join(folder, path)).find((file) => existsSync(file))
  if (!found) throw new Error(`no package holds ${path}; npm test installs what tests need`)
  return found
}
