import type { Folder } from '../io/random-access.ts'
import { pictures } from '../report/pictures.ts'
import type { ReportInput } from '../report/report-input.ts'
import { withFirstFilters } from './first-filters-table.ts'
import { readGroups } from './groups.ts'
import { readStudies } from './studies.ts'
import { withRun } from './tables-read.ts'

/** What a report is made of, from a results folder alone, for as long as `work` takes. @throws InputError */
export async function withReportInput<T>(folder: Folder, name: string, work: (input: ReportInput) => Promise<T>): Promise<T> {
  return withRun(folder, name, async (analysis) => {
    const groups = await readGroups(folder, name)
    const studies = await readStudies(folder, name)
    return withFirstFilters(folder, async (first) =>
      work({ analysis, groups, studies, ...(await pictures(analysis, groups, first)) }),
    )
  })
}
