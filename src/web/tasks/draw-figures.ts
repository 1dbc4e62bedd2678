import type { Figure } from '../../figures/figure.ts'
import { metricsByDepth } from '../../figures/metrics-by-depth.ts'
import { shiftByDepth } from '../../figures/shift-by-depth.ts'
import { reportFigures } from '../../report/report-figures.ts'
import type { FiguresFrom } from './protocol.ts'

// Loaded when the first figure is shown: the plotting library is the largest part of all. It draws into a document of our
// own, so that it needs no page and works here, in a worker.

/** What stands under the numbers of two groups, or all figures of a report. */
export async function drawFigures(from: FiguresFrom): Promise<Figure[]> {
  if ('input' in from) return (await reportFigures(from.input)).map(({ figure }) => figure)
  const { report, depth } = from
  const shifted = report.shift.some(({ shift }) => shift !== null)
  return [await metricsByDepth(report, depth), ...(shifted ? [await shiftByDepth(report, depth)] : [])]
}
