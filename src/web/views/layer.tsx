import { useEffect, useMemo, useState } from 'preact/hooks'
import { coefficientBins } from '../../analysis/coefficients.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { scaleGradient } from '../grid/colours.ts'
import type { GridData } from '../grid/draw.ts'
import { FilterGrid } from '../grid/filter-grid.tsx'
import { HistogramChart } from '../parts/histogram.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { metrics } from '../parts/metrics.ts'
import { count, fixed, percent, weight } from '../parts/numbers.ts'
import { Tile } from '../parts/tile.tsx'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route, tweak } from '../state/route.ts'
import { theme } from '../state/theme.ts'
import { basisOf, looking, placeOf } from '../state/work.ts'
import type { FilterOrder, FoundFilter, LayerDetail } from '../work/protocol.ts'

const orders: readonly { key: FilterOrder; title: string }[] = [
  { key: 'position', title: 'Position' },
  { key: 'norm', title: 'Norm' },
  { key: 'typicality', title: 'Typicality' },
]

/** The right pane: one layer. */
export function LayerPane({ model, row }: { model: Loaded; row: LayerRow }) {
  const k = model.layers.indexOf(row)
  const flags = model.flags[k] ?? []
  const { q } = route.value
  const link = (to: LayerRow | undefined, label: string) =>
    to ? (
      <a class="button tight" href={formatRoute({ page: 'model', a: model.name, layer: to.layer_id, q })}>
        {label}
      </a>
    ) : (
      <span class="button tight" aria-hidden="true" style={{ opacity: 0.4 }}>
        {label}
      </span>
    )
  return (
    <section class="pane third shown" aria-label={`Layer ${row.layer}`}>
      <div class="inner">
        <a class="button plain back" href={formatRoute({ page: 'model', a: model.name, q })}>
          <BackIcon /> <span class="cut">{model.name}</span>
        </a>
        <header class="stack" style={{ gap: '14px' }}>
          <div class="row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
            <div>
              <h2 class="name">{row.layer}</h2>
              <p class="muted small">
                {row.out_channels} × {row.in_channels} × {row.kernel.replace('x', ' × ')}
                {row.groups > 1 ? `, ${row.groups} groups` : ''} · {count(row.filters)} filters · depth {row.conv_depth}
              </p>
            </div>
            <nav class="row" style={{ flexWrap: 'nowrap' }} aria-label="Neighbouring layers">
              {link(model.layers[k - 1], 'Previous')}
              {link(model.layers[k + 1], 'Next')}
            </nav>
          </div>
          {flags.map((flag) => (
            <p key={flag.metric} class="note flagged small">
              {flag.message}.
            </p>
          ))}
          <Facts row={row} />
        </header>
        <Detail key={`${model.name}/${row.layer_id}`} model={model} row={row} />
      </div>
    </section>
  )
}

function Facts({ row }: { row: LayerRow }) {
  return (
    <dl class="facts">
      {metrics.map((metric) => {
        const value = row[metric.key]
        const random = metric.key === 'sparsity' ? null : metric.random(row)
        return (
          <div key={metric.key}>
            <dt>{metric.title.toLowerCase()}</dt>
            <dd>{metric.print(value)}</dd>
            <dt>
              {value === null
                ? row.undefined_because[metric.key]
                : random !== null
                  ? `random weights ${fixed(random)}`
                  : `${count(row.sparse_filters)} filters`}
            </dt>
          </div>
        )
      })}
      <div>
        <dt>largest weight</dt>
        <dd>{weight(row.peak)}</dd>
        <dt>
          L1 {weight(row.norm_l1)}, L2 {weight(row.norm_l2)}
        </dt>
      </div>
    </dl>
  )
}

type Loading<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly value: T }

function Detail({ model, row }: { model: Loaded; row: LayerRow }) {
  const place = useMemo(() => placeOf(model, row), [model, row])
  const [detail, setDetail] = useState<Loading<LayerDetail>>({ state: 'loading' })
  const [goTo, setGoTo] = useState<{ index: number } | null>(null)
  useEffect(() => {
    if (!place) return
    const abort = new AbortController()
    looking('layer', place, { signal: abort.signal }).then(
      (value) => setDetail({ state: 'ready', value }),
      (error) => {
        if (error.name !== 'AbortError') setDetail({ state: 'failed', message: error.message })
      },
    )
    return () => abort.abort()
  }, [place])
  return (
    <>
      <section>
        {!place && (
          <p class="note quiet small">
            The weights are not in these results. Drop the model's file to see its filters; everything below comes from the
            results.
          </p>
        )}
        {place && detail.state === 'failed' && <p class="note small">{detail.message}</p>}
        {place && detail.state === 'loading' && (
          <div class="grid-frame" style={{ display: 'grid', placeItems: 'center' }}>
            <p class="muted" role="status">
              Reading {count(row.filters)} filters …
            </p>
          </div>
        )}
        {place && detail.state === 'ready' && <Grid {...{ model, row, place, detail: detail.value, goTo }} />}
      </section>
      <Eigenbasis row={row} />
      {detail.state === 'ready' && <Coefficients detail={detail.value} row={row} />}
      {detail.state === 'ready' && <Typical detail={detail.value} row={row} onPick={(index) => setGoTo({ index })} />}
    </>
  )
}

function Grid({
  row,
  place,
  detail,
  goTo,
}: {
  row: LayerRow
  place: NonNullable<ReturnType<typeof placeOf>>
  detail: LayerDetail
  goTo: { index: number } | null
}) {
  const { q } = route.value
  const sortable = detail.byNorm !== null
  const order: FilterOrder =
    sortable && (q['order'] === 'norm' || (q['order'] === 'typicality' && detail.byTypicality))
      ? (q['order'] as FilterOrder)
      : 'position'
  const scale = q['scale'] === 'filter' ? 'filter' : 'layer'
  const [kernelRows = 3, kernelColumns = 3] = row.kernel.split('x').map(Number)
  const data: GridData = useMemo(
    () => ({
      filters: detail.filters,
      kernelRows,
      kernelColumns,
      norms: detail.norms,
      order: order === 'norm' ? detail.byNorm : order === 'typicality' ? detail.byTypicality : null,
      peak: row.peak,
      limit: place.facts.limit,
      scale,
    }),
    [detail, order, scale, row, place],
  )
  const fetchTile = useMemo(() => (tile: number) => looking('tile', { place, order, tile }), [place, order])
  return (
    <div class="stack" style={{ gap: '10px' }}>
      <div class="row apart">
        <h3>Filters</h3>
        <div class="row">
          <Choice
            label="Order of the filters"
            value={order}
            options={orders.map((one) => ({ ...one, disabled: one.key !== 'position' && !sortable }))}
            onChoose={(key) => tweak({ order: key === 'position' ? '' : key })}
          />
          <Choice
            label="Colours relative to"
            value={scale}
            options={[
              { key: 'layer', title: 'Layer' },
              { key: 'filter', title: 'Each' },
            ]}
            onChoose={(key) => tweak({ scale: key === 'layer' ? '' : key })}
          />
        </div>
      </div>
      <FilterGrid
        data={data}
        inChannels={row.in_channels}
        label={`All ${count(row.filters)} filters of ${row.layer}, ${count(row.sparse_filters)} of them sparse`}
        fetchTile={fetchTile}
        goTo={goTo}
      />
      <Legend scale={scale} peak={row.peak} />
    </div>
  )
}

function Choice<K extends string>(props: {
  label: string
  value: K
  options: readonly { key: K; title: string; disabled?: boolean }[]
  onChoose(key: K): void
}) {
  return (
    <fieldset class="choice" aria-label={props.label} style={{ margin: 0 }}>
      {props.options.map((option) => (
        <button
          key={option.key}
          type="button"
          aria-pressed={option.key === props.value}
          disabled={option.disabled ?? false}
          onClick={() => props.onChoose(option.key)}
        >
          {option.title}
        </button>
      ))}
    </fieldset>
  )
}

function Legend({ scale, peak }: { scale: 'layer' | 'filter'; peak: number }) {
  return (
    <p class="small muted row" style={{ gap: '10px' }}>
      <span>{scale === 'layer' ? weight(-peak) : '−max'}</span>
      <span class="scale" style={{ background: scaleGradient(theme()) }} />
      <span>{scale === 'layer' ? `${weight(peak)}, the layer's largest weight` : 'max of each filter'}</span>
      <span>· hatched: sparse</span>
    </p>
  )
}

/** The layer's principal components as tiles, with the share of variance that each explains. */
export function Eigenbasis({ row }: { row: LayerRow }) {
  const basis = useMemo(() => basisOf(row), [row])
  const columns = Number(row.kernel.split('x')[1])
  if (!basis) return null
  const taps = basis.mean.length
  return (
    <section aria-label="Eigenbasis">
      <h3>Eigenbasis</h3>
      <p class="small muted" style={{ marginBottom: '10px' }}>
        Principal components of the filters, each divided by its largest weight, with the share of the variance they explain.
      </p>
      <ol class="tiles">
        {Array.from({ length: Math.min(taps, 25) }, (_, k) => (
          <li key={k} class="tile">
            <Tile
              weights={basis.components.subarray(k * taps, (k + 1) * taps)}
              columns={columns}
              size={46}
              label={`Component ${k + 1}`}
            />
            {percent(basis.explainedVarianceRatio[k]!)}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Coefficients({ detail, row }: { detail: LayerDetail; row: LayerRow }) {
  const { coefficients } = detail
  if (!coefficients) return null
  const { low, high, counts } = coefficients
  const shown = Math.min(detail.taps, 9)
  return (
    <section aria-label="Coefficients">
      <h3>Coefficients</h3>
      <p class="small muted" style={{ marginBottom: '10px' }}>
        How much of each component the filters have: {count(row.filters - row.sparse_filters)} filters that are not sparse, all
        from {fixed(low, 2)} to {fixed(high, 2)}.
      </p>
      <div class="histograms">
        {Array.from({ length: shown }, (_, k) => (
          <figure key={k}>
            <HistogramChart
              sets={[{ role: 'a', counts: counts.subarray(k * coefficientBins, (k + 1) * coefficientBins) }]}
              low={low}
              high={high}
              label={`Histogram of the coefficients of component ${k + 1}`}
            />
            <figcaption class="small muted">component {k + 1}</figcaption>
          </figure>
        ))}
      </div>
    </section>
  )
}

function Typical({ detail, row, onPick }: { detail: LayerDetail; row: LayerRow; onPick(index: number): void }) {
  const columns = Number(row.kernel.split('x')[1])
  if (detail.most.length === 0) return null
  const list = (title: string, filters: readonly FoundFilter[]) => (
    <div>
      <h3 style={{ marginBottom: '8px' }}>{title}</h3>
      <ul class="tiles">
        {filters.map((found) => (
          <li key={found.index} class="tile">
            <button
              type="button"
              aria-label={`Filter ${found.index}, distance ${found.distance.toFixed(2)}: show it in the grid`}
              onClick={() => onPick(found.index)}
            >
              <Tile weights={found.weights} columns={columns} size={40} label="" />
            </button>
            <span class="muted">{found.distance.toFixed(1)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
  return (
    <section class="stack" aria-label="Typical and unusual filters">
      {list('Most typical filters', detail.most)}
      {list('Least typical filters', detail.least)}
      <p class="small muted">
        Mahalanobis distance of the filter, divided by its largest weight, from the mean of the layer's filters. Sparse filters
        are left out.
      </p>
    </section>
  )
}
