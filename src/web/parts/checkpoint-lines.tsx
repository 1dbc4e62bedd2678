import { useRef } from 'preact/hooks'
import { fixed, tick } from '../../words.ts'
import type { ShownCheckpoint } from '../state/series.ts'
import { useWidth } from './size.ts'

/** A value at every checkpoint; null where there is none. */
export interface CheckpointLine {
  readonly name: string
  readonly values: readonly (number | null)[]
}

const [LEFT, RIGHT, BOTTOM, TOP] = [52, 12, 26, 10]

/** Lines along the checkpoints of a training, later lines in stronger colour; the checkpoint that is shown is marked, a click shows another. */
export function CheckpointLines(props: {
  lines: readonly CheckpointLine[]
  checkpoints: readonly ShownCheckpoint[]
  at: number
  height: number
  label: string
  onChoose: (column: number) => void
}) {
  const { lines, checkpoints, at, height, label, onChoose } = props
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame, 640)
  const last = Math.max(1, checkpoints.length - 1)
  const known = lines.flatMap(({ values }) => values).filter((value) => value !== null)
  const [least, most] = [Math.min(0, ...known), Math.max(0, ...known)]
  const whole = most - least || 1
  const x = (column: number): number => LEFT + (column / last) * (width - LEFT - RIGHT)
  const y = (value: number): number => height - BOTTOM - ((value - least) / whole) * (height - BOTTOM - TOP)
  const digits = whole >= 20 ? 0 : whole >= 2 ? 1 : 3
  const path = (own: readonly (number | null)[]): string => {
    let text = ''
    let pen = 'M'
    for (const [column, value] of own.entries()) {
      if (value === null) continue
      text += `${pen}${x(column).toFixed(1)} ${y(value).toFixed(1)}`
      pen = 'L'
    }
    return text
  }
  return (
    <div ref={frame}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider and the keys ← → go to any checkpoint */}
      <svg
        class="series-chart"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const clicked = ((event.clientX - box.left) / box.width) * width
          onChoose(Math.min(last, Math.max(0, Math.round(((clicked - LEFT) / (width - LEFT - RIGHT)) * last))))
        }}
      >
        {[0, 0.5, 1].map((part) => {
          const value = least + part * whole
          return (
            <g key={part}>
              <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} class="rule" />
              <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
                {value === 0 ? '0' : fixed(value, digits)}
              </text>
            </g>
          )
        })}
        {lines.map(({ name, values }, i) => (
          <path
            key={name}
            d={path(values)}
            class="line"
            style={{ strokeOpacity: (0.25 + (0.75 * (i + 1)) / lines.length).toFixed(2) }}
          >
            <title>{name}</title>
          </path>
        ))}
        {lines.length === 1 &&
          lines[0]!.values.map((value, column) =>
            value === null ? null : (
              <circle key={checkpoints[column]!.order} cx={x(column)} cy={y(value)} r={column === at ? 4 : 2.5} class="spot" />
            ),
          )}
        <line x1={x(at)} x2={x(at)} y1={TOP} y2={height - BOTTOM} class="here" />
        {[0, checkpoints.length - 1].map((column) => (
          <text key={column} x={x(column)} y={height - 6} text-anchor={column === 0 ? 'start' : 'end'}>
            {checkpoints[column]!.position > 1e9 ? String(column + 1) : tick(checkpoints[column]!.position)}
          </text>
        ))}
      </svg>
    </div>
  )
}
