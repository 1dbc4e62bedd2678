import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, parse, resolve } from 'node:path'
import { databaseFiles } from '../database/files.ts'
import { UsageError } from '../errors.ts'
import { MANIFEST, RESULTS } from '../results/manifest.ts'
import { TRAJECTORY } from '../results/track-files.ts'
import { planPaths } from '../shards/plan-paths.ts'

/** The folder of results that holds their figures. */
const FIGURES = 'figures'

/** What a folder of ours can hold, and the files by which it is known. Kinds share names of tables: one in another's folder destroys both. */
const kinds = {
  results: { called: 'results', known: [RESULTS, MANIFEST] },
  database: { called: 'a filter database', known: [databaseFiles.filters] },
  plan: { called: 'a plan', known: [planPaths.plan] },
  series: { called: 'a series of checkpoints', known: [TRAJECTORY] },
} as const

/**
 * `own` undefined: tables or pictures are to be written; `option` named the folder.
 * @throws UsageError when it holds something else of ours than what is to be written, or is the root of the file system
 */
export function requireOwnFolder(path: string, own?: keyof typeof kinds, option = '-o'): void {
  if (isRoot(path)) throw new UsageError(`${option} ${path}: is the root of the file system; give a folder below it`)
  for (const [kind, { called, known }] of Object.entries(kinds))
    if (kind !== own && known.some((file) => existsSync(join(path, file))))
      throw new UsageError(`${option} ${path}: holds ${called}, which would be written over; give another folder`)
}

/** The same for a single file that is to lie in a folder: others lie beside it, but the files of results are those their hashes name. */
export function requireNoResults(folder: string, file: string, option: string): void {
  const places = basename(folder) === FIGURES ? [folder, dirname(folder)] : [folder]
  if (places.some((place) => kinds.results.known.some((known) => existsSync(join(place, known)))))
    throw new UsageError(`${option} ${file}: its folder holds results, which would be written over; give another folder`)
}

function isRoot(path: string): boolean {
  const full = existsSync(path) ? realpathSync(path) : resolve(path)
  return full === parse(full).root
}
