import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { longestPaths } from '../longest-path.ts'
import { NamedFlow } from '../named-flow.ts'
import { runNumbers, runPlan } from '../protobuf/run-plan.ts'
import type { Placement } from '../source.ts'
import type { FoundConvolution } from './census.ts'
import { quantisedPlan } from './quantised.ts'
import type { ConvolutionRecord, LayerRecord, Weights } from './records.ts'

const CONVOLUTION_3D = 1471
const CUSTOM = 500

/** The convolutions of a neural network with their depths, the bodies of branches and loops among them. */
export function networkLayers(
  access: RandomAccess,
  inputs: readonly string[],
  layers: readonly LayerRecord[],
): FoundConvolution[] {
  const all: LayerRecord[] = []
  const flow = new NamedFlow()
  for (const name of inputs) flow.feed(name)
  const add = (list: readonly LayerRecord[], holder: number): void => {
    for (const layer of list) {
      all.push(layer)
      const node = flow.add(layer.inputs, layer.outputs, holder)
      for (const body of layer.bodies) add(body, node)
    }
  }
  add(layers, -1)
  const depths = longestPaths(flow.graph(), access.name, (node) => all[node]!.name)
  return all.flatMap((layer, node): FoundConvolution[] => {
    const found = (
      kind: string,
      shape: readonly number[],
      rest: Pick<FoundConvolution, 'reason' | 'convolution'>,
    ): FoundConvolution[] => [{ name: layer.name, kind, shape, depth: depths[node]!, ...rest }]
    if (layer.kind === CONVOLUTION_3D) return found('Conv', [], { reason: '3-D convolution' })
    if (layer.kind === CUSTOM && /conv/i.test(layer.name)) return found('custom', [], { reason: 'a layer of the application' })
    const { convolution } = layer
    if (!convolution) return []
    const shape = shapeOf(convolution)
    if (convolution.isTransposed) return found('ConvTranspose', shape, { reason: 'transposed convolution' })
    if (shape.length !== 4) return found('Conv', shape, { reason: `a ${shape.length - 2}-D convolution` })
    if (shape.includes(0)) return found('Conv', shape, { reason: 'a layer of Core ML without its numbers of channels' })
    if (layer.inputs.length > 1 && !convolution.weights)
      return found('Conv', shape, { reason: 'its weights are computed when it runs' })
    const weights = planOf(access, layer.name, convolution.weights, shape)
    if (typeof weights === 'string') return found('Conv', shape, { reason: weights })
    const bias = convolution.bias && planOf(access, layer.name, convolution.bias, [shape[0]!])
    const placement = placementOf(convolution)
    return found('Conv', shape, {
      convolution: {
        shape: shape as unknown as ConvShape,
        groups: convolution.groups,
        weights,
        ...(placement && { placement }),
        ...(bias && typeof bias !== 'string' && { bias }),
      },
    })
  })
}

/** (out, in per group, rows, columns); 3×3 where no kernel is given. */
function shapeOf({ out, inPerGroup, kernel }: ConvolutionRecord): number[] {
  return [out, inPerGroup, ...(kernel.length > 0 ? kernel : [3, 3])]
}

/** Where the numbers lie, or why they are not read. @throws InputError when there are not as many as the shape says */
function planOf(access: RandomAccess, name: string, weights: Weights | undefined, shape: readonly number[]): WeightPlan | string {
  if (!weights) return 'without weights'
  if (weights.bits > 0) return quantisedPlan(access, name, weights, shape)
  const count = shape.reduce((product, size) => product * size, 1)
  const found = weights.halves ? weights.halves.length / 2 : runNumbers(weights.floats)
  if (found === 0) return weights.isRaw ? 'its weights are stored as bytes without a type' : 'without weights'
  if (found !== count)
    throw new InputError(
      access.name,
      `layer ${name} of shape ${shape.join('×')} needs ${count} numbers and has ${found}; the file is damaged, get it again`,
    )
  return weights.halves
    ? { access, offset: weights.halves.start, dtype: 'float16' }
    : runPlan(access, weights.floats, 'float32', 4)
}

function placementOf({ strides, dilations, pads, isTopHeavy }: ConvolutionRecord): Placement | undefined {
  const pair = (list: readonly number[]): readonly [number, number] | undefined =>
    list.length === 0 ? [1, 1] : list.length === 2 && list.every((step) => step >= 1) ? [list[0]!, list[1]!] : undefined
  const [steps, gaps] = [pair(strides), pair(dilations)]
  if (!steps || !gaps) return undefined
  const [top = 0, bottom = 0, left = 0, right = 0] = pads ?? []
  return { strides: steps, dilations: gaps, pads: pads ? [top, left, bottom, right] : isTopHeavy ? 'same_lower' : 'same_upper' }
}
