import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CheckpointOrder } from '../../analysis/checkpoints.ts'
import type { TrajectoryRow } from '../../analysis/trajectory.ts'
import { spokenName } from '../../database/spoken-name.ts'
import { layersByDepth } from '../../figures/layer-heat-map.ts'
import { trajectoryHeatMap } from '../../figures/trajectory-heat-map.ts'
import { fixed, percent, plural } from '../../words.ts'
import { ColourTiles } from '../parts/colour-tiles.tsx'
import { HeatTable } from '../parts/heat-table.tsx'
import { CutName } from '../parts/layer-name.tsx'
import { ScalarCharts, SeriesChart } from '../parts/series-chart.tsx'
import { saveFigurePng, saveFigureSvg } from '../save/save-figure.ts'
import { SavePicture } from '../save/save-picture.tsx'
import { calledIn } from '../state/layer-names.ts'
import { route, tweak } from '../state/route.ts'
import { checkpointModels, droppedSeries, metaScalars, readModels, type ShownCheckpoint } from '../state/series.ts'
import { viewing } from '../state/work.ts'
import type { PageSeries } from '../tasks/protocol.ts'

/** Milliseconds that a checkpoint is seen while the series plays. */
const PACE = 700

type State = { readonly doing: string } | { readonly message: string } | { readonly series: PageSeries }

/** A training as a series of checkpoints: dropped results of `track`, or models of the page. Loaded when it is first shown. */
export function SeriesView() {
  const models = checkpointModels.value
  const { run } = route.value.q
  const dropped = droppedSeries.value
  const found = models ? undefined : (dropped.find(({ name }) => name === run) ?? dropped[0])
  const [state, setState] = useState<State>({ doing: '' })
  useEffect(() => {
    if (!models) return
    const abort = new AbortController()
    setState({ doing: models[0]!.name })
    viewing(
      'series',
      { models: readModels(models), parameters: models[0]!.parameters },
      { signal: abort.signal, onEvent: ({ label }) => setState({ doing: label }) },
    ).then(
      (series) => setState({ series: { ...series, scalars: metaScalars(models, series.rows) } }),
      (error) => {
        if (error.name !== 'AbortError') setState({ message: error.message })
      },
    )
    return () => abort.abort()
  }, [models])
  const shown: State = found ? { series: found } : state
  return (
    <main class="wide stack" style={{ maxWidth: '1080px' }}>
      <h1>Series</h1>
      {!models && !found ? (
        <p class="muted">
          Nothing to show: drop what <code>filterlens track -o</code> wrote, or tick models of the same layers in the list of
          models.
        </p>
      ) : 'message' in shown ? (
        <p class="note">{shown.message}</p>
      ) : 'doing' in shown ? (
        <p class="muted" role="status">
          Comparing the weights{shown.doing && `: ${shown.doing}`} …
        </p>
      ) : (
        <>
          {!models && dropped.length > 1 && (
            <label class="row small">
              Run
              <select
                class="select"
                value={shown.series.name}
                onChange={(event) => tweak({ run: event.currentTarget.value, at: '' })}
              >
                {dropped.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          )}
          <Series series={shown.series} />
        </>
      )}
    </main>
  )
}

const orderWords: Readonly<Record<CheckpointOrder, string>> = {
  step: 'the step in their files',
  epoch: 'the epoch in their files',
  name: 'the number in their names',
  time: 'the time they were written',
}

function Series({ series }: { series: PageSeries }) {
  const { rows, by, scalars, strip, picture } = series
  const checkpoints = useMemo(() => checkpointsOf(rows), [rows])
  const last = checkpoints.length - 1
  const asked = Number(route.value.q['at'] || last)
  const at = Number.isInteger(asked) ? Math.min(Math.max(asked, 0), last) : last
  const go = (to: number): void => tweak({ at: String(to) })
  const [plays, setPlays] = useState(false)
  useEffect(() => {
    if (!plays) return
    const timer = setTimeout(() => (at < last ? go(at + 1) : setPlays(false)), PACE)
    return () => clearTimeout(timer)
  }, [plays, at, last])
  const play = (): void => {
    if (!plays && at === last) go(0)
    setPlays(!plays)
  }
  const here = checkpoints[at]!
  const place = by === 'time' || by === 'name' ? '' : `${by} ${here.position}`
  const beside = [...scalars].flatMap(([name, values]) =>
    values[at] === null || values[at] === undefined ? [] : [`${name.replaceAll('_', ' ')} ${values[at]}`],
  )
  const words = [place, here.name, ...beside].filter((text) => text !== '').join(' · ')
  const [names, find] = useMemo(() => {
    const called = calledIn(rows)
    const names = new Map(rows.map((row) => [spokenName(row), called(row)]))
    return [names, new Map(rows.map((row) => [`${row.order}\n${called(row)}`, row]))] as const
  }, [rows])
  const layers = layersByDepth(rows).map((name) => names.get(name)!)
  const rowOf = (layer: string, column: number): TrajectoryRow | undefined => find.get(`${checkpoints[column]!.order}\n${layer}`)
  const colours = strip[at]
  const tiles = useRef<HTMLDivElement>(null)
  return (
    <>
      <p class="muted small">
        {plural(checkpoints.length, 'checkpoint')}, {plural(layers.length, 'layer')}; ordered by {orderWords[by]}
      </p>
      <section class="card stack player" aria-label="Checkpoints">
        <div class="row" style={{ flexWrap: 'nowrap' }}>
          <button type="button" class="button main" data-play aria-pressed={plays} onClick={play}>
            {plays ? 'Pause' : 'Play'}
          </button>
          <input
            type="range"
            min={0}
            max={last}
            step={1}
            value={at}
            aria-label="Checkpoint"
            aria-valuetext={words}
            style={{ flex: '1 1 auto', minWidth: 0 }}
            onInput={(event) => {
              setPlays(false)
              go(Number(event.currentTarget.value))
            }}
          />
          <span class="small number" style={{ whiteSpace: 'nowrap' }}>
            {at + 1} of {checkpoints.length}
          </span>
        </div>
        <p class="small name" data-checkpoint role="status">
          {words}
        </p>
      </section>
      {colours && (
        <section class="card stack" aria-label="First layer">
          <div class="row apart head-line">
            <h2>First layer in colour</h2>
            <SavePicture of={tiles} title="First layer in colour" name={`${here.name}-first-layer`} />
          </div>
          <div ref={tiles}>
            <ColourTiles weights={colours.weights} rows={3} columns={3} peak={largestOf(strip)} />
          </div>
          <p class="muted small">
            {names.get(colours.layer) ?? colours.layer}: each output channel's three filters as red, green and blue; mid-grey is
            zero, on one scale for all checkpoints.
          </p>
        </section>
      )}
      {picture !== null && <KeptPicture svg={picture} />}
      <ScalarCharts {...{ scalars, checkpoints, at }} onChoose={go} />
      <SeriesChart {...{ layers, checkpoints, rowOf, at }} onChoose={go} />
      <HeatTable {...{ layers, checkpoints, rowOf, at }} onChoose={go}>
        <SaveHeatMap series={series} />
      </HeatTable>
      <Changes layers={layers} rowOf={(layer) => rowOf(layer, at)} />
    </>
  )
}

function checkpointsOf(rows: readonly TrajectoryRow[]): ShownCheckpoint[] {
  return [...new Map(rows.map(({ order, checkpoint: name, position }) => [order, { order, name, position }])).values()]
}

function largestOf(strip: PageSeries['strip']): number {
  let most = 0
  for (const layer of strip) if (layer) for (const value of layer.weights) most = Math.max(most, Math.abs(value))
  return most
}

/** The picture that `track` drew, as an image: nothing in it runs. */
function KeptPicture({ svg }: { svg: string }) {
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [svg])
  return (
    <section class="card stack" aria-label="First layers">
      <h2>First layers in colour</h2>
      {address && (
        <img
          src={address}
          style={{ maxWidth: '100%' }}
          alt="The first layer's filters at up to twelve checkpoints, as red, green and blue"
        />
      )}
    </section>
  )
}

function SaveHeatMap({ series }: { series: PageSeries }) {
  const figure = () => trajectoryHeatMap(series)
  return (
    <div class="row" style={{ flexWrap: 'nowrap' }}>
      <button type="button" class="button tight" aria-label="Save the heat map as SVG" onClick={() => saveFigureSvg(figure())}>
        SVG
      </button>
      <button type="button" class="button tight" aria-label="Save the heat map as PNG" onClick={() => saveFigurePng(figure())}>
        PNG
      </button>
    </div>
  )
}

const columns: readonly { readonly head: string; readonly wide?: boolean; readonly cell: (row: TrajectoryRow) => string }[] = [
  { head: 'from first', cell: (row) => percent(row.first_relative_change) },
  { head: 'cosine', wide: true, cell: (row) => fixed(row.first_cosine) },
  { head: 'from previous', wide: true, cell: (row) => percent(row.previous_relative_change) },
  { head: 'D', cell: (row) => fixed(row.first_shift) },
  { head: 'chance', cell: (row) => fixed(row.first_shift_chance) },
  { head: 'sparsity', wide: true, cell: (row) => percent(row.sparsity) },
  { head: 'entropy', wide: true, cell: (row) => fixed(row.variance_entropy) },
  { head: 'orthogonality', wide: true, cell: (row) => fixed(row.orthogonality) },
]

function Changes({ layers, rowOf }: { layers: readonly string[]; rowOf: (layer: string) => TrajectoryRow | undefined }) {
  return (
    <section class="card stack" aria-label="Layers at this checkpoint">
      <h2>Layers at this checkpoint</h2>
      <div class="table-frame">
        <table class="compact">
          <thead>
            <tr>
              <th scope="col">
                <span>layer</span>
              </th>
              {columns.map(({ head, wide }) => (
                <th key={head} scope="col" class={`number${wide ? ' phone-hide' : ''}`}>
                  <span>{head}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer) => {
              const row = rowOf(layer)
              return (
                <tr key={layer}>
                  <th scope="row" class="layer-name">
                    <CutName text={layer} />
                  </th>
                  {columns.map(({ head, wide, cell }) => (
                    <td key={head} class={`number${wide ? ' phone-hide' : ''}`}>
                      {row ? cell(row) : '–'}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <p class="muted small">
        Change: length of the difference over that of the first checkpoint. D: distribution shift from the first, in the basis of
        the filters of both; chance: its 95 % level when they are dealt out at random.
      </p>
    </section>
  )
}
