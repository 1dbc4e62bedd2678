import type { Flag } from '../../analysis/flags.ts'
import { spokenName } from '../../database/spoken-name.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count } from '../../words.ts'
import { columnsAsked, LayerColumns } from '../parts/layer-columns.tsx'
import { CutName } from '../parts/layer-name.tsx'
import { ListTools } from '../parts/list-tools.tsx'
import { MetricHeading } from '../parts/metric-heading.tsx'
import { type FurtherMetric, shownMetrics } from '../parts/metrics.ts'
import { SortHead } from '../parts/sort-head.tsx'
import { Bar } from '../parts/spark.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import { chosenLayers, flaggedLayers } from '../state/layer-list.ts'
import { calledIn } from '../state/layer-names.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'

/** A model's layers as a table: the charts' twin, and the way to every layer by keyboard. */
export function LayerTable({ model }: { model: Loaded }) {
  const { layer, q } = route.value
  const called = calledIn(model.layers)
  const mixed = new Set(model.layers.map((row) => row.kernel)).size > 1
  const all = flaggedLayers(model)
  const further = columnsAsked(q['cols'])
  const shown = chosenLayers(all, q, (row) => `${row.layer} ${spokenName(row)} ${row.node ?? ''}`)
  return (
    <section class="stack" style={{ gap: '8px' }} aria-label="Layers">
      <ListTools shown={shown.length} all={all.length} flagged={all.filter(({ flags }) => flags.length > 0).length}>
        <LayerColumns />
      </ListTools>
      <TableFrame label="Table of layers">
        <table class="compact">
          <caption class="unseen">Layers of {model.name} by depth</caption>
          <thead>
            <tr>
              <SortHead param="lsort" column="layer">
                layer
              </SortHead>
              {mixed && (
                <SortHead param="lsort" column="kernel">
                  kernel
                </SortHead>
              )}
              <SortHead param="lsort" column="flags" class="number" largestFirst>
                flags
              </SortHead>
              <SortHead param="lsort" column="shape" largestFirst class="number phone-hide narrow-hide">
                out × in
              </SortHead>
              <SortHead param="lsort" column="filters" largestFirst class="number phone-hide narrow-hide">
                filters
              </SortHead>
              {shownMetrics.map((metric) => (
                <SortHead key={metric.key} param="lsort" column={metric.key} class="number">
                  <MetricHeading metric={metric} />
                </SortHead>
              ))}
              {further.map(({ key, title, short, meaning }) => (
                <SortHead key={key} param="lsort" column={key} class="number">
                  <span title={`${title}: ${meaning}`}>{short}</span>
                </SortHead>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ row, flags }) => (
              <tr key={row.layer_id} class={`can${row.layer_id === layer ? ' open' : ''}`}>
                <th scope="row" class="layer-name">
                  <a
                    href={formatRoute({ page: 'model', a: model.name, layer: row.layer_id, q })}
                    title={[row.layer, row.node].filter((text) => text).join(', ')}
                    {...(row.layer_id === layer && { 'aria-current': 'true' as const })}
                  >
                    <CutName text={called(row)} />
                  </a>
                </th>
                {mixed && <td>{row.kernel.replace('x', '×')}</td>}
                <td class={`number${flags.length > 0 ? ' flag' : ' muted'}`}>{flags.length || '·'}</td>
                <td class="number phone-hide narrow-hide">
                  {row.out_channels} × {row.in_channels}
                </td>
                <td class="number phone-hide narrow-hide">{count(row.filters)}</td>
                {shownMetrics.map((metric) => (
                  <MetricCell key={metric.key} row={row} flags={flags} metric={metric} hasBar={further.length === 0} />
                ))}
                {further.map((metric) => (
                  <FurtherCell key={metric.key} row={row} metric={metric} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {shown.length === 0 && <p class="muted small">No layer matches.</p>}
    </section>
  )
}

function FurtherCell({ row, metric }: { row: LayerRow; metric: FurtherMetric }) {
  const because = (row.undefined_because as Readonly<Record<string, string | undefined>>)[metric.key]
  return (
    <td class="number" {...(because && { title: because })}>
      {metric.cell(row)}
    </td>
  )
}

/** Its bar gives way to further columns. */
function MetricCell(props: { row: LayerRow; flags: readonly Flag[]; metric: (typeof shownMetrics)[number]; hasBar: boolean }) {
  const { row, flags, metric, hasBar } = props
  const value = row[metric.key]
  const flag = flags.find((one) => one.metric === metric.key)
  const because = value === null ? row.undefined_because[metric.key] : undefined
  return (
    <td class="number" {...((flag || because) && { title: flag?.message ?? because })}>
      <span class="row" style={{ justifyContent: 'end', flexWrap: 'nowrap' }}>
        {hasBar && (
          <span class="phone-hide bar-hide">
            <Bar share={(value ?? 0) / metric.full} width={36} />
          </span>
        )}
        <span class={flag ? 'flag' : ''}>
          {metric.print(value)}
          {flag && (
            <span class="phone-hide" aria-hidden="true">
              {' '}
              ▲
            </span>
          )}
          {flag && <span class="unseen">, flagged</span>}
        </span>
      </span>
    </td>
  )
}
