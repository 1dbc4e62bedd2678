import type { DepthSource } from '../database/provenance.ts'
import type { ConvShape } from '../weights/plan.ts'
import type { Convolution, Skipped } from './source.ts'
import { type Repeats, repeatsOf } from './state-dict/copies.ts'
import { isSorted, showsSorting } from './state-dict/file-order.ts'
import { judge, modulatedShape } from './state-dict/judge.ts'
import type { NamedTensor } from './state-dict/named-tensor.ts'
import { orderByNames } from './state-dict/order.ts'
import { effectiveWeights } from './state-dict/parametrised.ts'
import { maybeTransposed } from './state-dict/transposed.ts'

export type { NamedTensor }

/** How a file came to its order. */
export interface Writer {
  /** Files that were sorted each for itself. */
  readonly parts: number
  /** A dict keeps the order in which a network was defined, unless it shows that somebody sorted it. */
  readonly keepsOrder?: boolean
  /** True when second copies have been left out already: else names and shapes alone tell them. */
  readonly isDistinct?: boolean
}

/** What a state dict holds, by names and shapes alone. */
export interface StateDictCensus {
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  /** One sentence for each thing that a state dict leaves open. */
  readonly warnings: string[]
  readonly depth_source: DepthSource
}

/** A convolution that has not been given its depth yet. */
export type Unplaced = Omit<Convolution, 'depth' | 'conv_depth' | 'conv_depth_norm'>

/** Gives convolutions of a file without a graph their position in the file as depth. */
export function placeInFileOrder(list: readonly Unplaced[]): Convolution[] {
  const last = list.length - 1
  return list.map((convolution, depth) => ({
    ...convolution,
    depth,
    conv_depth: depth,
    conv_depth_norm: last > 0 ? depth / last : null,
  }))
}

const UPSAMPLING = /(^|[._/])(up|upsampl\w*|up_?conv\w*|up_?scal\w*|up_?\d+)([._/]|$)/i

/** Said wherever depth was read from names. */
export const BY_NAMES =
  'depth is an order read from the names: the file is sorted by the alphabet, which says nothing of the order in which a network runs'

/** A longer name is no path that anybody wrote. */
const LONGEST_NAME = 1000

/**
 * Which tensors of a state dict are 2-D convolutions, and in which order. `tensors` in the order of their bytes in the file (or of the
 * dict). The order of the file is the depth unless it is the alphabet's: then names
 * decide. Groups are not stored in a state dict: depthwise layers are told by their structure, for others 1 is reported, which no metric
 * depends on.
 *
 * Second copies of the network and the optimiser's tensors are left out first, then weights are put together that are stored in parts.
 * A 4-D float tensor is a convolution unless something speaks against it: its bias has as many entries as a transposed
 * convolution's would; its name says transposed, table, mask or embedding; it is one plane set (leading dimension 1) that
 * is not called a weight; its rows or columns are no kernel's; it is a factor for each channel or of a low-rank adapter.
 * Tensors with fewer than three dimensions are not listed.
 */
export function stateDictConvolutions(all: readonly NamedTensor[], writer: Writer = { parts: 1 }): StateDictCensus {
  const skipped: Skipped[] = []
  const given = all.filter(({ name }) => name.length <= LONGEST_NAME)
  for (const { name, shape } of all)
    if (name.length > LONGEST_NAME && shape.length >= 3)
      skipped.push({ name: `${name.slice(0, 100)}…`, kind: 'tensor', shape, reason: `its name has ${name.length} characters` })
  const repeats: Repeats = writer.isDistinct ? new Map() : repeatsOf(given)
  for (const [k, reason] of repeats) {
    const { name, shape } = given[k]!
    if (shape.length >= 3) skipped.push({ name, kind: 'tensor', shape, reason })
  }
  const { tensors, skipped: refused } = effectiveWeights(given.filter((_, k) => !repeats.has(k)))
  for (const each of refused) skipped.push(each)
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const kept: Unplaced[] = []
  for (const tensor of tensors) {
    const found = convolutionOf(tensor, byName)
    if (found && 'reason' in found) skipped.push(found)
    else if (found) kept.push(found)
  }
  const types = new Set(given.map(({ weights }) => ('unsupported' in weights ? weights.unsupported : weights.dtype)))
  const names = given.map(({ name }) => name)
  const isByNames = writer.keepsOrder ? isSorted(names, 1) && showsSorting(names) : isSorted(names, writer.parts * types.size)
  const order = isByNames ? orderByNames(kept.map(({ layer, shape }) => ({ name: layer, shape }))) : undefined
  const placed = placeInFileOrder(withDepthwise(order ? order.map((k) => kept[k]!) : kept, byName))
  const warnings = warningsOf(placed, byName)
  // Where the order read from the names is the alphabet's too, there is nothing to be in doubt about.
  if (order?.some((position, k) => position !== k)) warnings.push(BY_NAMES)
  return { convolutions: placed, skipped, warnings, depth_source: isByNames ? 'names' : 'order' }
}

/**
 * Depthwise convolutions by their structure: one input channel a filter, behind a layer that gives just as many channels as there are
 * filters. A layer that takes one channel has such a shape too, but stands at the front, or behind a layer that gives one.
 */
function withDepthwise(list: readonly Unplaced[], byName: ReadonlyMap<string, NamedTensor>): Unplaced[] {
  return list.map((layer, k) => {
    const [out, inPerGroup] = layer.shape
    const isToldOtherwise = byName.get(layer.layer)?.module !== undefined || layer.groups !== 1
    if (isToldOtherwise || inPerGroup !== 1 || out === 1 || list[k - 1]?.shape[0] !== out) return layer
    return { ...layer, groups: out }
  })
}

/** A tensor as a convolution, or why it is none; undefined for one of fewer than three dimensions. */
function convolutionOf(tensor: NamedTensor, byName: ReadonlyMap<string, NamedTensor>): Unplaced | Skipped | undefined {
  const { name, weights, module } = tensor
  if (tensor.shape.length < 3) return undefined
  const shape = modulatedShape(tensor, (other) => byName.has(other)) ?? tensor.shape
  const isKnown = module !== undefined && shape.length === 4 && !shape.includes(0)
  if (isKnown && module.transposed) return { name, kind: 'ConvTranspose', shape, reason: 'transposed convolution' }
  const verdict = isKnown ? undefined : judge(name, shape, byName)
  if (verdict) return { name, shape: tensor.shape, ...verdict }
  if ('unsupported' in weights)
    return { name, kind: 'Conv', shape, reason: `stored as ${weights.unsupported}, which is not read as weights` }
  const facts = module ? { groups: module.groups, ...(module.placement && { placement: module.placement }) } : { groups: 1 }
  return { layer: name, shape: shape as unknown as ConvShape, weights, ...facts }
}

function warningsOf(convolutions: readonly Convolution[], byName: ReadonlyMap<string, NamedTensor>): string[] {
  const told = (name: string): boolean => byName.get(name)?.module !== undefined
  const loose = convolutions.filter(({ layer }) => !told(layer))
  const upsampling = loose
    .filter(({ layer, shape }) => UPSAMPLING.test(layer) && shape[2] * shape[3] > 1)
    .map(({ layer }) => layer)
  const chained = maybeTransposed(convolutions, (name) => byName.get(name)?.shape).filter((name) => !told(name))
  const transposed = [...new Set([...upsampling, ...chained])]
  const spectral = convolutions.filter(({ layer }) => layer.endsWith('weight_orig')).map(({ layer }) => layer)
  const warnings: string[] = []
  if (transposed.length > 0)
    warnings.push(
      `${counted(transposed)} may be transposed: a state dict does not say so, and they are measured as ordinary convolutions`,
    )
  if (spectral.length > 0)
    warnings.push(
      `${counted(spectral)} stored before spectral normalisation: their norms differ from the used weight's by one factor`,
    )
  return warnings
}

function counted(names: readonly string[]): string {
  return names.length === 1 ? `layer ${names[0]}` : `${names.length} layers (${names[0]} …)`
}
