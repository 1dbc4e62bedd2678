import { InputError, UsageError } from '../errors.ts'
import { requireChecksums } from '../io/checked-access.ts'
import type { Convolution, Placement, SourceModel } from '../sources/source.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { type ConvolutionWeights, convolve, type Planes, relu } from './convolution.ts'
import type { Image } from './image.ts'
import { readValues } from './read-values.ts'

/** What is subtracted from a pixel in 0 … 1, and what it is then divided by, per channel. */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Named normalisations. `cifar10` is what data/'s networks were trained with, `imagenet` torchvision's. */
export const normalisations: Readonly<Record<'none' | 'cifar10' | 'imagenet', Normalisation>> = {
  none: { mean: [0], std: [1] },
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
}

export interface FirstStageOptions {
  readonly normalisation: Normalisation
  /** For files that do not say how the kernel is laid over its input. Default: stride 1, no dilation, zeros so that sizes stay. */
  readonly placement?: Placement
}

/** A model's first convolution on an image and on a changed copy of it, after ReLU. */
export interface FirstStage {
  readonly model: string
  readonly layer: string
  /** The node of the graph that uses it; null where the file names none. */
  readonly node: string | null
  readonly convolution: ConvolutionWeights
  readonly placement: Placement
  /** False when the file does not state the placement. */
  readonly placementKnown: boolean
  readonly normalisation: Normalisation
  readonly image: Image
  readonly changed: Image
  readonly activation: Planes
  readonly changedActivation: Planes
  /** changedActivation - activation. */
  readonly difference: Planes
}

const same: Placement = { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' }

/**
 * Runs the first convolution of a model (bias where the file has one, no BatchNorm behind it) on two images, then ReLU.
 * @throws InputError when the model has no convolution, or its first one does not take such images
 * @throws UsageError when mean and std do not fit
 */
export async function runFirstStage(
  wasm: WasmInstance,
  model: SourceModel,
  image: Image,
  changed: Image,
  options: FirstStageOptions,
): Promise<FirstStage> {
  const first = firstConvolution(model)
  if (image.width !== changed.width || image.height !== changed.height)
    throw new InputError(
      changed.name,
      `has ${changed.width}×${changed.height} pixels, but ${image.name} has ${image.width}×${image.height}; both must be of one size`,
    )
  const channels = first.shape[1] * first.groups
  const convolution: ConvolutionWeights = {
    shape: first.shape,
    groups: first.groups,
    weights: await readValues(wasm, first.weights, first.shape),
    ...(first.bias && { bias: await readValues(wasm, first.bias, [1, 1, 1, first.shape[0]]) }),
  }
  for (const plan of [first.weights, first.bias]) if (plan) await requireChecksums(plan.access)
  const placement = first.placement ?? options.placement ?? same
  const run = (input: Image) => {
    try {
      return relu(convolve(normalise(withChannels(input, channels, model.name), options.normalisation), convolution, placement))
    } catch (error) {
      if (error instanceof RangeError)
        throw new InputError(input.name, `cannot be put through ${model.name}: ${error.message}`, { cause: error })
      throw error
    }
  }
  const activation = run(image)
  const changedActivation = run(changed)
  const difference = { ...activation, values: changedActivation.values.map((v, i) => v - activation.values[i]!) }
  return {
    model: model.name,
    layer: first.layer,
    node: first.node ?? null,
    convolution,
    placement,
    placementKnown: first.placement !== undefined,
    normalisation: options.normalisation,
    image,
    changed,
    activation,
    changedActivation,
    difference,
  }
}

/** The convolution nearest to the input. @throws InputError when the model has none */
function firstConvolution(model: SourceModel): Convolution {
  const first = model.convolutions.find((convolution) => convolution.conv_depth === 0)
  if (!first) throw new InputError(model.name, 'has no convolution to show an activation of')
  return first
}

/** (pixel - mean) / std per channel, in double, rounded once to float32. @throws UsageError */
export function normalise(input: Planes, { mean, std }: Normalisation): Planes {
  for (const [name, list] of [['mean', mean] as const, ['std', std] as const])
    if (list.length !== 1 && list.length !== input.channels)
      throw new UsageError(
        `${name} has ${list.length} values, but the network takes ${input.channels} channels: give one value, or one a channel`,
      )
  if (std.some((value) => !(value > 0))) throw new UsageError('std must be above 0')
  const area = input.width * input.height
  const at = (list: readonly number[], channel: number) => list[list.length === 1 ? 0 : channel]!
  const values = input.values.map((v, i) => {
    const channel = Math.floor(i / area)
    return (v - at(mean, channel)) / at(std, channel)
  })
  return { ...input, values }
}

/** The image with as many channels as the network takes: grey is repeated; colour is never made grey. */
function withChannels(image: Image, channels: number, model: string): Planes {
  if (image.channels === channels) return image
  if (image.channels === 1) {
    const values = new Float32Array(channels * image.values.length)
    for (let c = 0; c < channels; c++) values.set(image.values, c * image.values.length)
    return { ...image, channels, values }
  }
  throw new InputError(image.name, `has ${image.channels} channels, but the first convolution of ${model} takes ${channels}`)
}
