import { useMemo } from 'preact/hooks'
import { compareModels } from '../../analysis/compare-models.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { sentence } from '../../words.ts'
import { DepthCharts } from '../parts/depth-charts.tsx'
import { DepthNote } from '../parts/depth-note.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { lazy } from '../parts/lazy.tsx'
import { shownMetrics } from '../parts/metrics.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, go, route } from '../state/route.ts'
import { DifferenceTable } from './difference-table.tsx'
import { keep } from './model.tsx'
import { ModelList } from './model-list.tsx'

const LayerPair = lazy(async () => (await import('./compare-layer.tsx')).LayerPair)
const WeightChanges = lazy(async () => (await import('./weight-changes.tsx')).WeightChanges)

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
    if (match) go({ page: 'compare', a: first.name, b: second.name, layer: match.layer_id, q: keep(route.value.q) })
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
            <dl class="facts three">
              {shownMetrics.map((metric) => {
                const values = comparison.metrics[metric.key]
                return (
                  <div key={metric.key}>
                    <dt>{metric.title.toLowerCase()}</dt>
                    <dd>
                      {metric.print(values.a)} → {metric.print(values.b)}
                    </dd>
                    <dt>{values.difference === null ? 'not compared' : metric.words.difference(values.difference)}</dt>
                  </div>
                )
              })}
            </dl>
          </header>
          {comparison.warnings.length > 0 && (
            <p class="note quiet small">{comparison.warnings.map((text) => `${sentence(text)}.`).join(' ')}</p>
          )}
          <DepthCharts series={series} open={[row?.layer_id, other?.layer_id]} onOpen={(one, of) => open(one, of.model)} />
          <DepthNote models={[first, second]} />
          <WeightChanges {...{ first, second }} />
          <DifferenceTable {...{ comparison, first, second }} />
        </div>
      </section>
      {row && <LayerPair first={first} second={second} row={row} other={other} />}
    </main>
  )
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
