import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { longestPaths } from '../longest-path.ts'
import { modelName } from '../model-name.ts'
import { runNumbers, runPlan } from '../protobuf/run-plan.ts'
import type { Convolution, Placement, Skipped, Source, SourceFormat } from '../source.ts'
import { caffeFlow } from './flow.ts'
import { looksLikeNet } from './match.ts'
import { type CaffeBlob, type CaffeConvolution, type CaffeLayer, type CaffeNet, readNet } from './messages.ts'

/** Layers of Caffe and its forks that convolve and are not measured. */
const OTHERS: Readonly<Record<string, string>> = {
  Deconvolution: 'transposed convolution',
  DeformableConvolution: 'deformable convolution',
  SqueezeConvolution: 'a sparse convolution of a fork of Caffe',
  BinaryConvolution: 'binary convolution',
}
/** The same layer as Convolution, as forks call one that keeps channels apart. */
const CONVOLUTIONS = new Set(['Convolution', 'ConvolutionDepthwise', 'DepthwiseConvolution', 'DepthwiseConv'])

/** Caffe: a .caffemodel, which holds the layers and their weights. */
export const caffe: SourceFormat = {
  name: 'Caffe',
  match: (head) => looksLikeNet(head),
  async open({ access, path }): Promise<Source> {
    const net = await readNet(access)
    const census = takeCensus(access, net)
    return {
      format: caffe.name,
      models: [
        {
          name: net.name || modelName(path),
          format: caffe.name,
          producer: null,
          opset: null,
          depth_source: 'graph',
          convolutions: census.convolutions,
          skipped: census.skipped,
          tensors: net.layers.reduce((sum, { blobs }) => sum + blobs.length, 0),
          meta: {},
          parts: [],
        },
      ],
      warnings: [],
      close: async () => access.close?.(),
    }
  },
}

type Kept = Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>

function takeCensus(access: RandomAccess, net: CaffeNet): { convolutions: Convolution[]; skipped: Skipped[] } {
  const depths = longestPaths(caffeFlow(net), access.name, (index) => net.layers[index]!.name)
  const kept: Kept[] = []
  const skipped: Skipped[] = []
  const used = new Map<string, string>()
  const depthsOf4d: number[] = []
  // What several layers share is one layer, where it is used first.
  const byDepth = net.layers.map((layer, index) => ({ layer, depth: depths[index]! })).sort((a, b) => a.depth - b.depth)
  for (const { layer, depth } of byDepth) {
    const { name, type, blobs, shared } = layer
    const other = Object.hasOwn(OTHERS, type) ? OTHERS[type] : undefined
    const [weight, bias] = blobs
    const shape = weight ? shapeOf(weight) : []
    const skip = (reason: string): void => void skipped.push({ name, kind: type, shape, reason })
    if (other !== undefined) skip(other)
    if (!CONVOLUTIONS.has(type)) continue
    if (!weight) skip('no weights in the file')
    else if (shape.length !== 4) skip(`a ${shape.length - 2}-D convolution`)
    else if (shape.includes(0)) skip('empty')
    else if (layer.bottoms.length === 0) skip('a layer of Caffe that takes nothing: no path leads to it from an input')
    else if (depth < 0) skip('no path leads to it from an input')
    else {
      const plan = planOf(access, layer, weight, shape)
      depthsOf4d.push(depth)
      const owner = shared[0] === undefined || shared[0] === '' ? undefined : used.get(shared[0])
      if (typeof plan === 'string') skip(plan)
      else if (owner !== undefined) skip(`shares the weights of ${owner}`)
      else {
        if (shared[0]) used.set(shared[0], name)
        const placement = layer.convolution && placementOf(layer.convolution)
        const biases = bias && runNumbers(bias.floats) === shape[0] ? runPlan(access, bias.floats, 'float32', 4) : undefined
        kept.push({
          layer: name,
          shape: shape as unknown as ConvShape,
          groups: groupsOf(layer, shape),
          depth,
          weights: plan,
          ...(placement && { placement }),
          ...(biases && { bias: biases }),
        })
      }
    }
  }
  const rank = rankDepths(depthsOf4d)
  return { convolutions: kept.map((one) => ({ ...one, ...rank(one.depth) })), skipped }
}

/** BlobShape where it is given, else num, channels, height and width. */
function shapeOf({ dims, four }: CaffeBlob): number[] {
  return dims ?? (four.length > 0 ? Array.from({ length: 4 }, (_, k) => four[k] ?? 0) : [])
}

/** @throws InputError when there are not as many values as the shape says */
function planOf(access: RandomAccess, { name }: CaffeLayer, blob: CaffeBlob, shape: readonly number[]): WeightPlan | string {
  const count = shape.reduce((product, size) => product * size, 1)
  const [floats, doubles] = [runNumbers(blob.floats), runNumbers(blob.doubles)]
  if (floats === 0 && doubles === 0) return blob.isOther ? 'its values are stored as a fork of Caffe does' : 'without its values'
  if (shape.some((size) => size < 0) || (floats || doubles) !== count)
    throw new InputError(
      access.name,
      `the weights of layer ${name} have the shape ${shape.join('×')} and ${floats || doubles} values; the file is damaged, get it again`,
    )
  return floats > 0 ? runPlan(access, blob.floats, 'float32', 4) : runPlan(access, blob.doubles, 'float64', 8)
}

/** Forks' depthwise layers have as many groups as channels, and do not say so. */
function groupsOf({ type, convolution }: CaffeLayer, shape: readonly number[]): number {
  const said = convolution?.groups ?? 1
  return said === 1 && /depthwise/i.test(type) && shape[1] === 1 ? shape[0]! : said
}

function placementOf(params: CaffeConvolution): Placement | undefined {
  const pair = (list: readonly number[], usual: number): readonly [number, number] | undefined => {
    if (list.length > 2) return undefined
    const first = list[0] ?? usual
    return [first, list[1] ?? first]
  }
  const strides = params.strideH > 0 || params.strideW > 0 ? ([params.strideH, params.strideW] as const) : pair(params.strides, 1)
  const pads =
    params.padH >= 0 || params.padW >= 0 ? ([Math.max(0, params.padH), Math.max(0, params.padW)] as const) : pair(params.pads, 0)
  const dilations = pair(params.dilations, 1)
  if (!strides || !pads || !dilations || [...strides, ...dilations].some((step) => step < 1)) return undefined
  return { strides, dilations, pads: [pads[0], pads[1], pads[0], pads[1]] }
}
