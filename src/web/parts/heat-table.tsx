import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { TrajectoryRow } from '../../analysis/trajectory.ts'
import { fixed, percent } from '../../words.ts'
import type { ShownCheckpoint } from '../state/series.ts'
import { CutName } from './layer-name.tsx'

interface Measure {
  readonly key: string
  readonly title: string
  readonly value: (row: TrajectoryRow) => number | null
  readonly text: (value: number | null) => string
}

const measures: readonly Measure[] = [
  { key: 'change', title: 'change from the first', value: (row) => row.first_relative_change, text: (x) => percent(x, 0) },
  { key: 'step', title: 'change from the previous', value: (row) => row.previous_relative_change, text: (x) => percent(x, 0) },
  {
    key: 'shift',
    title: 'D from the first, less its level by chance',
    value: ({ first_shift: shift, first_shift_chance: chance }) =>
      shift === null || chance === null ? shift : Math.max(0, shift - chance),
    text: (x) => fixed(x, 2),
  },
  { key: 'sparsity', title: 'sparsity', value: (row) => row.sparsity, text: (x) => percent(x, 0) },
  { key: 'entropy', title: 'variance entropy', value: (row) => row.variance_entropy, text: (x) => fixed(x, 2) },
  { key: 'orthogonality', title: 'orthogonality', value: (row) => row.orthogonality, text: (x) => fixed(x, 2) },
  { key: 'centre', title: 'centre share', value: (row) => row.centre_share, text: (x) => fixed(x, 2) },
  { key: 'symmetry', title: 'symmetry', value: (row) => row.symmetry, text: (x) => fixed(x, 2) },
]

/** Percent of the colour where there is most: its number is still read on it, in light and dark. */
const MOST_COLOUR = 54
/** Columns up to which a cell has room for its number. */
const MOST_NUMBERS = 16

/** One number of every layer at every checkpoint: darker is more; a click on a column goes to its checkpoint. */
export function HeatTable(props: {
  layers: readonly string[]
  checkpoints: readonly ShownCheckpoint[]
  rowOf: (layer: string, column: number) => TrajectoryRow | undefined
  at: number
  onChoose: (column: number) => void
  children: ComponentChildren
}) {
  const { layers, checkpoints, rowOf, at, onChoose, children } = props
  const [key, setKey] = useState(measures[0]!.key)
  const measure = measures.find((one) => one.key === key)!
  const values = layers.map((layer) =>
    checkpoints.map((_, column) => {
      const row = rowOf(layer, column)
      return row ? measure.value(row) : null
    }),
  )
  const known = values.flat().filter((value) => value !== null)
  const [least, most] = [Math.min(0, ...known), Math.max(0, ...known)]
  const share = (value: number): number => (most > least ? (value - least) / (most - least) : 0)
  return (
    <section class="card stack" aria-label="Layers along the training">
      <div class="row apart" style={{ alignItems: 'start' }}>
        <div>
          <h2>Layers along the training</h2>
          <label class="row small">
            <span class="muted">Darker is more:</span>
            <select
              class="select"
              value={key}
              aria-label="What the colours show"
              onChange={(event) => setKey(event.currentTarget.value)}
            >
              {measures.map((one) => (
                <option key={one.key} value={one.key}>
                  {one.title}
                </option>
              ))}
            </select>
          </label>
        </div>
        {children}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse */}
      {/* biome-ignore lint/a11y/useSemanticElements: the card is the section */}
      <div class="table-frame" role="region" aria-label="Heat map" tabIndex={0}>
        <table class="heat">
          <thead>
            <tr>
              <th scope="col">layer</th>
              {checkpoints.map(({ order, name, position }, column) => (
                <th key={order} scope="col" class="number">
                  <button
                    type="button"
                    class="plain"
                    title={name}
                    aria-label={`${position > 1e9 ? order + 1 : position}: show checkpoint ${name}`}
                    aria-pressed={column === at}
                    onClick={() => onChoose(column)}
                  >
                    {position > 1e9 ? order + 1 : position}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer, i) => (
              <tr key={layer}>
                <th scope="row" class="layer-name">
                  <CutName text={layer} />
                </th>
                {values[i]!.map((value, column) => (
                  <td
                    key={checkpoints[column]!.order}
                    class={`number${column === at ? ' here' : ''}`}
                    title={`${checkpoints[column]!.name}: ${measure.text(value)}`}
                    style={{ '--share': value === null ? '0%' : `${Math.round(4 + MOST_COLOUR * share(value))}%` }}
                  >
                    <span class={checkpoints.length > MOST_NUMBERS ? 'unseen' : ''}>{measure.text(value)}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
