import { isSparseFilter } from '../../weights/sparse-filter.ts'
import { count, plural } from '../../words.ts'
import type { FilterOrder, LayerDetail, LayerFacts } from '../tasks/protocol.ts'

/** Which of a layer's filters the grid shows. */
export type FilterPart = 'all' | 'channel' | 'extremes' | 'sparse'

/** A choice of filters, in the order in which they are shown. */
export interface ShownFilters {
  readonly part: FilterPart
  readonly order: FilterOrder
  /** The output channel of the part 'channel'. */
  readonly channel: number
  /** Index in the layer of the filter at each place; null: all of them as they are stored. */
  readonly indices: Int32Array | null
  readonly filters: number
  /** What they are, as a sentence without a full stop. */
  readonly sentence: string
}

/** What is asked for; `part` undefined: what can be seen best. */
export interface FilterWish {
  readonly part: FilterPart | undefined
  readonly order: FilterOrder
  readonly channel: number
}

/** More filters than this are single pixels on most screens: noise, unless they are asked for. */
export const MOST_AT_ONCE = 16384
/** Filters at each end that are called extreme. */
const EXTREMES = 48

/** The part that a layer is shown by at first. */
function bestPart(detail: LayerDetail): FilterPart {
  if (detail.filters <= MOST_AT_ONCE) return 'all'
  return detail.byNorm && detail.byTypicality ? 'extremes' : 'channel'
}

/** Parts that a layer has not: those without a filter, or that need it sorted where it is too large for that. */
export function missingParts(detail: LayerDetail, facts: LayerFacts): readonly FilterPart[] {
  return [
    ...(detail.byNorm && detail.byTypicality ? [] : (['extremes'] as const)),
    ...(detail.norms.some((norm) => isSparseFilter(norm, facts)) ? [] : (['sparse'] as const)),
  ]
}

/** The part that is shown: the one that is wanted, if the layer has it. */
export function shownPart(wanted: FilterPart | undefined, detail: LayerDetail, missing: readonly FilterPart[]): FilterPart {
  return wanted && !missing.includes(wanted) ? wanted : bestPart(detail)
}

/** The filters that are asked for. `inChannels` filters make an output channel. */
export function shownFilters(wish: FilterWish, detail: LayerDetail, facts: LayerFacts, inChannels: number): ShownFilters {
  const part = shownPart(wish.part, detail, missingParts(detail, facts))
  const channel = Math.min(Math.max(0, wish.channel), Math.ceil(detail.filters / inChannels) - 1)
  const sorted = wish.order === 'norm' ? detail.byNorm : wish.order === 'typicality' ? detail.byTypicality : null
  const order: FilterOrder = sorted ? wish.order : 'position'
  const chosen = (indices: Int32Array | null, sentence: string): ShownFilters => ({
    part,
    order,
    channel,
    indices,
    filters: indices?.length ?? detail.filters,
    sentence,
  })
  const members = (isMember: (index: number) => boolean): Int32Array => {
    if (sorted) return sorted.filter(isMember)
    const found: number[] = []
    for (let index = 0; index < detail.filters; index++) if (isMember(index)) found.push(index)
    return Int32Array.from(found)
  }
  if (part === 'channel') {
    const from = channel * inChannels
    const indices = members((index) => index >= from && index < from + inChannels)
    return chosen(indices, `The ${plural(indices.length, 'filter')} of output channel ${channel}`)
  }
  if (part === 'sparse') {
    const indices = members((index) => isSparseFilter(detail.norms[index]!, facts))
    return chosen(indices, `The ${plural(indices.length, 'filter')} close to zero, of ${count(detail.filters)}`)
  }
  if (part === 'extremes') {
    const ends = extremes(detail, facts)
    const indices = wish.order === 'position' ? Int32Array.from(ends) : members((index) => ends.has(index))
    return chosen(
      indices,
      `The ${EXTREMES} filters with the largest weights, and the ${EXTREMES} least typical ones, of ${count(detail.filters)}`,
    )
  }
  return chosen(sorted, `All ${plural(detail.filters, 'filter')}`)
}

/** The largest, then the least typical of those that are not sparse; each once. */
function extremes({ byNorm, byTypicality, norms }: LayerDetail, facts: LayerFacts): ReadonlySet<number> {
  const unusual: number[] = []
  for (let k = byTypicality!.length - 1; k >= 0 && unusual.length < EXTREMES; k--) {
    const index = byTypicality![k]!
    if (!isSparseFilter(norms[index]!, facts)) unusual.push(index)
  }
  return new Set([...byNorm!.subarray(0, EXTREMES), ...unusual])
}
