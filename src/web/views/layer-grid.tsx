import { useMemo } from 'preact/hooks'
import { spokenName } from '../../database/spoken-name.ts'
import { sidesOf } from '../../measure/kernel-size.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count } from '../../words.ts'
import type { GridData } from '../grid/draw.ts'
import { FilterGrid } from '../grid/filter-grid.tsx'
import type { Loading } from '../state/layer-detail.ts'
import { missingParts, type ShownFilters, shownFilters, shownPart } from '../state/shown-filters.ts'
import { viewing } from '../state/work.ts'
import { type LayerDetail, type LayerInFiles, TILE, type WantedFilters } from '../tasks/protocol.ts'
import { choiceWords, GridChoices, wantedFilters, wantedScale } from './grid-choices.tsx'
import { KeptFilters } from './kept-filters.tsx'

/** A layer's row, and where its weights are. */
interface LayerPlace {
  readonly row: LayerRow
  readonly place: LayerInFiles
}

/** The choices of a grid, from the layer that is shown; of two, from the first that is read. */
export function ChoicesOf({ row, place, detail }: LayerPlace & { detail: LayerDetail }) {
  const missing = useMemo(() => missingParts(detail, place.facts), [detail, place])
  const part = shownPart(wantedFilters().part, detail, missing)
  return <GridChoices {...{ part, missing }} channels={row.out_channels} sortable={detail.byNorm !== null} />
}

/** The filters of a layer that are asked for, or what stands in their place while they are read. */
export function LayerGrid({
  row,
  place,
  detail,
  kept,
  called,
  goTo = null,
}: {
  row: LayerRow
  /** What the page calls it. */
  called: string
  place: LayerInFiles | null
  detail: Loading<LayerDetail>
  /** Filters that results of an earlier run keep of the layer. */
  kept: Float32Array | undefined
  goTo?: { index: number } | null
}) {
  if (!place) return <KeptFilters {...{ row, called, kept }} />
  if (detail.state === 'failed') return <p class="note small">{detail.message}</p>
  if (detail.state === 'ready') return <Ready {...{ row, called, place, goTo }} detail={detail.value} />
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
  called,
  place,
  detail,
  goTo,
}: LayerPlace & { called: string; detail: LayerDetail; goTo: { index: number } | null }) {
  const { part, order, channel } = wantedFilters()
  const shown = useMemo(
    () => shownFilters({ part, order, channel }, detail, place.facts, row.in_channels),
    [part, order, channel, detail, place, row],
  )
  const scale = wantedScale(shown.part)
  const [kernelRows, kernelColumns] = sidesOf(row.kernel)
  const data: GridData = useMemo(
    () => ({
      filters: shown.filters,
      kernelRows,
      kernelColumns,
      norms: detail.norms,
      order: shown.indices,
      peak: row.peak,
      limit: place.facts.limit,
      allSparse: shown.part === 'sparse',
      scale,
    }),
    [detail, shown, scale, row, place],
  )
  const read = useMemo(() => weightsOf(place, shown), [place, shown])
  const words = choiceWords(shown.order, scale)
  return (
    <FilterGrid
      data={data}
      inChannels={row.in_channels}
      label={`${shown.sentence} of ${called}`}
      sentence={`${shown.sentence}, ${shown.part === 'extremes' && shown.order === 'position' ? 'in that order' : words.order}. ${words.scale}`}
      name={`${row.model}-${spokenName(row)}`}
      sparse={shown.part === 'all' ? row.sparse_filters : 0}
      read={read}
      goTo={goTo}
    />
  )
}

/** Reads the weights of the filters that are shown, by their places. */
function weightsOf(place: LayerInFiles, { indices, filters }: ShownFilters) {
  return (from: number, most: number = TILE): Promise<Float32Array> => {
    const end = Math.min(filters, from + most)
    const wanted: WantedFilters = indices ? indices.slice(from, end) : { from, count: Math.max(0, end - from) }
    return viewing('weights', { place, filters: wanted })
  }
}
