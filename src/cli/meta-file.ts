import { readFile } from 'node:fs/promises'
import { joinPairs } from '../analysis/join-pairs.ts'
import { type MetaTable, parseMeta } from '../analysis/meta-table.ts'
import { type Pair, parsePairs } from '../analysis/pairs.ts'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'

/** A text file that a person named. @throws InputError */
export async function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new InputError(path, fileProblem(error), { cause: error })
  })
}

/** The table of --meta. @throws InputError */
export async function readMetaFile(path: string): Promise<MetaTable> {
  return parseMeta(path, await readTextFile(path))
}

/** The pairs of --pairs, matched with the models that were measured. @throws InputError */
export async function readPairsFile(path: string, models: readonly string[]): Promise<Pair[]> {
  return joinPairs(models, parsePairs(path, await readTextFile(path)))
}
