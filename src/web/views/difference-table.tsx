import type { LayerComparison, ModelComparison } from '../../analysis/report-types.ts'
import { CutName } from '../parts/layer-name.tsx'
import { ListTools } from '../parts/list-tools.tsx'
import { MetricHeading } from '../parts/metric-heading.tsx'
import { type ShownMetric, shownMetrics } from '../parts/metrics.ts'
import { SortHead } from '../parts/sort-head.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import { calledIn } from '../state/layer-names.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'
import { sorted, sortOrder } from '../state/sorting.ts'

/** The matched layers that the address asks for; ordered by a metric, those that changed most come first. */
function chosenPairs(pairs: readonly LayerComparison[]): readonly LayerComparison[] {
  const { lfind = '', lsort } = route.value.q
  const wanted = lfind.trim().toLowerCase()
  const found = pairs.filter(({ layer_a, layer_b, name_a, name_b }) =>
    [layer_a, layer_b, name_a, name_b].join(' ').toLowerCase().includes(wanted),
  )
  const { key, falling } = sortOrder(lsort)
  if (key === 'layer') return sorted(found, falling, ({ name_a }) => name_a)
  const metric = shownMetrics.find((one) => one.key === key)
  if (!metric) return found
  return sorted(found, falling, ({ metrics }) => {
    const { difference } = metrics[metric.key]
    return difference === null ? null : Math.abs(difference)
  })
}

/** Layers of two models that belong together: values of both and their difference, found by name and ordered by change. */
export function DifferenceTable({ comparison, first, second }: { comparison: ModelComparison; first: Loaded; second: Loaded }) {
  const { layer, q } = route.value
  const called = calledIn(first.layers)
  const shown = chosenPairs(comparison.layers)
  return (
    <section class="stack" style={{ gap: '8px' }} aria-label="Differences">
      <ListTools shown={shown.length} all={comparison.layers.length} flagged={0} />
      <TableFrame label="Table of differences">
        <table class="compact">
          <caption class="unseen">
            Layers of {first.name} and {second.name}: values of both and the difference, second minus first
          </caption>
          <thead>
            <tr>
              <SortHead param="lsort" column="layer">
                layer
              </SortHead>
              {shownMetrics.map((metric) => (
                <SortHead key={metric.key} param="lsort" column={metric.key} class="number" largestFirst>
                  <MetricHeading metric={metric} />
                </SortHead>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((pair) => {
              const row = first.layers.find((one) => one.layer === pair.layer_a)!
              return (
                <tr key={row.layer_id} class={`can${row.layer_id === layer ? ' open' : ''}`}>
                  <th scope="row" class="layer-name">
                    <a
                      title={pair.layer_a}
                      href={formatRoute({ page: 'compare', a: first.name, b: second.name, layer: row.layer_id, q })}
                    >
                      <CutName text={called(row)} />
                    </a>
                  </th>
                  {shownMetrics.map((metric) => (
                    <Difference key={metric.key} pair={pair} metric={metric} />
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      </TableFrame>
      {shown.length === 0 && comparison.layers.length > 0 && <p class="muted small">No layer matches.</p>}
    </section>
  )
}

function Difference({ pair, metric }: { pair: LayerComparison; metric: ShownMetric }) {
  const { a, b, difference } = pair.metrics[metric.key]
  const both = `${metric.print(a)} → ${metric.print(b)}`
  return (
    <td class="number" title={`${metric.print(a)} and ${metric.print(b)}`}>
      {difference === null ? (
        <span class="muted">{both}</span>
      ) : (
        <>
          <span class="muted phone-hide narrow-hide">{both} </span>
          <strong class="difference">{metric.change(difference)}</strong>
        </>
      )}
    </td>
  )
}
