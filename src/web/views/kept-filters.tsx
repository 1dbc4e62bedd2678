import { useMemo } from 'preact/hooks'
import { spokenName } from '../../database/spoken-name.ts'
import { sidesOf } from '../../measure/kernel-size.ts'
import { sparseLimit } from '../../measure/layer-pass.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { largestWeight } from '../../weights/sparse-filter.ts'
import { count } from '../../words.ts'
import type { GridData } from '../grid/draw.ts'
import { FilterGrid } from '../grid/filter-grid.tsx'
import { modelNamed } from '../state/models.ts'
import { TILE } from '../tasks/protocol.ts'
import { wantedScale } from './grid-choices.tsx'

/** The filters of a layer that results of an earlier run keep, or why none can be seen. */
export function KeptFilters({ row, called, kept }: { row: LayerRow; called: string; kept: Float32Array | undefined }) {
  return (
    <>
      <p class="note quiet small">
        {kept ? 'These results keep the first filters of each layer' : 'The weights are not in these results'}. Drop the model's
        file to see {kept ? 'all of them' : 'its filters'}; everything else here comes from the results.
      </p>
      {kept && <Kept {...{ row, called, kept }} />}
    </>
  )
}

function Kept({ row, called, kept }: { row: LayerRow; called: string; kept: Float32Array }) {
  const [kernelRows, kernelColumns] = sidesOf(row.kernel)
  const taps = kernelRows * kernelColumns
  const filters = Math.floor(kept.length / taps)
  const scale = wantedScale('all')
  const parameters = modelNamed(row.model)?.parameters
  const data: GridData = useMemo(
    () => ({
      filters,
      kernelRows,
      kernelColumns,
      norms: Float32Array.from({ length: filters }, (_, k) => largestWeight(kept, k * taps, taps)),
      order: null,
      peak: row.peak,
      limit: parameters ? sparseLimit(row.peak, parameters.threshold, parameters.profile).limit : 0,
      scale,
    }),
    [kept, row, scale, parameters],
  )
  const read = useMemo(
    () =>
      (from: number, most: number = TILE): Promise<Float32Array> =>
        Promise.resolve(kept.slice(from * taps, Math.min(filters, from + most) * taps)),
    [kept, taps, filters],
  )
  return (
    <FilterGrid
      data={data}
      inChannels={row.in_channels}
      label={`The first ${filters} filters of ${called}`}
      sentence={`The first ${count(filters)} of ${count(row.filters)} filters, in the order of the file.`}
      name={`${row.model}-${spokenName(row)}`}
      sparse={0}
      read={read}
    />
  )
}
