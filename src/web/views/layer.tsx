import { useMemo, useState } from 'preact/hooks'
import { spokenName } from '../../database/spoken-name.ts'
import { sidesOf } from '../../measure/kernel-size.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count, fixed, plural, sentence, weight } from '../../words.ts'
import { BasisTiles } from '../parts/basis-tiles.tsx'
import { CoefficientCharts } from '../parts/coefficient-charts.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { BackIcon, FlagIcon } from '../parts/icons.tsx'
import { furtherMetrics, shownMetrics } from '../parts/metrics.ts'
import { Neighbours } from '../parts/neighbours.tsx'
import { Tile } from '../parts/tile.tsx'
import { useLayerDetail } from '../state/layer-detail.ts'
import { calledIn } from '../state/layer-names.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route, tweak } from '../state/route.ts'
import { basisOf, placeOf } from '../state/work.ts'
import type { FoundFilter, LayerDetail } from '../tasks/protocol.ts'
import { FirstLayerColours, seesColours } from './first-layer.tsx'
import { ChoicesOf, LayerGrid } from './layer-grid.tsx'

/** The right pane: one layer. */
export function LayerPane({ model, row }: { model: Loaded; row: LayerRow }) {
  const k = model.layers.indexOf(row)
  const flags = model.flags[k] ?? []
  const { q } = route.value
  const name = calledIn(model.layers)(row)
  const address = (to: LayerRow | undefined) => to && formatRoute({ page: 'model', a: model.name, layer: to.layer_id, q })
  return (
    <section class="pane third shown" aria-label={`Layer ${name}`}>
      <div class="inner">
        <a class="button plain back" href={formatRoute({ page: 'model', a: model.name, q })}>
          <BackIcon /> <span class="cut">{model.name}</span>
        </a>
        <header class="stack" style={{ gap: '14px' }}>
          <div class="row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
            <div>
              <h2 class="name">{name}</h2>
              <p class="muted small">
                {row.out_channels} × {row.in_channels} × {row.kernel.replace('x', ' × ')}
                {row.groups > 1 ? `, ${row.groups} groups` : ''} · {count(row.filters)} filters · depth {row.conv_depth}
              </p>
              {(row.node !== null || row.layer !== name) && (
                <p class="muted small name">
                  tensor {row.layer}
                  {row.node !== null && `, node ${row.node}`}
                </p>
              )}
            </div>
            <Neighbours before={address(model.layers[k - 1])} after={address(model.layers[k + 1])} />
          </div>
          {flags.map((flag) => (
            <p key={flag.metric} class="note flagged small with-icon">
              <FlagIcon />
              <span>{sentence(flag.message)}.</span>
            </p>
          ))}
          <div class="facts-frame">
            <Facts row={row} />
          </div>
          <FurtherFacts row={row} />
        </header>
        <Detail key={`${model.name}/${row.layer_id}`} model={model} row={row} />
      </div>
    </section>
  )
}

function Facts({ row }: { row: LayerRow }) {
  return (
    <dl class="facts four">
      {shownMetrics.map((metric) => {
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
                  : `${row.sparse_filters === 0 ? 'none' : count(row.sparse_filters)} of ${plural(row.filters, 'filter')}`}
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

/** Every other measure of the layer that has a value. */
function FurtherFacts({ row }: { row: LayerRow }) {
  const values = furtherMetrics.flatMap((metric) => {
    const text = metric.print(row)
    return text === null ? [] : [{ ...metric, text }]
  })
  return (
    <details class="further small">
      <summary>{plural(values.length, 'further measure')}</summary>
      <dl class="definitions">
        {values.map(({ key, title, meaning, text }) => (
          <>
            <dt title={key}>{title}</dt>
            <dd>
              <strong>{text}</strong> <span class="muted">{meaning}</span>
            </dd>
          </>
        ))}
      </dl>
    </details>
  )
}

function Detail({ model, row }: { model: Loaded; row: LayerRow }) {
  const place = useMemo(() => placeOf(model, row), [model, row])
  const detail = useLayerDetail(place)
  const [goTo, setGoTo] = useState<{ index: number } | null>(null)
  const found = detail.state === 'ready' ? detail.value : null
  const name = `${model.name}-${spokenName(row)}`
  // A filter is looked at among all of them, wherever it is.
  const pick = (index: number): void => {
    tweak({ part: 'all' })
    setGoTo({ index })
  }
  return (
    <>
      <section class="stack" style={{ gap: '10px' }}>
        <div class="row apart">
          <h3>Filters</h3>
          {place && found && <ChoicesOf {...{ row, place }} detail={found} />}
        </div>
        <LayerGrid
          {...{ row, place, detail, goTo }}
          called={calledIn(model.layers)(row)}
          kept={model.firstFilters.get(row.layer_id)}
        />
      </section>
      {place && found && seesColours(row) && <FirstLayerColours {...{ row, place, name }} />}
      <Eigenbasis row={row} name={name} />
      {found && <Coefficients detail={found} row={row} name={name} />}
      {found && <Typical detail={found} row={row} name={name} onPick={pick} />}
    </>
  )
}

/** The layer's principal components. */
function Eigenbasis({ row, name }: { row: LayerRow; name: string }) {
  const basis = useMemo(() => basisOf(row), [row])
  if (!basis) return null
  return (
    <Drawing
      title="Eigenbasis"
      name={name}
      about="Principal components of the filters, each divided by its largest weight, with the share of the variance they explain."
    >
      <BasisTiles basis={basis} columns={sidesOf(row.kernel)[1]} />
    </Drawing>
  )
}

function Coefficients({ detail, row, name }: { detail: LayerDetail; row: LayerRow; name: string }) {
  const { coefficients } = detail
  const basis = useMemo(() => basisOf(row), [row])
  if (!coefficients || !basis) return null
  const { low, high, counts } = coefficients
  return (
    <Drawing
      title="Coefficients"
      name={name}
      about={`How much of each component the ${count(row.filters - row.sparse_filters)} filters have that are not sparse, on one scale from ${weight(low)} to ${weight(high)}.`}
    >
      <CoefficientCharts sets={[{ role: 'a', counts }]} low={low} high={high} ratios={basis.explainedVarianceRatio} />
    </Drawing>
  )
}

function Typical({
  detail,
  row,
  name,
  onPick,
}: {
  detail: LayerDetail
  row: LayerRow
  name: string
  onPick(index: number): void
}) {
  const columns = sidesOf(row.kernel)[1]
  if (detail.most.length === 0) return null
  const list = (title: string, about: string, filters: readonly FoundFilter[]) => (
    <Drawing title={title} name={name} about={about}>
      <ul class="tiles twelve">
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
    </Drawing>
  )
  return (
    <>
      {list(
        'Most typical filters',
        "By Mahalanobis distance of the filter, divided by its largest weight, from the mean of the layer's filters. Sparse filters are left out.",
        detail.most,
      )}
      {list('Least typical filters', 'The other end.', detail.least)}
    </>
  )
}
