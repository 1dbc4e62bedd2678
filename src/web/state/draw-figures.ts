import type { GroupReport } from '../../analysis/report-types.ts'
import type { Figure } from '../../figures/figure.ts'
import { metricsByDepth } from '../../figures/metrics-by-depth.ts'
import { shiftByDepth } from '../../figures/shift-by-depth.ts'
import { reportFigures } from '../../report/report-figures.ts'
import type { ReportInput } from '../../report/report-input.ts'

// Loaded when the first figure is looked at: the plotting library is the page's largest part.

/** What stands under the numbers of two groups. */
export async function drawGroups(report: GroupReport): Promise<Figure[]> {
  const shifted = report.shift.some(({ shift }) => shift !== null)
  return [await metricsByDepth(report), ...(shifted ? [await shiftByDepth(report)] : [])]
}

/** All figures of a report. */
export async function drawAll(input: ReportInput): Promise<Figure[]> {
  return (await reportFigures(input)).map(({ figure }) => figure)
}
