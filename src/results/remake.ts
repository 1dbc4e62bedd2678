import { memoryOutput } from '../io/memory-folder.ts'
import { type Folder, type LazyInput, memoryAccess, type RandomAccess } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import type { Analysis } from '../measure/model-row.ts'
import { version } from '../version.ts'
import { moduleBytes } from '../wasm/module.ts'
import { openRunTables } from './collect.ts'
import { compareJson } from './compare-json.ts'
import type { Difference } from './compare-rows.ts'
import { compareTables } from './compare-tables.ts'
import { extendRun } from './extend-run.ts'
import { GROUPS, PAIRS, readPairs } from './groups.ts'
import { IMAGES } from './images.ts'
import type { ManifestEntry } from './manifest.ts'
import { REPORT } from './report-files.ts'
import { stageResults } from './staged.ts'

/** What making every file of results again gave. */
export interface Remade {
  /** Files with the same bytes. */
  readonly equal: number
  readonly differences: readonly Difference[]
  /** Sentences about what was not made again, and why. */
  readonly notes: readonly string[]
}

/** Results whose rows have been measured again and found equal. */
export interface Remaking {
  readonly folder: Folder
  readonly name: string
  readonly stored: Analysis
  readonly entries: readonly ManifestEntry[]
  readonly inputs: readonly LazyInput[]
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number, file: string) => void
}

/**
 * Makes every file of results again from its tables and its inputs: tables, first filters, groups with the second pass
 * over the filters, report and figures; and compares bytes. Where they differ it says which cell, value or byte does.
 */
export async function remake({ folder, name, stored, entries, inputs, signal, onProgress }: Remaking): Promise<Remade> {
  const listed = new Map(entries.map(({ path, sha256 }) => [path, sha256]))
  const notes: string[] = []
  if (stored.version !== version)
    notes.push(
      `made by filterlens ${stored.version}, this is ${version}: the rows were compared, the other files were not made again`,
    )
  if (stored.version !== version) return { equal: 0, differences: [], notes }
  if (listed.has(IMAGES)) notes.push(`${REPORT} shows images that are no part of the results; it was not made again`)
  const output = memoryOutput(name)
  const results = stageResults(output)
  const tables = await openRunTables(results, stored.parameters)
  for (const row of stored.layers) await tables.layer(row)
  for (const row of stored.skipped) await tables.skipped(row)
  await tables.finish(stored)
  if (listed.has('first_filters.arrow')) {
    const pairs = listed.has(PAIRS) ? await readPairs(folder, name) : []
    await extendRun({ ...stored, whole: async () => stored }, inputs, {
      results,
      ...(pairs.length > 0 && { pairs }),
      report: listed.has(REPORT) && !listed.has(IMAGES),
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: ({ done, total, model }: { done: number; total: number; model: string }) => onProgress(done, total, model),
      }),
    })
  }
  const differences: Difference[] = []
  let equal = 0
  const made = new Map(results.files.map(({ path, sha256 }) => [path, sha256]))
  const isReport = (path: string): boolean => path === REPORT || path.startsWith('figures/')
  for (const path of new Set([...listed.keys(), ...made.keys()])) {
    if (path === IMAGES || (listed.has(IMAGES) && isReport(path))) continue
    const [before, now] = [listed.get(path), path === 'kernel.wasm' ? await moduleHash() : made.get(path)]
    if (before === now) equal++
    else if (before === undefined || now === undefined)
      differences.push({ table: path, row: 'all', column: '(the file)', stored: there(before), recomputed: there(now) })
    else differences.push(...(await compareFiles(path, (await folder.open(path))!, await results.readBack(path))))
  }
  await results.discard()
  return { equal, differences, notes }
}

const there = (hash: string | undefined): string => (hash === undefined ? 'not there' : 'there')

const moduleHash = (): Promise<string> => sha256Of(memoryAccess('kernel.wasm', moduleBytes()))

async function compareFiles(path: string, stored: RandomAccess, made: RandomAccess): Promise<Difference[]> {
  try {
    const found = await cellsOf(path, stored, made)
    return found.length > 0 ? found : [await firstByte(path, stored, made)]
  } finally {
    await stored.close?.()
    await made.close?.()
  }
}

async function cellsOf(path: string, stored: RandomAccess, made: RandomAccess): Promise<Difference[]> {
  if (path.endsWith('.arrow')) return compareTables(path, stored, made)
  if (path === GROUPS || path.endsWith('.json')) return compareJson(path, await textOf(stored), await textOf(made))
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
