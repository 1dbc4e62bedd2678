import { useEffect, useMemo, useState } from 'preact/hooks'
import { coefficientBins } from '../../analysis/coefficients.ts'
import { compareModels } from '../../analysis/compare-models.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../../analysis/principal-components.ts'
import { densities, distributionShift } from '../../analysis/shift.ts'
import { count, fixed, percent, signed } from '../../figures/words.ts'
import type { CoefficientPass } from '../../measure/coefficients.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { mergeMoments } from '../../measure/moments.ts'
import { sharedKernel } from '../../wasm.ts'
import { DepthCharts } from '../parts/depth-charts.tsx'
import { HistogramChart } from '../parts/histogram.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { metrics } from '../parts/metrics.ts'
import { TableFrame } from '../parts/table-frame.tsx'
import { Tile } from '../parts/tile.tsx'
import { filesOf, type Loaded } from '../state/models.ts'
import { formatRoute, go, route } from '../state/route.ts'
import { basisOf, looking } from '../state/work.ts'
import { ModelList } from './model-list.tsx'

/** Two models side by side: their numbers and differences, both lines against depth, and one layer of each. */
export function Compare({ first, second }: { first: Loaded; second: Loaded }) {
  const { layer } = route.value
  const comparison = useMemo(
    () => compareModels({ model: first.name, layers: first.layers }, { model: second.name, layers: second.layers }),
    [first, second],
  )
  const series = [
    { model: first.name, role: 'a' as const, layers: first.layers, flags: first.flags },
    { model: second.name, role: 'b' as const, layers: second.layers, flags: second.flags },
  ]
  const open = (row: LayerRow, of: string): void => {
    // The layer that is open is named by the first model's; a layer of the second opens its counterpart.
    const match = of === first.name ? row : counterpart(comparison, row, first, 'b')
    if (match) go({ page: 'compare', a: first.name, b: second.name, layer: match.layer_id })
  }
  const row = first.layers.find((one) => one.layer_id === layer)
  const other = row && counterpart(comparison, row, second, 'a')
  return (
    <main class={`panes${row ? '' : ' two'}`}>
      <h1 class="unseen">
        {first.name} beside {second.name}
      </h1>
      <ModelList />
      <section class={`pane middle${row ? '' : ' shown'}`} aria-label="Comparison">
        <div class="inner stack">
          <a class="button plain back" href={formatRoute({ page: 'models', q: {} })}>
            <BackIcon /> Models
          </a>
          <header class="stack" style={{ gap: '14px' }}>
            <h2 class="unseen">All layers</h2>
            <div class="row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
              <div class="stack name" style={{ gap: '2px', fontSize: '16px', fontWeight: 600 }}>
                <span>
                  <span class="swatch a" /> {first.name}
                </span>
                <span>
                  <span class="swatch b" /> {second.name}
                </span>
              </div>
              <button type="button" class="button tight" onClick={() => go({ page: 'compare', a: second.name, b: first.name })}>
                Swap
              </button>
            </div>
            <dl class="facts">
              {metrics.map((metric) => {
                const values = comparison.metrics[metric.key]
                return (
                  <div key={metric.key}>
                    <dt>{metric.title.toLowerCase()}</dt>
                    <dd>
                      {metric.print(values.a)} → {metric.print(values.b)}
                    </dd>
                    <dt>{difference(metric.key, values.difference)}</dt>
                  </div>
                )
              })}
            </dl>
          </header>
          {comparison.warnings.map((text) => (
            <p key={text} class="note quiet small">
              {text}.
            </p>
          ))}
          <DepthCharts series={series} open={layer} onOpen={(one, of) => open(one, of.model)} />
          <DifferenceTable {...{ comparison, first, second }} />
        </div>
      </section>
      {row && <LayerPair first={first} second={second} row={row} other={other} />}
    </main>
  )
}

function difference(metric: string, value: number | null): string {
  if (value === null) return 'not compared'
  return metric === 'sparsity' ? `${signed(100 * value, 1)} points` : signed(value)
}

/** The layer of `to` that is matched with `row`; `side` is the side that `row` is on. */
function counterpart(
  comparison: ReturnType<typeof compareModels>,
  row: LayerRow,
  to: Loaded,
  side: 'a' | 'b',
): LayerRow | undefined {
  const match = comparison.layers.find((pair) => (side === 'a' ? pair.layer_a : pair.layer_b) === row.layer)
  const name = match && (side === 'a' ? match.layer_b : match.layer_a)
  return to.layers.find((one) => one.layer === name)
}

function DifferenceTable({
  comparison,
  first,
  second,
}: {
  comparison: ReturnType<typeof compareModels>
  first: Loaded
  second: Loaded
}) {
  const { layer } = route.value
  return (
    <TableFrame label="Table of differences">
      <table class="compact">
        <caption class="unseen">
          Layers of {first.name} and {second.name}: values of both and the difference, second minus first
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span>layer</span>
            </th>
            {metrics.map((metric) => (
              <th key={metric.key} scope="col" class="number">
                <span>{metric.short}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {comparison.layers.map((pair) => {
            const row = first.layers.find((one) => one.layer === pair.layer_a)!
            return (
              <tr key={row.layer_id} class={`can${row.layer_id === layer ? ' open' : ''}`}>
                <th scope="row" style={{ maxWidth: '180px' }}>
                  <a
                    class="cut"
                    style={{ display: 'block' }}
                    title={pair.layer_a}
                    href={formatRoute({ page: 'compare', a: first.name, b: second.name, layer: row.layer_id, q: {} })}
                  >
                    {pair.layer_a}
                  </a>
                </th>
                {metrics.map((metric) => {
                  const values = pair.metrics[metric.key]
                  return (
                    <td key={metric.key} class="number" title={`${metric.print(values.a)} and ${metric.print(values.b)}`}>
                      <span class="muted phone-hide narrow-hide">
                        {metric.print(values.a)} → {metric.print(values.b)}{' '}
                      </span>
                      <strong style={{ fontWeight: 500, display: 'inline-block', minWidth: '6.5ch' }}>
                        {values.difference === null
                          ? '–'
                          : metric.key === 'sparsity'
                            ? signed(100 * values.difference, 1)
                            : signed(values.difference)}
                      </strong>
                    </td>
                  )
                })}
              </tr>
            )
          })}
        </tbody>
      </table>
    </TableFrame>
  )
}

/** One layer of each model: facts, bases, and the coefficients of both in their common basis. */
function LayerPair({ first, second, row, other }: { first: Loaded; second: Loaded; row: LayerRow; other: LayerRow | undefined }) {
  const k = first.layers.indexOf(row)
  const link = (to: LayerRow | undefined, label: string) =>
    to ? (
      <a class="button tight" href={formatRoute({ page: 'compare', a: first.name, b: second.name, layer: to.layer_id, q: {} })}>
        {label}
      </a>
    ) : (
      <span class="button tight" aria-hidden="true" style={{ opacity: 0.4 }}>
        {label}
      </span>
    )
  return (
    <section class="pane third shown" aria-label={`Layer ${row.layer} of both`}>
      <div class="inner">
        <a class="button plain back" href={formatRoute({ page: 'compare', a: first.name, b: second.name, q: {} })}>
          <BackIcon /> All layers
        </a>
        <div class="row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
          <div>
            <h2 class="name">{row.layer}</h2>
            <p class="muted small">
              {row.out_channels} × {row.in_channels} × {row.kernel.replace('x', ' × ')} · {count(row.filters)} filters
              {other && other.layer !== row.layer ? ` · beside ${other.layer}` : ''}
            </p>
          </div>
          <nav class="row" style={{ flexWrap: 'nowrap' }} aria-label="Neighbouring layers">
            {link(first.layers[k - 1], 'Previous')}
            {link(first.layers[k + 1], 'Next')}
          </nav>
        </div>
        {other ? (
          <>
            <PairFacts row={row} other={other} />
            <Bases first={first} second={second} row={row} other={other} />
            <SharedCoefficients key={`${row.layer_id}`} {...{ first, second, row, other }} />
            <p style={{ marginTop: '24px' }} class="row">
              <a class="button" href={formatRoute({ page: 'model', a: first.name, layer: row.layer_id, q: {} })}>
                <span class="swatch a" /> Filters
              </a>
              <a class="button" href={formatRoute({ page: 'model', a: second.name, layer: other.layer_id, q: {} })}>
                <span class="swatch b" /> Filters
              </a>
            </p>
          </>
        ) : (
          <p class="note quiet" style={{ marginTop: '16px' }}>
            {second.name} has no layer that belongs to this one.
          </p>
        )}
      </div>
    </section>
  )
}

function PairFacts({ row, other }: { row: LayerRow; other: LayerRow }) {
  return (
    <dl class="facts" style={{ marginTop: '16px' }}>
      {metrics.map((metric) => {
        const [a, b] = [row[metric.key], other[metric.key]]
        return (
          <div key={metric.key}>
            <dt>{metric.title.toLowerCase()}</dt>
            <dd>
              {metric.print(a)} → {metric.print(b)}
            </dd>
            <dt>{difference(metric.key, a === null || b === null ? null : b - a)}</dt>
          </div>
        )
      })}
    </dl>
  )
}

function Bases({ first, second, row, other }: { first: Loaded; second: Loaded; row: LayerRow; other: LayerRow }) {
  const list = (model: Loaded, of: LayerRow, role: 'a' | 'b') => {
    const basis = basisOf(of)
    const columns = Number(of.kernel.split('x')[1])
    const taps = basis?.mean.length ?? 0
    return (
      <div>
        <p class="small name" style={{ marginBottom: '6px' }}>
          <span class={`swatch ${role}`} /> {model.name}
        </p>
        {basis ? (
          <ol class="tiles">
            {Array.from({ length: Math.min(9, taps) }, (_, k) => (
              <li key={`component ${k + 1}`} class="tile">
                <Tile
                  weights={basis.components.subarray(k * taps, (k + 1) * taps)}
                  columns={columns}
                  size={40}
                  label={`Component ${k + 1}`}
                />
                {percent(basis.explainedVarianceRatio[k]!)}
              </li>
            ))}
          </ol>
        ) : (
          <p class="small muted">No basis: {whyNoBasis(of.scaled)}.</p>
        )}
      </div>
    )
  }
  return (
    <section class="stack" aria-label="Eigenbases">
      <h3>Eigenbases</h3>
      {list(first, row, 'a')}
      {list(second, other, 'b')}
    </section>
  )
}

type State = 'loading' | { readonly message: string } | { readonly pass: CoefficientPass; readonly shift: number | null }

/** Coefficients of both layers in the basis of all their filters together, and how far the two distributions lie apart. */
function SharedCoefficients({ first, second, row, other }: { first: Loaded; second: Loaded; row: LayerRow; other: LayerRow }) {
  const basis = useMemo((): PrincipalComponents | null => {
    if (row.kernel !== other.kernel) return null
    const together = mergeMoments([row.scaled, other.scaled])
    return whyNoBasis(together) === null ? principalComponents(together) : null
  }, [row, other])
  const [state, setState] = useState<State>('loading')
  const files = useMemo(() => filesOf([first, second]), [first, second])
  useEffect(() => {
    if (!basis || !files) return
    const abort = new AbortController()
    setState('loading')
    looking(
      'coefficients',
      { run: { parameters: first.parameters, layers: [row, other] }, files, basis },
      { signal: abort.signal },
    ).then(
      (pass) => setState({ pass, shift: shiftOf(pass, basis) }),
      (error) => {
        if (error.name !== 'AbortError') setState({ message: error.message })
      },
    )
    return () => abort.abort()
  }, [basis, files, first, row, other])
  if (!basis || !files) return null
  return (
    <section aria-label="Coefficients">
      <h3>Coefficients</h3>
      {state === 'loading' ? (
        <p class="muted small" role="status">
          Reading both layers …
        </p>
      ) : 'message' in state ? (
        <p class="note small">{state.message}</p>
      ) : (
        <>
          <p class="small muted" style={{ marginBottom: '10px' }}>
            In the basis of both layers' filters together, from {fixed(state.pass.range[0], 2)} to {fixed(state.pass.range[1], 2)}
            .
            {state.shift !== null && (
              <>
                {' '}
                Distribution shift <strong>{fixed(state.shift)}</strong>.
              </>
            )}
          </p>
          <div class="histograms">
            {Array.from({ length: Math.min(9, basis.mean.length) }, (_, k) => (
              <figure key={`component ${k + 1}`}>
                <HistogramChart
                  sets={state.pass.layers.map((set, s) => ({
                    role: s === 0 ? ('a' as const) : ('b' as const),
                    counts: set.counts.subarray(k * coefficientBins, (k + 1) * coefficientBins),
                  }))}
                  low={state.pass.range[0]}
                  high={state.pass.range[1]}
                  label={`Histograms of the coefficients of component ${k + 1} in both layers`}
                />
                <figcaption class="small muted">
                  component {k + 1}, {percent(basis.explainedVarianceRatio[k]!)}
                </figcaption>
              </figure>
            ))}
          </div>
        </>
      )}
    </section>
  )
}

function shiftOf({ range, layers }: CoefficientPass, basis: PrincipalComponents): number | null {
  const { math } = sharedKernel()
  const [a, b] = layers.map((layer) => densities(layer, range, math))
  return a && b ? distributionShift(a, b, basis.explainedVarianceRatio).shift : null
}
