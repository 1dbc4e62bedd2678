import { useRef } from 'preact/hooks'
import type { Scalars } from '../../analysis/checkpoints.ts'
import type { TrajectoryRow } from '../../analysis/trajectory.ts'
import { fixed, tick } from '../../words.ts'
import { SavePicture } from '../save/save-picture.tsx'
import type { ShownCheckpoint } from '../state/series.ts'
import { CheckpointLines } from './checkpoint-lines.tsx'

/** D of every layer from the first checkpoint, a line a layer, deeper ones in stronger colour. */
export function SeriesChart(props: {
  layers: readonly string[]
  checkpoints: readonly ShownCheckpoint[]
  rowOf: (layer: string, column: number) => TrajectoryRow | undefined
  at: number
  onChoose: (column: number) => void
}) {
  const { layers, checkpoints, rowOf, at, onChoose } = props
  const drawn = useRef<HTMLDivElement>(null)
  const lines = layers.map((name) => ({
    name,
    values: checkpoints.map((_, column) => (column === 0 ? 0 : (rowOf(name, column)?.first_shift ?? null))),
  }))
  const most = lines.flatMap(({ values }) => values).reduce((largest: number, value) => Math.max(largest, value ?? 0), 0)
  if (most === 0) return null
  const furthest = lines.reduce((best, line) => ((line.values[at] ?? 0) > (best.values[at] ?? 0) ? line : best))
  return (
    <section class="card stack" aria-label="Distance from the start">
      <div class="row apart head-line">
        <h2>Distance from the start</h2>
        <SavePicture of={drawn} title="Distance from the start" name="distance-from-the-start" />
      </div>
      <p class="muted small">
        Distribution shift D of each layer from the first checkpoint, deeper layers in stronger colour. Here furthest:{' '}
        {furthest.name} ({fixed(furthest.values[at])}).
      </p>
      <div ref={drawn}>
        <CheckpointLines
          {...{ lines, checkpoints, at, onChoose }}
          height={200}
          label={`D from the first checkpoint, up to ${fixed(most, 2)}`}
        />
      </div>
    </section>
  )
}

/** What is told beside the checkpoints, such as accuracies: a small chart each. */
export function ScalarCharts(props: {
  scalars: Scalars
  checkpoints: readonly ShownCheckpoint[]
  at: number
  onChoose: (column: number) => void
}) {
  const { scalars, checkpoints, at, onChoose } = props
  const drawn = useRef<HTMLUListElement>(null)
  if (scalars.size === 0) return null
  return (
    <section class="card stack" aria-label="Beside the checkpoints">
      <div class="row apart head-line">
        <h2>Beside the checkpoints</h2>
        <SavePicture of={drawn} title="Beside the checkpoints" name="beside-the-checkpoints" />
      </div>
      <ul class="scalars" ref={drawn}>
        {[...scalars].map(([name, values]) => {
          const value = values[at] ?? null
          return (
            <li key={name}>
              <h3>
                {name.replaceAll('_', ' ')} <span class="value">{value === null ? '–' : tick(value)}</span>
              </h3>
              <CheckpointLines
                {...{ checkpoints, at, onChoose }}
                lines={[{ name, values }]}
                height={120}
                label={`${name} at each checkpoint; its number is in the heading`}
              />
            </li>
          )
        })}
      </ul>
    </section>
  )
}
