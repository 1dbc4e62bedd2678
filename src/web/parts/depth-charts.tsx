import { useRef } from 'preact/hooks'
import type { Flag } from '../../analysis/flags.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count, weight } from '../../words.ts'
import { SavePicture } from '../save/save-picture.tsx'
import { hovered } from '../state/hover.ts'
import { calledIn } from '../state/layer-names.ts'
import { type DepthPoint, depthTicks, dotSize, fittedAxis, freeSpot } from './depth-scale.ts'
import { type ShownMetric, shownMetrics } from './metrics.ts'
import { useWidth } from './size.ts'

/** A model's layers as they are drawn: `role` is its colour. */
export interface Series {
  readonly model: string
  readonly role: 'a' | 'b'
  readonly layers: readonly LayerRow[]
  readonly flags: readonly (readonly Flag[])[]
}

interface Props {
  readonly series: readonly Series[]
  /** layer_id of the open layer in each series. */
  readonly open: readonly (number | undefined)[]
  /** The model's own value, beside the metric's name. */
  overall?(metric: ShownMetric): string
  onOpen(layer: LayerRow, series: Series): void
}

/** Width that the numbers of a layer take beside the pointer, in pixels. */
const TIP_ROOM = 320
const MARGIN = { left: 44, right: 12, top: 8, bottom: 6 }

/** Three small charts, one below the other, aligned on one axis of depth; the layer under the pointer is marked in all of them. */
export function DepthCharts({ series, open, overall, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame, 560)
  const relative = new Set(series.map((one) => Math.max(...one.layers.map((row) => row.conv_depth)))).size > 1
  const place = depthScale(series, relative, width)
  const hover = hovered.value
  const height = (width > 760 ? 76 : 66) + (series.length > 1 ? 48 : 0)
  return (
    <div class="depth" ref={frame} onPointerLeave={() => (hovered.value = null)}>
      {shownMetrics.map((metric, k) => (
        <Chart
          key={metric.key}
          {...{ metric, series, open, onOpen, width, height, place, relative }}
          {...(overall && { overall })}
          last={k === shownMetrics.length - 1}
          hover={hover}
        />
      ))}
      <SavePicture of={frame} title="Metrics by depth" name={`${series.map(({ model }) => model).join('-')}-depth`} />
      {hover && <Tip series={series} />}
    </div>
  )
}

type Place = (row: LayerRow) => number

/** Means over the layers of the paper's models (sparsity.ipynb). */
const paperShares = [
  { value: 0.3948, name: 'paper, normal models' },
  { value: 0.0945, name: 'paper, robust models' },
]

/** x of a layer: its rank of depth, or its relative depth where two models of different depth are compared. */
function depthScale(series: readonly Series[], relative: boolean, width: number): Place {
  const value = (row: LayerRow): number => (relative ? (row.conv_depth_norm ?? 0) : row.conv_depth)
  const values = series.flatMap((one) => one.layers.map(value))
  const low = relative ? 0 : Math.min(...values)
  const high = relative ? 1 : Math.max(...values)
  const room = width - MARGIN.left - MARGIN.right - 12
  return (row) => MARGIN.left + 6 + (high > low ? ((value(row) - low) / (high - low)) * room : room / 2)
}

/** Ends of a metric's axis: the same for every model; of two that are drawn into one chart, what both of them need. */
function axisOf({ key, axis }: ShownMetric, series: readonly Series[]): readonly [low: number, high: number] {
  const values = series.flatMap(({ layers }) => layers.flatMap((row) => row[key] ?? []))
  if (series.length < 2 || values.length === 0) return axis
  return fittedAxis(Math.min(...values), Math.max(...values), axis)
}

function Chart(
  props: Props & {
    metric: ShownMetric
    width: number
    height: number
    place: Place
    last: boolean
    relative: boolean
    hover: typeof hovered.value
  },
) {
  const { metric, series, open, overall, onOpen, width, height, place, last, relative, hover } = props
  const [low, high] = axisOf(metric, series)
  const y = (value: number): number => MARGIN.top + (1 - (value - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom)
  const lines = series.map((one) =>
    one.layers.flatMap((row) => {
      const value = row[metric.key]
      return value === null ? [] : [[place(row), y(value)] as const]
    }),
  )
  const dot = dotSize(lines)
  const levels = levelsOf({ metric, series, place, y, low, high, width, height, lines })
  const ticks = [low, (low + high) / 2, high]
  const all = series.flatMap((one) => one.layers.map((row, k) => ({ row, one, k })))
  const nearest = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect()
    const [px, py] = [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * width) / box.width]
    let best: (typeof all)[number] | undefined
    let least = Number.POSITIVE_INFINITY
    for (const item of all) {
      const value = item.row[metric.key]
      const [dx, dy] = [place(item.row) - px, (value === null ? py : y(value)) - py]
      const far = dx * dx * 4 + dy * dy
      if (far < least) [best, least] = [item, far]
    }
    return best
  }
  const hoveredItem = hover && all.find(({ row, one }) => one.model === hover.model && row.layer_id === hover.layer)
  return (
    <figure>
      <figcaption>
        <h3>
          {metric.title}
          {overall && <span class="overall"> {overall(metric)}</span>}
        </h3>
        {levels
          .filter(({ spot }) => spot === null)
          .map(({ name }) => (
            <span key={name} class="level-key muted">
              <svg class="dash" viewBox="0 0 18 4" aria-hidden="true">
                <path class="level" d="M0 2H18" />
              </svg>
              {name}
            </span>
          ))}
        <span class="small muted meaning">{metric.meaning}</span>
      </figcaption>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: every layer can be opened by keyboard from the table below, and with the arrow keys */}
      <svg
        viewBox={`0 0 ${width} ${height + (last ? 30 : 0)}`}
        role="img"
        aria-label={`${metric.title} of ${series.map((one) => one.model).join(' and ')} by depth; the numbers are in the table below`}
        onPointerMove={(event) => {
          const found = nearest(event)
          if (found) hovered.value = { model: found.one.model, layer: found.row.layer_id, x: event.clientX, y: event.clientY }
        }}
        onClick={(event) => {
          const found = nearest(event)
          if (found) onOpen(found.row, found.one)
        }}
        style={{ cursor: 'pointer' }}
      >
        <g class="axis">
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
              <text x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
                {metric.words.tick(tick)}
                {metric.unit}
              </text>
            </g>
          ))}
          {last && <DepthAxis {...{ series, relative, width, height }} />}
        </g>
        {series.length === 2 && <Band {...{ metric, series, place, y }} />}
        {hoveredItem && (
          <line
            class="cursor"
            x1={place(hoveredItem.row)}
            x2={place(hoveredItem.row)}
            y1={MARGIN.top}
            y2={height - MARGIN.bottom}
          />
        )}
        {levels.map(({ name, points, spot }) => (
          <g key={name}>
            <path class="level" d={`M${points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L')}`} />
            {spot && (
              <text class="level-name" x={spot.x} y={spot.y}>
                {name}
              </text>
            )}
          </g>
        ))}
        {series.map((one) => (
          <path key={one.model} class={`line ${one.role}`} d={path(one.layers, metric, place, y)} />
        ))}
        {all.map(({ row, one, k }) => {
          const value = row[metric.key]
          if (value === null) return null
          const flagged = one.flags[k]!.some((flag) => flag.metric === metric.key)
          const isOpen = row.layer_id === open[series.indexOf(one)]
          const isHovered = hoveredItem?.row === row
          return (
            <g key={`${one.role}${row.layer_id}`} class={`point${isOpen ? ' open' : ''}`}>
              <circle class="ring" cx={place(row)} cy={y(value)} r={dot + 3.5} />
              {flagged ? (
                <path class="dot flagged" d={triangle(place(row), y(value), isHovered ? 7 : Math.max(4.5, dot + 1.5))} />
              ) : (
                <circle
                  class={`dot ${one.role}${dot < 3 ? ' tiny' : ''}`}
                  cx={place(row)}
                  cy={y(value)}
                  r={isHovered ? dot + 1.5 : dot}
                />
              )}
            </g>
          )
        })}
      </svg>
    </figure>
  )
}

/** A flag is a shape of its own, not only a colour. */
function triangle(x: number, y: number, r: number): string {
  return `M${x} ${y - r}L${x + r} ${y + r * 0.8}L${x - r} ${y + r * 0.8}Z`
}

function path(layers: readonly LayerRow[], metric: ShownMetric, place: Place, y: (value: number) => number): string {
  let text = ''
  let pen = 'M'
  for (const row of layers) {
    const value = row[metric.key]
    if (value === null) pen = 'M'
    else {
      text += `${pen}${place(row).toFixed(1)} ${y(value).toFixed(1)}`
      pen = 'L'
    }
  }
  return text
}

function DepthAxis({
  series,
  relative,
  width,
  height,
}: {
  series: readonly Series[]
  relative: boolean
  width: number
  height: number
}) {
  const depths = series.flatMap((one) => one.layers.map((row) => row.conv_depth))
  const [from, to] = [MARGIN.left + 6, width - MARGIN.right - 6]
  const ticks = relative ? [0, 0.25, 0.5, 0.75, 1] : depthTicks(Math.min(...depths), Math.max(...depths), to - from)
  const [low, high] = relative ? [0, 1] : [Math.min(...depths), Math.max(...depths)]
  return (
    <>
      {ticks.map((tick) => (
        <text
          key={tick}
          x={high > low ? from + ((tick - low) / (high - low)) * (to - from) : (from + to) / 2}
          y={height + 10}
          text-anchor="middle"
        >
          {tick}
        </text>
      ))}
      <text x={width - MARGIN.right} y={height + 27} text-anchor="end">
        {relative ? 'relative depth →' : 'depth (rank among the model’s convolutions) →'}
      </text>
    </>
  )
}

interface Level {
  readonly name: string
  readonly points: readonly DepthPoint[]
  /** Where its name stands; null where data are in the way everywhere, so that it is told beside the title. */
  readonly spot: { readonly x: number; readonly y: number } | null
}

/** What random weights have in layers of these shapes; for sparsity the shares of the paper's models. */
function levelsOf(props: {
  metric: ShownMetric
  series: readonly Series[]
  place: Place
  y: (value: number) => number
  low: number
  high: number
  width: number
  height: number
  lines: readonly (readonly DepthPoint[])[]
}): Level[] {
  const { metric, series, place, y, low, high, width, height, lines } = props
  const ends = [MARGIN.left, width - MARGIN.right] as const
  const levels: { readonly name: string; readonly points: readonly DepthPoint[] }[] =
    metric.key === 'sparsity'
      ? paperShares
          .filter(({ value }) => value < high)
          .map(({ name, value }) => ({ name, points: ends.map((x) => [x, y(value)] as const) }))
      : [
          {
            name: 'random weights',
            points: series[0]!.layers.flatMap((row) => {
              const value = metric.random(row)
              return value === null || value < low || value > high ? [] : [[place(row), y(value)] as const]
            }),
          },
        ]
  return levels
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) => ({ name, points, spot: freeSpot(points, lines, name.length * 5.6, ends, [0, height]) }))
}

/** The area between two models' lines, where both have a value. */
function Band({
  metric,
  series,
  place,
  y,
}: {
  metric: ShownMetric
  series: readonly Series[]
  place: Place
  y: (value: number) => number
}) {
  const ends = series.map((one) =>
    one.layers
      .filter((row) => row[metric.key] !== null)
      .map((row) => `${place(row).toFixed(1)} ${y(row[metric.key]!).toFixed(1)}`),
  )
  const [first = [], second = []] = ends
  if (first.length < 2 || second.length < 2) return null
  return <path class="band" d={`M${first.join('L')}L${second.reverse().join('L')}Z`} />
}

/** The numbers of the layer under the pointer. */
function Tip({ series }: { series: readonly Series[] }) {
  const hover = hovered.value
  const one = hover && series.find((item) => item.model === hover.model)
  const row = one?.layers.find((item) => item.layer_id === hover?.layer)
  if (!hover || !one || !row) return null
  const isNarrow = innerWidth < 2 * TIP_ROOM // there is no room at either side: below the pointer
  const left = !isNarrow && hover.x > innerWidth - TIP_ROOM
  const style = {
    left: isNarrow ? '8px' : `${hover.x + (left ? -16 : 16)}px`,
    top: `${Math.min(hover.y + (isNarrow ? 24 : 12), innerHeight - 170)}px`,
    translate: left ? '-100% 0' : '0 0',
  }
  return (
    <div class="tip" style={style}>
      <strong class="name">{calledIn(one.layers)(row)}</strong>
      <dl>
        <dt>shape</dt>
        <dd>
          {row.out_channels} × {row.in_channels} × {row.kernel.replace('x', ' × ')}
        </dd>
        <dt>filters</dt>
        <dd>{count(row.filters)}</dd>
        {shownMetrics.map((metric) => (
          <>
            <dt>{metric.short}</dt>
            <dd>{metric.print(row[metric.key])}</dd>
          </>
        ))}
        <dt>largest weight</dt>
        <dd>{weight(row.peak)}</dd>
      </dl>
    </div>
  )
}
