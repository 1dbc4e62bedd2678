import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { databaseFiles } from '../database/files.ts'
import { UsageError } from '../errors.ts'
import { MANIFEST, RESULTS } from '../results/manifest.ts'
import { TRAJECTORY } from '../results/track-files.ts'
import { planPaths } from '../shards/plan-paths.ts'

/** What a folder of ours can hold, and the files by which it is known. Kinds share names of tables: one in another's folder destroys both. */
const kinds = {
  results: { called: 'results', known: [RESULTS, MANIFEST] },
  database: { called: 'a filter database', known: [databaseFiles.filters] },
  plan: { called: 'a plan', known: [planPaths.plan] },
  series: { called: 'a series of checkpoints', known: [TRAJECTORY] },
} as const

/** @throws UsageError when the folder holds something else of ours than what is to be written; `own` undefined: than tables or pictures */
export function requireOwnFolder(path: string, own?: keyof typeof kinds): void {
  for (const [kind, { called, known }] of Object.entries(kinds))
    if (kind !== own && known.some((file) => existsSync(join(path, file))))
      throw new UsageError(`-o ${path}: holds ${called}, which would be written over; give another folder`)
}
