import type { Chance, GroupReport } from '../analysis/report-types.ts'
import { fixed, list, plural, shorten } from '../words.ts'
import { COLUMN, type Figure, frame } from './figure.ts'
import { loadPlot, panel } from './plot.ts'
import { colour } from './theme.ts'

const HEIGHT = 240

/** Distribution shift of every pair: a box for each data set, and the pairs as dots. */
export async function pairShifts({ pairs, groups }: Pick<GroupReport, 'pairs' | 'groups'>): Promise<Figure> {
  const plot = await loadPlot()
  const known = pairs.flatMap(({ shift, dataset, chance }) =>
    shift === null ? [] : [{ set: dataset ?? 'pairs', shift, chance }],
  )
  const sets = [...new Set(known.map(({ set }) => set))]
  const most = known.reduce((top, { shift }) => Math.max(top, shift), 0)
  const drawing = panel(plot, 0, 0, {
    width: COLUMN,
    height: HEIGHT,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 28,
    x: { domain: sets, axis: null, type: 'band', padding: 0.5 },
    y: { domain: [0, most * 1.05 || 1], axis: null },
    marks: [
      plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 5 }),
      plot.axisY({
        ticks: 5,
        tickSize: 0,
        tickFormat: (v: number) => fixed(v, 2),
        label: 'distribution shift D',
        labelArrow: 'none',
      }),
      plot.axisX({ tickSize: 0, tickFormat: (set: string) => shorten(set, 24), label: null }),
      plot.boxY(known, { x: 'set', y: 'shift', fill: colour.allTint, stroke: colour.all, r: 0 }),
      plot.dot(known, { x: 'set', y: 'shift', r: 2.4, fill: colour.accent, fillOpacity: 0.55 }),
    ],
  })
  return frame(
    {
      id: 'pair-shifts',
      title: 'Distribution shift of each pair',
      caption: captionOf(known, sets, groups.b.name),
      width: COLUMN,
      height: HEIGHT,
      note: `D of the two models of each pair; boxes: quartiles and median, whiskers to 1.5 interquartile ranges; by chance: the median when the filters of both are dealt out anew; dots: ${sets.map((set) => `${set} ${plural(known.filter((one) => one.set === set).length, 'pair')}`).join(', ')}.`,
    },
    drawing,
  )
}

interface Known {
  readonly set: string
  readonly shift: number
  readonly chance?: Chance | null | undefined
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((p, q) => p - q)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

function captionOf(known: readonly Known[], sets: readonly string[], name: string): string {
  const medians = sets.map((set) => {
    const own = known.filter((one) => one.set === set)
    const levels = own.flatMap(({ chance }) => (chance ? [chance.median] : []))
    const chance = levels.length === own.length ? ` (by chance ${fixed(medianOf(levels))})` : ''
    return `${fixed(medianOf(own.map(({ shift }) => shift)))}${chance} in ${set}`
  })
  return `Median shift between a ${name} model and its counterpart: ${list(medians)}.`
}
