import { placedByDepth } from './depth.ts'
import { fileTensor } from './file-tensors.ts'
import { type HwioTensor, hwioCensus, kernelOf } from './hwio-census.ts'
import type { FileTensor, SourceModel } from './source.ts'
import { areAlike, repeatsSkipped, severalNetworks } from './state-dict/models.ts'
import { copiesOf } from './state-dict/second-copies.ts'
import { bareSisters, sisterKey } from './state-dict/sisters.ts'

/** Networks of a file without a graph whose kernels are in TensorFlow's layout. */
export interface HwioNetworks {
  readonly models: SourceModel[]
  /** Without the file's name. */
  readonly warnings: string[]
}

type AboutModel = Omit<SourceModel, 'convolutions' | 'skipped' | 'tensors' | 'depth_source'>

/**
 * The one network of a file whose graph gives kernels their depth.
 * @param unplaced what is known of the order where the graph does not place every kernel, and what is said of it
 */
export function networkByDepth(
  tensors: readonly HwioTensor[],
  about: AboutModel,
  depthOf: Parameters<typeof placedByDepth>[1],
  unplaced: (convolutions: SourceModel['convolutions']) => { depths: Partial<SourceModel>; warning: string } | undefined,
): HwioNetworks {
  const { warnings, ...census } = hwioCensus(tensors)
  const placed = placedByDepth(census.convolutions, depthOf)
  const otherwise = placed ? undefined : unplaced(census.convolutions)
  const depths = placed ? ({ convolutions: placed, depth_source: 'graph' } as const) : otherwise?.depths
  const model = { ...about, ...census, ...depths, tensors: tensors.length, contents: async () => contentsOf(tensors) }
  return { models: [model], warnings: otherwise ? [...warnings, otherwise.warning] : warnings }
}

function contentsOf(tensors: readonly HwioTensor[], bare = (name: string): string => name): FileTensor[] {
  return tensors.map(({ name, shape, stored }) => fileTensor(bare(name), shape, stored))
}

/**
 * The models of a file of variables: one, or several networks side by side, named after the prefixes that tell them apart. Second copies
 * are left out by structure and values, as in a state dict. `about`: what is the same for all.
 * @throws InputError when values that must be compared cannot be read
 */
export async function hwioNetworks(tensors: readonly HwioTensor[], about: AboutModel): Promise<HwioNetworks> {
  // What is no kernel may hold the same values as one: the normalised copy that a wrapper keeps of its layer's.
  const kernels = tensors.map((tensor) => {
    const kernel = kernelOf(tensor)
    return tensor.role?.use === 'none' ? { ...kernel, weights: { unsupported: tensor.role.reason } } : kernel
  })
  const { repeats, warnings } = await copiesOf(kernels)
  const sisters = bareSisters(tensors.flatMap((tensor, k) => (repeats.has(k) ? [] : [{ ...kernels[k]!, tensor }])))
  const isAlone = sisters.length === 1
  if (!isAlone)
    warnings.push(
      severalNetworks(
        sisters.map((sister) => sisterKey(sister) || about.name),
        areAlike(sisters),
      ),
    )
  const models = sisters.map((sister, k): SourceModel => {
    const own = sister.tensors.map(({ tensor }) => tensor)
    const census = hwioCensus(own, true)
    for (const text of census.warnings) warnings.push(sister.prefix === '' ? text : `${sisterKey(sister)}: ${text}`)
    const bare = (layer: string): string => (layer.startsWith(sister.prefix) ? layer.slice(sister.prefix.length) : layer)
    return {
      ...about,
      name: sister.prefix === '' ? about.name : `${about.name}/${sisterKey(sister)}`,
      depth_source: census.depth_source,
      convolutions: census.convolutions.map((one) => ({ ...one, layer: bare(one.layer) })),
      // What was left out of the whole file is listed with its first network.
      skipped: k === 0 ? [...census.skipped, ...repeatsSkipped(kernels, repeats)] : census.skipped,
      tensors: isAlone ? tensors.length : own.length,
      contents: async () => contentsOf(isAlone ? tensors : own, bare),
    }
  })
  return { models, warnings }
}
