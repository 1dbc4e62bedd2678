import type { Folder, RandomAccess } from '../io/random-access.ts'
import { compareJson } from './compare-json.ts'
import type { Difference } from './compare-rows.ts'
import { compareTables } from './compare-tables.ts'

/** Where a file of results and the same file made again differ: the cells, values, or the first byte. */
export async function compareFiles(path: string, folder: Folder, made: RandomAccess): Promise<readonly Difference[]> {
  const stored = await folder.open(path)
  if (!stored) return [wholeFile(path, false, true)]
  try {
    const found = await cellsOf(path, stored, made)
    return found.length > 0 ? found : [await firstByte(path, stored, made)]
  } finally {
    await stored.close?.()
    await made.close?.()
  }
}

/** A file that is there on one side only. */
export function wholeFile(path: string, isStored: boolean, isMade: boolean): Difference {
  const there = (is: boolean): string => (is ? 'there' : 'not there')
  return { table: path, row: 'all', column: '(the file)', stored: there(isStored), recomputed: there(isMade) }
}

async function cellsOf(path: string, stored: RandomAccess, made: RandomAccess): Promise<readonly Difference[]> {
  if (path.endsWith('.arrow')) return compareTables(path, stored, made)
  if (path.endsWith('.json')) return compareJson(path, await textOf(stored), await textOf(made))
  return []
}

async function textOf(access: RandomAccess): Promise<string> {
  return new TextDecoder().decode(await access.read(0, access.byteLength))
}

async function firstByte(path: string, stored: RandomAccess, made: RandomAccess): Promise<Difference> {
  const [a, b] = [await stored.read(0, stored.byteLength), await made.read(0, made.byteLength)]
  const at = a.findIndex((byte, k) => byte !== b[k])
  const from = at < 0 ? a.length : at
  const around = (bytes: Uint8Array): string =>
    JSON.stringify(new TextDecoder().decode(bytes.subarray(Math.max(0, from - 20), from + 20)))
  return { table: path, row: 'all', column: `byte ${from}`, stored: around(a), recomputed: around(b) }
}
