import type { Flag } from '../../analysis/flags.ts'
import { spokenName } from '../../database/spoken-name.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import type { Loaded } from './models.ts'
import { type SortValue, sorted, sortOrder } from './sorting.ts'

/** A layer with its flags. */
export interface FlaggedLayer {
  readonly row: LayerRow
  readonly flags: readonly Flag[]
}

/** What the address says of a table of layers: a text to find, only those that are flagged, and the order. */
export type LayerChoice = Readonly<Partial<Record<'lfind' | 'flagged' | 'lsort', string>>>

/** Values that layers are ordered by, beside their metrics. */
const places: Readonly<Record<string, (layer: FlaggedLayer) => SortValue>> = {
  layer: ({ row }) => spokenName(row),
  kernel: ({ row }) => row.kernel,
  shape: ({ row }) => row.out_channels * row.in_channels,
  filters: ({ row }) => row.filters,
  flags: ({ flags }) => flags.length,
}

/** A model's layers with their flags, by depth. */
export function flaggedLayers({ layers, flags }: Pick<Loaded, 'layers' | 'flags'>): FlaggedLayer[] {
  return layers.map((row, k) => ({ row, flags: flags[k] ?? [] }))
}

/** The layers that the address asks for, in its order; `textOf` is what a layer is found by. */
export function chosenLayers(
  layers: readonly FlaggedLayer[],
  { lfind = '', flagged, lsort }: LayerChoice,
  textOf: (row: LayerRow) => string = ({ layer }) => layer,
): FlaggedLayer[] {
  const wanted = lfind.trim().toLowerCase()
  const found = layers.filter(
    ({ row, flags }) => (!flagged || flags.length > 0) && (wanted === '' || textOf(row).toLowerCase().includes(wanted)),
  )
  const { key, falling } = sortOrder(lsort)
  if (key === '') return found
  return sorted(
    found,
    falling,
    (Object.hasOwn(places, key) && places[key]) || (({ row }) => numberOf(row[key as keyof LayerRow])),
  )
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
