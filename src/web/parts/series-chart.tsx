import type { TrajectoryRow } from '../../analysis/trajectory.ts'
import { fixed, tick } from '../../words.ts'
import type { ShownCheckpoint } from '../state/series.ts'

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 200, 60, 26, 10]

/** D of every layer from the first checkpoint, a line a layer, deeper ones in stronger colour; the checkpoint that is shown is marked. */
export function SeriesChart(props: {
  layers: readonly string[]
  checkpoints: readonly ShownCheckpoint[]
  rowOf: (layer: string, column: number) => TrajectoryRow | undefined
  at: number
  onChoose: (column: number) => void
}) {
  const { layers, checkpoints, rowOf, at, onChoose } = props
  const last = Math.max(1, checkpoints.length - 1)
  const values = layers.map((layer) =>
    checkpoints.map((_, column) => (column === 0 ? 0 : (rowOf(layer, column)?.first_shift ?? null))),
  )
  const most = values.flat().reduce((largest: number, value) => Math.max(largest, value ?? 0), 0)
  if (most === 0) return null
  const x = (column: number): number => LEFT + (column / last) * (WIDTH - LEFT - 12)
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP)
  const path = (own: readonly (number | null)[]): string =>
    own
      .flatMap((value, column) => (value === null ? [] : [`${x(column).toFixed(1)} ${y(value).toFixed(1)}`]))
      .map((point, k) => `${k === 0 ? 'M' : 'L'}${point}`)
      .join('')
  const furthest = layers.reduce((best, _, i) => ((values[i]![at] ?? 0) > (values[best]![at] ?? 0) ? i : best), 0)
  return (
    <section class="card stack" aria-label="Distance from the start">
      <h2>Distance from the start</h2>
      <p class="muted small">
        Distribution shift D of each layer from the first checkpoint, deeper layers in stronger colour. Here furthest:{' '}
        {layers[furthest]} ({fixed(values[furthest]![at])}).
      </p>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider and the keys ← → go to any checkpoint */}
      <svg
        class="series-chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`D from the first checkpoint, up to ${fixed(most, 2)}`}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const at = ((event.clientX - box.left) / box.width) * WIDTH
          onChoose(Math.min(last, Math.max(0, Math.round(((at - LEFT) / (WIDTH - LEFT - 12)) * last))))
        }}
      >
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line x1={LEFT} x2={WIDTH - 12} y1={y(part * most)} y2={y(part * most)} class="rule" />
            <text x={LEFT - 6} y={y(part * most) + 4} text-anchor="end">
              {part === 0 ? '0' : fixed(part * most, 2)}
            </text>
          </g>
        ))}
        {values.map((own, i) => (
          <path
            key={layers[i]}
            d={path(own)}
            class="line"
            style={{ strokeOpacity: (0.25 + (0.75 * (i + 1)) / layers.length).toFixed(2) }}
          >
            <title>{layers[i]}</title>
          </path>
        ))}
        <line x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} class="here" />
        {[0, checkpoints.length - 1].map((column) => (
          <text key={column} x={x(column)} y={HEIGHT - 6} text-anchor={column === 0 ? 'start' : 'end'}>
            {checkpoints[column]!.position > 1e9 ? String(column + 1) : tick(checkpoints[column]!.position)}
          </text>
        ))}
      </svg>
    </section>
  )
}
