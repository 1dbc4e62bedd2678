import { joinPairs } from '../analysis/join-pairs.ts'
import { type MetaTable, parseMeta } from '../analysis/meta-table.ts'
import { type Pair, type PairTable, parsePairs } from '../analysis/pairs.ts'
import { InputError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import { decodeText } from '../io/text-file.ts'

const LARGEST = 64 << 20

/** A table that a person named. */
export interface TableFile {
  /** As it was named: messages and results name it so. */
  readonly file: string
  /** Where its bytes are read; default: where it was named. */
  readonly copy?: string
}

/** A text file that a person named. @throws InputError */
export async function readTextFile(path: string, copy: string = path): Promise<string> {
  const access = await openFile(copy, path)
  try {
    if (access.byteLength > LARGEST)
      throw new InputError(path, `has ${access.byteLength} bytes, more than a table of ${LARGEST >> 20} MB; is it a table?`)
    return decodeText(path, await access.read(0, access.byteLength))
  } finally {
    await access.close?.()
  }
}

/** The table that an option names, where it is given. */
export function namedTable(option: unknown): TableFile | undefined {
  return option === undefined ? undefined : { file: option as string }
}

/** The table of --meta, where it is given; `names`: its column of model names. @throws InputError */
export async function readMetaFile(table: TableFile | undefined, names?: string): Promise<MetaTable | undefined> {
  return table && parseMeta(table.file, await readTextFile(table.file, table.copy), names)
}

/** The table of --pairs. @throws InputError */
export async function readPairTable({ file, copy }: TableFile): Promise<PairTable> {
  return parsePairs(file, await readTextFile(file, copy))
}

/** The pairs of --pairs, matched with the models that were measured. @throws InputError */
export async function readPairsFile(table: TableFile, models: readonly string[]): Promise<Pair[]> {
  return joinPairs(models, await readPairTable(table))
}
