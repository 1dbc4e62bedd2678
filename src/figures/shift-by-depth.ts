import { type BucketName, bucketNames, type GroupReport, type ShiftRow } from '../analysis/report-types.ts'
import { fixed, list, sentence, shortCount, tick } from '../words.ts'
import { chanceNote, chanceText, isBeyondChance } from './chance-words.ts'
import { type Figure, frame, type LegendItem, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { bucketTick, bucketWords } from './metric-words.ts'
import { loadPlot, type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { categories, colour, symbols } from './theme.ts'

const HEIGHT = 280
/** What counts one pair as one observation, as the paper's figures do. */
const COUNTING = 'pairs'
const MOST_SERIES = 7

/**
 * Distribution shift between the groups in each depth bucket, on a logarithmic scale; one series a data set. A hollow mark is not
 * shown to be beyond chance; a dashed line is the 95 % quantile of chance.
 * `depth`: what depths rest on (`depthNote`), a line under the figure.
 */
export async function shiftByDepth(
  data: Pick<GroupReport, 'shift' | 'groups' | 'datasets'> & Conventions,
  depth?: string,
): Promise<Figure> {
  const plot = await loadPlot()
  const counting = data.shift.some((row) => row.counting === COUNTING) ? COUNTING : 'models'
  const defined = data.shift.filter(
    (row): row is ShiftRow & { shift: number } => row.counting === counting && row.shift !== null && row.shift > 0,
  )
  // Where the groups are the data sets themselves, none has a shift of its own.
  const each = data.datasets.length > 1 && defined.some(({ dataset }) => dataset !== null)
  const scopes = (each ? data.datasets : [null]).slice(0, MOST_SERIES)
  const slots = [...bucketNames, 'gap', 'all']
  const drawn = scopes.filter((dataset) => defined.some((row) => row.dataset === dataset))
  const series = drawn.map((dataset, i) => ({
    name: dataset ?? 'all data sets',
    dataset,
    colour: colour[categories[i]!],
    symbol: symbols[i]!,
    rows: slots.flatMap((slot) => defined.filter((row) => row.bucket === slot && row.dataset === dataset)),
  }))
  const absent = scopes.flatMap((dataset) => (dataset === null || drawn.includes(dataset) ? [] : [dataset]))
  const values = series.flatMap(({ rows }) => rows.flatMap(({ shift, chance }) => [shift, ...(chance ? [chance.high] : [])]))
  const hasChance = series.some(({ rows }) => rows.some(({ chance }) => chance))
  const [low, high] = decades(values)
  const ticks = logTicks(low, high)
  const fewest = series
    .flatMap(({ rows }) => rows)
    .reduce((least, row) => Math.min(least, row.filters_a, row.filters_b), Number.MAX_SAFE_INTEGER)
  const drawing: SvgNode[] = [
    panel(plot, 0, 0, {
      width: WIDE,
      height: HEIGHT,
      marginLeft: 56,
      marginRight: 10,
      marginTop: 24,
      marginBottom: 40,
      x: { type: 'point', domain: slots, axis: null, padding: 0.4 },
      y: { type: 'log', domain: [low, high], axis: null },
      marks: [
        plot.gridY(ticks, { stroke: colour.grid, strokeOpacity: 1 }),
        plot.axisY(ticks, { tickSize: 0, text: (v: number) => tick(v), label: null }),
        plot.text(
          slots.filter((slot) => slot !== 'gap'),
          {
            x: (slot: string) => slot,
            text: (slot: string, i: number) => (slot === 'all' ? 'all layers' : bucketTick(slot as BucketName, i)),
            frameAnchor: 'bottom',
            dy: 16,
          },
        ),
        ...series.flatMap((s) => [
          plot.lineY(
            s.rows.filter((row) => row.bucket !== 'all'),
            { x: 'bucket', y: 'shift', stroke: s.colour, strokeWidth: 1.75 },
          ),
          ...chanceMarks(plot, s),
          plot.dot(s.rows, {
            x: 'bucket',
            y: 'shift',
            fill: (row: ShiftRow) => (!row.chance || isBeyondChance(row.chance) ? s.colour : colour.paper),
            stroke: s.colour,
            strokeWidth: 1.5,
            r: 4,
            symbol: s.symbol,
          }),
        ]),
      ],
    }),
    label('distribution shift D (logarithmic scale)', 4, 12, { size: 11, fill: colour.muted }),
    label('depth: first layer, then tenths of the relative depth', (WIDE - 60) / 2, HEIGHT - 4, {
      size: 11,
      fill: colour.muted,
      anchor: 'middle',
    }),
  ]
  const legend: LegendItem[] = [
    ...series.map((s): LegendItem => ({ mark: 'dot', symbol: s.symbol, fill: s.colour, stroke: s.colour, label: s.name })),
    ...(hasChance
      ? ([
          { mark: 'dot', fill: colour.paper, stroke: colour.muted, label: 'not beyond chance' },
          { mark: 'dash', fill: 'none', stroke: colour.muted, label: '95 % of chance' },
        ] as const)
      : []),
  ]
  return frame(
    {
      id: 'shift-by-depth',
      title: 'Distribution shift by depth',
      caption: captionOf(series, data),
      width: WIDE,
      height: HEIGHT,
      ...(series.length > 1 || hasChance ? { legend } : {}),
      note: `D: symmetric Kullback–Leibler divergence (natural logarithm) of the coefficient histograms of ${data.groups.a.name} and ${data.groups.b.name} filters, summed over the nine components with their explained variance as weights; 0 when the distributions are the same, no upper limit. ${counting === 'pairs' ? 'A model counts once per pair.' : 'Each model counts once.'} ${sentence(filtersTaken(data))} filters, each divided by its largest absolute value. Few filters leave bins empty, which raises D; the smallest side drawn has ${shortCount(fewest)} filters. ${chanceNote(series.flatMap(({ rows }) => rows.map(({ chance }) => chance)))}${absent.length ? ` Not defined for ${list(absent)}.` : ''}${depth ? ` ${depth}` : ''}`,
    },
    ...drawing,
  )
}

/** The 95 % quantile of chance: dashed through the buckets, and up to the mark of all layers. */
function chanceMarks(plot: Plot, { rows, colour: stroke }: Series) {
  const known = rows.flatMap(({ bucket, chance }) => (chance && chance.high > 0 ? [{ bucket, high: chance.high }] : []))
  return [
    plot.lineY(
      known.filter(({ bucket }) => bucket !== 'all'),
      { x: 'bucket', y: 'high', stroke, strokeWidth: 1, strokeDasharray: '3 3' },
    ),
    plot.lineY(
      known.flatMap(({ bucket, high }) =>
        bucket === 'all'
          ? [
              { bucket: 'gap', high },
              { bucket, high },
            ]
          : [],
      ),
      { x: 'bucket', y: 'high', stroke, strokeWidth: 1, strokeDasharray: '3 3' },
    ),
  ]
}

interface Series {
  readonly name: string
  readonly colour: string
  readonly rows: readonly (ShiftRow & { shift: number })[]
}

/** What is beyond chance, and where most; only the excess over chance is compared. */
function captionOf(series: readonly Series[], { groups }: Pick<GroupReport, 'groups'>): string {
  const parts = series.flatMap(({ name, rows }) => {
    const all = rows.find((row) => row.bucket === 'all')
    const buckets = rows.filter((row) => row.bucket !== 'all')
    if (!all || buckets.length === 0) return []
    const where = series.length > 1 ? `on ${name} ` : ''
    const level = all.chance
      ? ` (${chanceText(all.chance)}; ${isBeyondChance(all.chance) ? 'beyond chance' : 'not shown to be beyond chance'})`
      : ''
    const beyond = buckets.flatMap((row) => (isBeyondChance(row.chance) ? [{ ...row, chance: row.chance }] : []))
    const tested = buckets.filter(({ chance }) => chance).length
    const most = beyond.reduce((best, row) => (best && best.chance.excess >= row.chance.excess ? best : row), beyond[0])
    const depth =
      tested === 0
        ? ''
        : most === undefined
          ? `, in none of ${tested} depth buckets beyond chance`
          : `, beyond chance in ${beyond.length} of ${tested} depth buckets, by most in ${bucketWords(most.bucket)} (D = ${fixed(most.shift)}, ${chanceText(most.chance)})`
    return `${where}D = ${fixed(all.shift)}${level}${depth}`
  })
  return parts.length === 0
    ? 'The shift is undefined: there are too few filters in one of the groups.'
    : `${sentence(`${groups.a.name} and ${groups.b.name} filters: ${parts.join('; ')}.`)}`
}

/** The 1-2-5 steps just outside the values. */
function decades(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0.01, 1]
  const steps = allSteps()
  const least = Math.min(...values)
  const most = Math.max(...values)
  return [steps.filter((v) => v <= least).at(-1) ?? steps[0]!, steps.find((v) => v >= most && v > least) ?? steps.at(-1)!]
}

function logTicks(low: number, high: number): number[] {
  const inside = allSteps().filter((v) => v >= low && v <= high)
  return inside.length <= 9 ? inside : inside.filter((v) => /^0?\.?0*1/.test(String(v)) || v === 10 || v === 100)
}

/** 0.00001, 0.00002, 0.00005 … 500, written out from texts so that no power is computed. */
function allSteps(): number[] {
  const steps: number[] = []
  for (let exponent = -5; exponent <= 2; exponent++) for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${exponent}`))
  return steps
}
