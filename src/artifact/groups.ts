import type { GroupReport } from '../analysis/report-types.ts'
import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { writeFile } from '../io/sink.ts'
import { exportTable } from './export-formats.ts'
import { groupTables } from './export-groups.ts'
import type { StagedArtifact } from './staged.ts'

/** The whole group analysis as JSON. */
export const GROUPS = 'groups.json'

const LARGEST = 256 << 20

/** Adds the group analysis to an artifact: as JSON, and each of its tables as groups/<name>.arrow. */
export async function writeGroups(artifact: StagedArtifact, report: GroupReport): Promise<void> {
  await writeFile(artifact, GROUPS, `${JSON.stringify(report)}\n`)
  for (const table of groupTables(report)) await writeFile(artifact, `groups/${table.name}.arrow`, exportTable(table, 'arrow'))
}

/** The group analysis of a results folder; undefined when it has none. @throws InputError when it is damaged */
export async function readGroups(folder: Folder, name: string): Promise<GroupReport | undefined> {
  const access = await folder.open(GROUPS)
  if (!access) return undefined
  const file = `${name}/${GROUPS}`
  try {
    if (access.byteLength > LARGEST) throw new InputError(file, `is larger than ${LARGEST} bytes; it is not one of filterlens`)
    const text = new TextDecoder().decode(await access.read(0, access.byteLength))
    const value: unknown = JSON.parse(text)
    if (!isGroupReport(value))
      throw new InputError(file, 'is no group analysis of filterlens; run filterlens analyze --pairs again')
    return value
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InputError(file, 'is not JSON; it is damaged, run filterlens analyze --pairs again', { cause: error })
    throw error
  } finally {
    await access.close?.()
  }
}

const lists = [
  'models',
  'pairs',
  'comparisons',
  'distributions',
  'depth',
  'pooled_depth',
  'bases',
  'shift',
  'matrices',
  'correlations',
  'datasets',
  'architectures',
  'warnings',
]

function isGroupReport(value: unknown): value is GroupReport {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  return (
    lists.every((key) => Array.isArray(fields[key])) &&
    typeof fields['groups'] === 'object' &&
    typeof fields['methods'] === 'object'
  )
}
