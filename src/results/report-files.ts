import type { FirstFiltersSource } from '../activation/first-filters.ts'
import type { FirstStage } from '../activation/first-stage.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import type { Studies } from '../analysis/study-types.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import { reportHtml } from '../report/build-report.ts'
import { filesOfFigures } from '../report/figure-files.ts'
import { pictures } from '../report/pictures.ts'
import { drawReportFigures } from '../report/report-figures.ts'
import { prepareReport } from '../report/reported-layers.ts'

/** What the report of results is made of. */
export interface ReportParts {
  readonly analysis: StreamedRun
  readonly groups: GroupReport | undefined
  readonly studies?: Studies | undefined
  readonly first: FirstFiltersSource
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
  { analysis, groups, studies, first, activation }: ReportParts,
): Promise<void> {
  const report = await prepareReport({ analysis, groups, studies, ...(await pictures(analysis, groups, first)), activation })
  const figures = await drawReportFigures(report)
  await writeFile(folder, REPORT, await reportHtml(report, figures))
  for (const { name, bytes } of await filesOfFigures(figures, { format: 'svg' }))
    await writeFile(folder, `figures/${name}`, bytes)
}
