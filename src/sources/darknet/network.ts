import { InputError } from '../../errors.ts'
import type { FlowGraph } from '../longest-path.ts'
import type { Placement } from '../source.ts'
import { type DarknetSection, option, optionList } from './configuration.ts'

/** What a layer keeps in the weights file, in this order; numbers of float32. */
export interface DarknetBlock {
  readonly what: 'biases' | 'weights' | 'other'
  readonly count: number
}

/** A layer with what follows from the layers before it. */
export interface DarknetLayer {
  readonly kind: string
  /** Indexes of the layers that it takes; none for what takes the network's input alone. */
  readonly from: readonly number[]
  readonly blocks: readonly DarknetBlock[]
  /** Of a convolution: (out, in per group, rows, columns). */
  readonly shape?: readonly [number, number, number, number]
  readonly groups: number
  readonly placement?: Placement
}

interface Output {
  readonly width: number
  readonly height: number
  readonly channels: number
}

const SHORT: Readonly<Record<string, string>> = {
  conv: 'convolutional',
  conn: 'connected',
  deconv: 'deconvolutional',
  max: 'maxpool',
  avg: 'avgpool',
  soft: 'softmax',
  batch_normalize: 'batchnorm',
  lrn: 'normalization',
}
/** Layers without weights that leave sizes as they are. */
const SAME = new Set([
  'dropout',
  'softmax',
  'cost',
  'activation',
  'normalization',
  'logistic',
  'l2norm',
  'yolo',
  'gaussian_yolo',
  'region',
  'detection',
  'contrastive',
  'iseg',
  'empty',
  'silence',
  'sam',
])

/**
 * The layers of a network, as darknet's parser (parse_network_cfg) and its readers of weights (load_weights_upto) lay them out.
 * @throws InputError for a layer whose number of weights is not known, and for sizes that no network has
 */
export function darknetLayers(file: string, sections: readonly DarknetSection[]): DarknetLayer[] {
  const [net, ...rest] = sections
  if (!net) throw new InputError(file, 'is a darknet configuration without a section')
  const input: Output = {
    width: option(file, net, 'width', 0),
    height: option(file, net, 'height', 0),
    channels: option(file, net, 'channels', 3, 1),
  }
  const layers: DarknetLayer[] = []
  const outputs: Output[] = []
  for (const section of rest) {
    const kind = Object.hasOwn(SHORT, section.kind) ? SHORT[section.kind]! : section.kind
    const index = layers.length
    const number = (name: string, absent: number, least?: number): number => option(file, section, name, absent, least)
    const before = outputs[index - 1] ?? input
    const previous = index > 0 ? [index - 1] : []
    const others = (name: string): number[] =>
      optionList(file, section, name).map((value) => {
        const other = value < 0 ? index + value : value
        if (other < 0 || other >= index)
          throw new InputError(file, `its layer ${index}, a [${section.kind}], takes layer ${other}, which is not before it`)
        return other
      })
    const add = (layer: Omit<DarknetLayer, 'kind' | 'groups'> & { groups?: number }, output: Output): void => {
      for (const { count } of layer.blocks)
        if (!Number.isSafeInteger(count)) throw new InputError(file, `its layer ${index} has more weights than any file holds`)
      if (!Object.values(output).every((size) => Number.isSafeInteger(size)))
        throw new InputError(file, `its layer ${index} has a size beyond any network's`)
      layers.push({ groups: 1, ...layer, kind })
      outputs.push(output)
    }
    switch (kind) {
      case 'convolutional': {
        const [out, groups, size] = [number('filters', 1, 1), number('groups', 1, 1), number('size', 1, 1)]
        const inPerGroup = before.channels / groups
        if (!Number.isInteger(inPerGroup))
          throw new InputError(
            file,
            `its layer ${index} cuts ${before.channels} channels into ${groups} groups, which does not come out even`,
          )
        const stride = number('stride', 1, 1)
        const strides = [number('stride_y', stride, 1), number('stride_x', stride, 1)] as const
        const dilation = number('dilation', 1, 1)
        const pad = number('pad', 0) ? Math.floor(size / 2) : number('padding', 0)
        const placement: Placement = {
          strides,
          dilations: [dilation, dilation],
          pads: [pad * dilation, pad * dilation, pad * dilation, pad * dilation],
        }
        const after = (length: number, step: number): number => Math.floor((length + 2 * pad - size) / step) + 1
        const output = { width: after(before.width, strides[1]), height: after(before.height, strides[0]), channels: out }
        // A layer that shares another's weights keeps none of its own.
        const isShared = section.options.has('share_index')
        const normed: DarknetBlock[] = number('batch_normalize', 0) ? [{ what: 'other', count: 3 * out }] : []
        const weights = { what: 'weights', count: out * inPerGroup * size * size } as const
        const biases = { what: normed.length > 0 ? 'other' : 'biases', count: out } as const
        add(
          {
            from: previous,
            blocks: isShared ? [] : [biases, ...normed, weights],
            groups,
            ...(!isShared && { shape: [out, inPerGroup, size, size] as const, placement }),
          },
          output,
        )
        break
      }
      case 'deconvolutional': {
        const [out, size, stride] = [number('filters', 1, 1), number('size', 1, 1), number('stride', 1, 1)]
        const pad = number('pad', 0) ? Math.floor(size / 2) : number('padding', 0)
        const normed: DarknetBlock[] = number('batch_normalize', 0) ? [{ what: 'other', count: 3 * out }] : []
        const blocks: DarknetBlock[] = [
          { what: 'other', count: out },
          ...normed,
          { what: 'other', count: before.channels * out * size * size },
        ]
        const after = (length: number): number => (length - 1) * stride + size - 2 * pad
        add({ from: previous, blocks }, { width: after(before.width), height: after(before.height), channels: out })
        break
      }
      case 'connected': {
        const out = number('output', 1, 1)
        const normed: DarknetBlock[] = number('batch_normalize', 0) ? [{ what: 'other', count: 3 * out }] : []
        const inputs = before.width * before.height * before.channels
        const blocks: DarknetBlock[] = [{ what: 'other', count: out }, { what: 'other', count: out * inputs }, ...normed]
        add({ from: previous, blocks }, { width: 1, height: 1, channels: out })
        break
      }
      case 'maxpool':
      case 'local_avgpool': {
        const stride = number('stride', 1, 1)
        const size = number('size', stride, 1)
        const padding = number('padding', size - 1)
        const after = (length: number, step: number): number => Math.floor((length + padding - size) / step) + 1
        const channels = number('maxpool_depth', 0) ? number('out_channels', 1, 1) : before.channels
        const [down, right] = [number('stride_y', stride, 1), number('stride_x', stride, 1)]
        add({ from: previous, blocks: [] }, { width: after(before.width, right), height: after(before.height, down), channels })
        break
      }
      case 'avgpool':
        add({ from: previous, blocks: [] }, { width: 1, height: 1, channels: before.channels })
        break
      case 'upsample': {
        const factor = number('stride', 2, 1)
        add({ from: previous, blocks: [] }, { ...before, width: before.width * factor, height: before.height * factor })
        break
      }
      case 'crop':
        add({ from: previous, blocks: [] }, { ...before, width: number('crop_width', 1, 1), height: number('crop_height', 1, 1) })
        break
      case 'reorg':
      case 'reorg3d': {
        const factor = number('stride', 1, 1)
        const isBack = number('reverse', 0) !== 0
        const area = factor * factor
        const output = isBack
          ? { width: before.width * factor, height: before.height * factor, channels: Math.floor(before.channels / area) }
          : {
              width: Math.floor(before.width / factor),
              height: Math.floor(before.height / factor),
              channels: before.channels * area,
            }
        add({ from: previous, blocks: [] }, output)
        break
      }
      case 'route': {
        const from = others('layers')
        const first = outputs[from[0] ?? -1]
        if (!first) throw new InputError(file, `its layer ${index}, a [route], names no layers`)
        const channels = from.reduce((sum, other) => sum + outputs[other]!.channels, 0) / number('groups', 1, 1)
        if (!Number.isInteger(channels))
          throw new InputError(file, `its layer ${index} cuts its channels into groups, which does not come out even`)
        add({ from, blocks: [] }, { ...first, channels })
        break
      }
      case 'shortcut': {
        const from = others('from')
        const type = section.options.get('weights_type') ?? 'none'
        const each = type === 'per_channel' ? before.channels : /^per_(feature|layer)$/.test(type) ? 1 : 0
        const blocks: DarknetBlock[] = each > 0 ? [{ what: 'other', count: (from.length + 1) * each }] : []
        add({ from: [...previous, ...from], blocks }, before)
        break
      }
      case 'scale_channels': {
        const from = others('from')
        add({ from: [...previous, ...from], blocks: [] }, outputs[from[0] ?? -1] ?? before)
        break
      }
      case 'implicit_add':
      case 'implicit_mul': {
        const [filters, atoms] = [number('filters', 128, 1), number('atoms', 1, 1)]
        add({ from: [], blocks: [{ what: 'other', count: filters * atoms }] }, { width: 1, height: atoms, channels: filters })
        break
      }
      default:
        if (!SAME.has(kind))
          throw new InputError(
            file,
            `its layer ${index} is a [${section.kind}], and how many weights that keeps is not known; convert the network to ONNX and give that`,
          )
        add({ from: [...previous, ...others('from')], blocks: [] }, before)
    }
  }
  return layers
}

/** The layers as values that flow: value 0 is the network's input, value k + 1 what layer k makes. */
export function darknetFlow(layers: readonly DarknetLayer[]): FlowGraph {
  return {
    nodes: layers.map(({ from, kind }, index) => ({
      inputs: from.length > 0 || kind.startsWith('implicit') ? from.map((other) => other + 1) : [0],
      outputs: [index + 1],
      captured: [],
      holder: -1,
    })),
    names: { length: layers.length + 1 },
    modelInputs: new Set([0]),
  }
}
