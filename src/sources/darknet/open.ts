import { InputError } from '../../errors.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import type { ConvShape } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { longestPaths } from '../longest-path.ts'
import { modelName } from '../model-name.ts'
import type { Convolution, Skipped, Source } from '../source.ts'
import { readSections } from './configuration.ts'
import { looksLikeConfiguration, otherOfPair } from './look.ts'
import { type DarknetLayer, darknetFlow, darknetLayers } from './network.ts'

// NAME.weights (load_weights_upto in darknet's parser.c): three 32-bit numbers of a version, the number of images seen (64 bits from
// version 0.2 on, 32 before), then float32 without names or shapes, layer after layer as NAME.cfg lists them.

/** Opens a network at either of its files. @throws InputError */
export async function openDarknet(input: Input): Promise<Source> {
  const { access } = input
  const head = await access.read(0, Math.min(4096, access.byteLength))
  const other = await otherOfPair(input, head)
  if (!other)
    throw new InputError(
      access.name,
      'is one of the two files of a darknet network, and the other is not beside it; put both into one folder',
    )
  const [configuration, weights] = looksLikeConfiguration(head) ? [access, other] : [other, access]
  try {
    const layers = darknetLayers(configuration.name, await readSections(configuration))
    const { convolutions, skipped, warnings, tensors } = await placeWeights(configuration, weights, layers)
    return {
      format: 'darknet',
      models: [
        {
          name: modelName(input.path),
          format: 'darknet',
          producer: null,
          opset: null,
          depth_source: 'graph',
          convolutions,
          skipped,
          tensors,
          meta: {},
          parts: [other],
        },
      ],
      warnings,
      async close() {
        await other.close?.()
        await access.close?.()
      },
    }
  } catch (error) {
    await other.close?.()
    throw error
  }
}

async function placeWeights(
  configuration: RandomAccess,
  weights: RandomAccess,
  layers: readonly DarknetLayer[],
): Promise<{ convolutions: Convolution[]; skipped: Skipped[]; warnings: string[]; tensors: number }> {
  const view = new DataView(Uint8Array.from(await weights.read(0, 16)).buffer)
  const [major, minor] = [view.getUint32(0, true), view.getUint32(4, true)]
  let at = major * 10 + minor >= 2 ? 20 : 16
  const depths = longestPaths(darknetFlow(layers), configuration.name, (index) => `${layers[index]!.kind}_${index}`)
  const kept: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>[] = []
  const skipped: Skipped[] = []
  const ends = new Set<number>()
  let tensors = 0
  let missing = 0
  for (const [index, { kind, blocks, shape, groups, placement }] of layers.entries()) {
    const places = new Map<string, number>()
    for (const { what, count } of blocks) {
      places.set(what, at)
      at += 4 * count
      tensors++
    }
    const name = `${kind}_${index}`
    if (blocks.length > 0) ends.add(at)
    const isThere = at <= weights.byteLength
    if (!isThere && blocks.length > 0) missing++
    const skip = (reason: string): void => void skipped.push({ name, kind, shape: shape ?? [], reason })
    if (!shape) {
      if (kind === 'convolutional') skip('shares the weights of another layer')
      else if (kind === 'deconvolutional') skip('transposed convolution')
      continue
    }
    if (!isThere) skip('the weights end before it')
    else if (depths[index]! < 0) skip('no path leads to it from the input')
    else {
      const biases = places.get('biases')
      kept.push({
        layer: name,
        shape: shape as unknown as ConvShape,
        groups,
        depth: depths[index]!,
        weights: { access: weights, offset: places.get('weights')!, dtype: 'float32' },
        ...(placement && { placement }),
        ...(biases !== undefined && { bias: { access: weights, offset: biases, dtype: 'float32' } }),
      })
    }
  }
  // Without names or shapes the length is all that tells whether the two files belong together.
  if (weights.byteLength !== at && !ends.has(weights.byteLength))
    throw new InputError(
      weights.name,
      `has ${weights.byteLength} bytes, where darknet weights for ${configuration.name} have ${at}: it is cut short, or of another network; put the configuration that it was trained with beside it`,
    )
  const warnings =
    missing > 0
      ? [
          `${weights.name}: holds the first layers only, ${weights.byteLength} of ${at} bytes that ${configuration.name} asks for: ${missing} layers are not in it`,
        ]
      : []
  const rank = rankDepths(kept.map(({ depth }) => depth))
  const convolutions = kept.map((one) => ({ ...one, ...rank(one.depth) })).sort((a, b) => a.depth - b.depth)
  return { convolutions, skipped, warnings, tensors }
}
