import type { Figure } from '../../figures/figure.ts'
import { metricsByDepth } from '../../figures/metrics-by-depth.ts'
import { shiftByDepth } from '../../figures/shift-by-depth.ts'
import { drawnGroups, reportFigures } from '../../report/report-figures.ts'
import type { ReportInput } from '../../report/report-input.ts'
import { studyFigures } from '../../report/study-figures.ts'
import type { FiguresFrom } from './protocol.ts'

// Loaded when the first figure is shown: the plotting library is the largest part of all. It draws into a document of our
// own, so that it needs no page and works here, in a worker.

/** What stands under the numbers of two groups or of studies, or all figures of a report. */
export async function drawFigures(from: FiguresFrom): Promise<Figure[]> {
  if ('input' in from) {
    const { input, tables } = from
    const draw = async (analysis: ReportInput['analysis']): Promise<Figure[]> =>
      (await reportFigures({ ...input, analysis })).map(({ figure }) => figure)
    if (tables.length === 0) return draw(input.analysis)
    const { withLayers } = await import('./stored-layers.ts')
    return withLayers(input.analysis, tables, draw)
  }
  if ('studies' in from) return studyFigures(from.studies)
  const { groups: report, note } = drawnGroups(from.report)
  const depth = [from.depth, note].filter(Boolean).join(' ') || undefined
  const shifted = report.shift.some(({ shift }) => shift !== null)
  return [await metricsByDepth(report, depth), ...(shifted ? [await shiftByDepth(report, depth)] : [])]
}
