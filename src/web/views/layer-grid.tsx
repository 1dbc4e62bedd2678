import { useMemo } from 'preact/hooks'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count } from '../../words.ts'
import type { GridData } from '../grid/draw.ts'
import { FilterGrid } from '../grid/filter-grid.tsx'
import { Choice } from '../parts/choice.tsx'
import type { Loading } from '../state/layer-detail.ts'
import { route, tweak } from '../state/route.ts'
import { viewing } from '../state/work.ts'
import type { FilterOrder, LayerDetail, LayerInFiles } from '../tasks/protocol.ts'

const orders: readonly { key: FilterOrder; title: string }[] = [
  { key: 'position', title: 'Position' },
  { key: 'norm', title: 'Norm' },
  { key: 'typicality', title: 'Typicality' },
]

const wantedOrder = (): FilterOrder => orders.find(({ key }) => key === route.value.q['order'])?.key ?? 'position'
const wantedScale = (): 'layer' | 'filter' => (route.value.q['scale'] === 'filter' ? 'filter' : 'layer')

/** The order of the filters in a grid and what their colours are relative to; the address keeps both. */
export function GridChoices({ sortable }: { sortable: boolean }) {
  const scale = wantedScale()
  return (
    <div class="row">
      <Choice
        label="Order of the filters"
        value={sortable ? wantedOrder() : 'position'}
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
  )
}

/** All filters of a layer, or what stands in their place while they are read. */
export function LayerGrid({
  row,
  place,
  detail,
  goTo = null,
}: {
  row: LayerRow
  place: LayerInFiles | null
  detail: Loading<LayerDetail>
  goTo?: { index: number } | null
}) {
  if (!place)
    return (
      <p class="note quiet small">
        The weights are not in these results. Drop the model's file to see its filters; everything else here comes from the
        results.
      </p>
    )
  if (detail.state === 'failed') return <p class="note small">{detail.message}</p>
  if (detail.state === 'ready') return <Ready {...{ row, place, goTo }} detail={detail.value} />
  return (
    <div class="grid-frame waiting">
      <p class="muted" role="status">
        Reading {count(row.filters)} filters …
      </p>
    </div>
  )
}

function Ready({
  row,
  place,
  detail,
  goTo,
}: {
  row: LayerRow
  place: LayerInFiles
  detail: LayerDetail
  goTo: { index: number } | null
}) {
  const wanted = wantedOrder()
  const sorted = wanted === 'norm' ? detail.byNorm : wanted === 'typicality' ? detail.byTypicality : null
  const order: FilterOrder = sorted ? wanted : 'position'
  const scale = wantedScale()
  const [kernelRows = 3, kernelColumns = 3] = row.kernel.split('x').map(Number)
  const data: GridData = useMemo(
    () => ({
      filters: detail.filters,
      kernelRows,
      kernelColumns,
      norms: detail.norms,
      order: sorted,
      peak: row.peak,
      limit: place.facts.limit,
      scale,
    }),
    [detail, sorted, scale, row, place],
  )
  const fetchTile = useMemo(() => (tile: number) => viewing('tile', { place, order, tile }), [place, order])
  return (
    <FilterGrid
      data={data}
      inChannels={row.in_channels}
      label={`All ${count(row.filters)} filters of ${row.layer}, ${count(row.sparse_filters)} of them sparse`}
      sparse={row.sparse_filters}
      fetchTile={fetchTile}
      goTo={goTo}
    />
  )
}
