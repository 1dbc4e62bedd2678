import { weightColour } from '../grid/colours.ts'
import { theme } from '../state/theme.ts'

/** One filter as a small picture: colours from -max to +max of the filter itself. */
export function Tile({
  weights,
  columns,
  size,
  label,
}: {
  weights: ArrayLike<number>
  columns: number
  size: number
  label: string
}) {
  const values = Array.from(weights)
  const rows = values.length / columns
  const top = Math.max(...values.map(Math.abs), Number.MIN_VALUE)
  const now = theme()
  return (
    <svg
      width={size}
      height={(size * rows) / columns}
      viewBox={`0 0 ${columns} ${rows}`}
      role="img"
      aria-label={label}
      aria-hidden={label === ''}
      shape-rendering="crispEdges"
    >
      {values.map((value, k) => (
        <rect
          key={`${k}:${value}`}
          x={k % columns}
          y={Math.floor(k / columns)}
          width="1"
          height="1"
          fill={weightColour(value / top, now)}
        />
      ))}
    </svg>
  )
}
