import type { Pair } from '../analysis/pairs.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import type { OutputFolder } from '../io/sink.ts'
import { writeTable } from './export-formats.ts'
import { groupTablesInParts } from './export-groups.ts'
import { jsonPieces } from './json-pieces.ts'
import { parametersText } from './tables.ts'

/** The whole group analysis as JSON. */
export const GROUPS = 'groups.json'

const LARGEST = 256 << 20

/** The pairs that the group analysis was asked to compare: with the tables, all that is needed to make it again. */
export const PAIRS = 'pairs.json'

/** Adds the group analysis to the results: as JSON, each of its tables as groups/<name>.arrow, and the pairs. */
export async function writeGroups(folder: OutputFolder, report: GroupReport, pairs: readonly Pair[]): Promise<void> {
  const parameters: unknown = JSON.parse(parametersText(report.parameters)) // in the order in which they are read back
  await writeJson(folder, GROUPS, { ...report, parameters })
  await writeJson(
    folder,
    PAIRS,
    pairs.map(({ a, b, architecture, dataset }) => ({ a, b, architecture, dataset })),
  )
  for (const table of groupTablesInParts(report))
    await writeTable(await folder.create(`groups/${table.name}.arrow`), table, 'arrow')
}

/** Writes a value as one line of JSON. */
export async function writeJson(folder: OutputFolder, path: string, value: object): Promise<void> {
  const sink = await folder.create(path)
  try {
    const encoder = new TextEncoder()
    for (const text of jsonPieces(value)) await sink.write(encoder.encode(text))
    await sink.write(encoder.encode('\n'))
    await sink.commit()
  } catch (error) {
    await sink.discard()
    throw error
  }
}

/** The group analysis of a results folder; undefined when it has none. @throws InputError when it is damaged */
export function readGroups(folder: Folder, name: string): Promise<GroupReport | undefined> {
  return withResultsJson(folder, name, GROUPS, async (access, file) => {
    const refused = (problem: string): InputError =>
      new InputError(file, `is no group analysis of filterlens (${problem}); run filterlens analyze --pairs again`)
    const { readGroupReport } = await import('./read-groups.ts') // read by few pages
    return readGroupReport(access, refused)
  })
}

/** The pairs of a results folder; none when it has none. @throws InputError when they are damaged */
export async function readPairs(folder: Folder, name: string): Promise<Pair[]> {
  const value = await readResultsJson(folder, name, PAIRS)
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every(isPair))
    throw new InputError(`${name}/${PAIRS}`, 'is no list of pairs of filterlens; run filterlens analyze --pairs again')
  return value
}

/** A JSON file of results; undefined when it is not there. @throws InputError for one that is no JSON, or too large */
export function readResultsJson(folder: Folder, name: string, path: string): Promise<unknown> {
  return withResultsJson(folder, name, path, async (access, file): Promise<unknown> => {
    if (access.byteLength > LARGEST) throw new InputError(file, `is larger than ${LARGEST} bytes; it is not one of filterlens`)
    return JSON.parse(new TextDecoder().decode(await access.read(0, access.byteLength)))
  })
}

/** Opens a JSON file of results for as long as `read` takes; undefined when it is not there. @throws InputError when it is no JSON */
async function withResultsJson<T>(
  folder: Folder,
  name: string,
  path: string,
  read: (access: RandomAccess, file: string) => Promise<T>,
): Promise<T | undefined> {
  const access = await folder.open(path)
  if (!access) return undefined
  const file = `${name}/${path}`
  try {
    return await read(access, file)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InputError(file, 'is not JSON; it is damaged, run filterlens analyze --pairs again', { cause: error })
    throw error
  } finally {
    await access.close?.()
  }
}

function isPair(value: unknown): value is Pair {
  const { a, b, architecture, dataset } = (value ?? {}) as Record<string, unknown>
  const isName = (name: unknown): boolean => name === null || typeof name === 'string'
  return typeof a === 'string' && typeof b === 'string' && isName(architecture) && isName(dataset)
}
