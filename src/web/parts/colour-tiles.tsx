/**
 * A first layer in colour: each output channel's three filters as red, green and blue. Mid-grey is zero; full and no colour are
 * plus and minus the layer's largest weight.
 */
export function ColourTiles(props: {
  /** In (out, in, row, column) order, in = red, green, blue. */
  weights: Float32Array
  rows: number
  columns: number
  peak: number
}) {
  const { weights, rows, columns, peak } = props
  const taps = rows * columns
  const channels = Math.floor(weights.length / (3 * taps))
  const level = (index: number): number => Math.round(127.5 * (1 + (peak > 0 ? weights[index]! / peak : 0)))
  return (
    <ul class="tiles colours">
      {Array.from({ length: channels }, (_, channel) => (
        <li key={`channel ${channel}`} class="tile">
          <svg
            viewBox={`0 0 ${columns} ${rows}`}
            role="img"
            aria-label={`Output channel ${channel}`}
            shape-rendering="crispEdges"
          >
            {Array.from({ length: taps }, (_, tap) => (
              <rect
                key={`tap ${tap}`}
                x={tap % columns}
                y={Math.floor(tap / columns)}
                width="1"
                height="1"
                fill={`rgb(${[0, 1, 2].map((c) => level((3 * channel + c) * taps + tap)).join(' ')})`}
              />
            ))}
          </svg>
        </li>
      ))}
    </ul>
  )
}
