import { joinPairs } from '../analysis/join-pairs.ts'
import { type MetaTable, parseMeta } from '../analysis/meta-table.ts'
import { type Pair, type PairTable, parsePairs } from '../analysis/pairs.ts'
import { InputError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import { decodeText } from '../io/text-file.ts'

const LARGEST = 64 << 20

/** A text file that a person named. @throws InputError */
export async function readTextFile(path: string): Promise<string> {
  const access = await openFile(path)
  try {
    if (access.byteLength > LARGEST)
      throw new InputError(path, `has ${access.byteLength} bytes, more than a table of ${LARGEST >> 20} MB; is it a table?`)
    return decodeText(path, await access.read(0, access.byteLength))
  } finally {
    await access.close?.()
  }
}

/** The table of --meta, where it is given; `names`: its column of model names. @throws InputError */
export async function readMetaFile(path: string | undefined, names?: string): Promise<MetaTable | undefined> {
  return path === undefined ? undefined : parseMeta(path, await readTextFile(path), names)
}

/** The table of --pairs. @throws InputError */
export async function readPairTable(path: string): Promise<PairTable> {
  return parsePairs(path, await readTextFile(path))
}

/** The pairs of --pairs, matched with the models that were measured. @throws InputError */
export async function readPairsFile(path: string, models: readonly string[]): Promise<Pair[]> {
  return joinPairs(models, await readPairTable(path))
}
