import type { FirstFilters } from '../activation/first-filters.ts'
import type { FirstStage } from '../activation/first-stage.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import type { Analysis } from '../measure/model-row.ts'
import { buildReport } from '../report/build-report.ts'
import { figureFiles } from '../report/figure-files.ts'
import { pictures } from '../report/pictures.ts'

/** What the report of results is made of. */
export interface ReportParts {
  readonly analysis: Analysis
  readonly groups: GroupReport | undefined
  readonly first: readonly FirstFilters[]
  readonly activation?: FirstStage | undefined
}

/** The report of results, the same for the same tables. */
export const REPORT = 'report.html'

/** True for a file that `writeReportFiles` writes. */
export function isReportFile(path: string): boolean {
  return path === REPORT || path.startsWith('figures/')
}

/** Adds report.html and its figures as figures/<name>.svg. */
export async function writeReportFiles(
  folder: OutputFolder,
  { analysis, groups, first, activation }: ReportParts,
): Promise<void> {
  const input = { analysis, groups, ...pictures(analysis, groups, first), activation }
  await writeFile(folder, REPORT, await buildReport(input))
  for (const { name, bytes } of await figureFiles(input, { format: 'svg' })) await writeFile(folder, `figures/${name}`, bytes)
}
