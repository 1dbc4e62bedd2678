import type { Folder } from '../io/random-access.ts'
import { pictures } from '../report/pictures.ts'
import type { ReportInput } from '../report/report-input.ts'
import { FIRST_FILTERS, readFirstFiltersTable } from './first-filters-table.ts'
import { readGroups } from './groups.ts'
import { readResults } from './tables-read.ts'

/** What a report is made of, from a results folder alone. @throws InputError */
export async function readReportInput(folder: Folder, name: string): Promise<ReportInput> {
  const analysis = await readResults(folder, name)
  const groups = await readGroups(folder, name)
  const access = await folder.open(FIRST_FILTERS)
  const first = access ? await readFirstFiltersTable(access) : []
  await access?.close?.()
  return { analysis, groups, ...pictures(analysis, groups, first) }
}
