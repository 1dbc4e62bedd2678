import { fixed } from '../words.ts'
import { type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** One distribution of a panel: a share of the filters by bin, and how it is drawn. */
export interface Ridge {
  readonly shares: readonly number[]
  readonly fill: string
  readonly fillOpacity: number
  readonly stroke: string
}

/** A component's distributions over one another, and where they stand. */
export interface RidgePanel {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly marginTop: number
  readonly range: readonly [low: number, high: number]
  /** The largest share of the column: full height. */
  readonly highest: number
  /** Of the last panel of a column, which has the axis. */
  readonly ticks: readonly number[] | undefined
  readonly ridges: readonly Ridge[]
}

/** Draws the distributions of a component. */
export function ridgePanel(plot: Plot, { x, y, width, height, marginTop, range, highest, ticks, ridges }: RidgePanel): SvgNode {
  return panel(plot, x, y, {
    width,
    height: height + (ticks ? 20 : 0),
    marginLeft: 0,
    marginRight: 0,
    marginTop,
    marginBottom: ticks ? 24 : 4,
    x: { domain: [...range], axis: null },
    y: { domain: [0, highest || 1], axis: null },
    marks: [
      plot.ruleX([0], { stroke: colour.grid }),
      ...ridges.flatMap(({ shares, fill, fillOpacity, stroke }) => {
        const step = (range[1] - range[0]) / shares.length
        const points = withoutFlats(
          shares.map((share, bin) => ({ x: range[0] + (bin + 0.5) * step, y: share })),
          highest / 500,
        )
        return [
          plot.areaY(points, { x: 'x', y: 'y', fill, fillOpacity }),
          plot.lineY(points, { x: 'x', y: 'y', stroke, strokeWidth: 1.2 }),
        ]
      }),
      plot.ruleY([0], { stroke: colour.rule, strokeWidth: 0.75 }),
      ...(ticks ? [plot.axisX({ ticks: [...ticks], tickSize: 3, tickFormat: (v: number) => fixed(v, 0), label: null })] : []),
    ],
  })
}

/** Each bin's share of all. */
export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, n) => sum + n, 0)
  return counts.map((n) => (total > 0 ? n / total : 0))
}

/** Overlap of two histograms: 1 when they are the same, 0 when they share no bin. */
export function overlapOf(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, share, bin) => sum + Math.min(share, b[bin]!), 0)
}

/** Leaves out points that lie level (within `least`) with both neighbours: empty tails cost nothing. */
function withoutFlats(points: readonly { x: number; y: number }[], least: number): { x: number; y: number }[] {
  const level = (i: number, j: number) => Math.abs(points[i]!.y - points[j]!.y) <= least
  return points.filter(
    (_, i) => i === 0 || i === points.length - 1 || !(level(i, i - 1) && level(i, i + 1) && level(i - 1, i + 1)),
  )
}
