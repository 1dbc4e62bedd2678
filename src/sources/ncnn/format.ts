import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { longestPaths } from '../longest-path.ts'
import { modelName } from '../model-name.ts'
import { NamedFlow } from '../named-flow.ts'
import type { Convolution, Placement, Skipped, Source, SourceFormat } from '../source.ts'
import { looksLikeParam, type NcnnLayer, readParam } from './param.ts'
import { type PlacedBlock, type PlacedBlocks, placeBlocks } from './weights.ts'

/** ncnn: a list of layers (.param) with their numbers in a .bin beside it. */
export const ncnn: SourceFormat = {
  name: 'ncnn',
  match: (head) => looksLikeParam(head),
  async open({ access, path, folder }): Promise<Source> {
    const layers = await readParam(access)
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.param$/i, '')
    const bin = await folder.open(`${name}.bin`)
    if (!bin)
      throw new InputError(
        access.name,
        `is an ncnn network: its numbers are in ${name}.bin, which is not beside it; put both into one folder, or choose both`,
      )
    try {
      const placed = await placeBlocks(access.name, bin, layers)
      const census = takeCensus(access.name, bin, layers, placed)
      return {
        format: ncnn.name,
        models: [
          {
            name: modelName(path).replace(/\.ncnn$/i, ''),
            format: ncnn.name,
            producer: null,
            opset: null,
            depth_source: 'graph',
            convolutions: census.convolutions,
            skipped: census.skipped,
            tensors: [...placed.blocks.values()].reduce((sum, { length }) => sum + length, 0),
            meta: {},
            parts: [bin],
          },
        ],
        warnings: placed.stopped
          ? [
              `${bin.name}: what ${placed.stopped.name} (${placed.stopped.type}) keeps is not known, so the layers behind it cannot be found`,
            ]
          : [],
        async close() {
          await bin.close?.()
          await access.close?.()
        },
      }
    } catch (error) {
      await bin.close?.()
      throw error
    }
  },
}

/** A layer's depth is the longest path from an input; Split layers, which hand a blob to several, are no step. */
function depthsOf(file: string, layers: readonly NcnnLayer[]): Int32Array {
  const flow = new NamedFlow()
  for (const { type, inputs, outputs } of layers) {
    if (type === 'Input') {
      flow.add([], [])
      for (const name of outputs) flow.feed(name)
    } else if (type === 'Split' && inputs.length === 1) {
      flow.add(inputs, [])
      for (const name of outputs) flow.alias(name, inputs[0]!)
    } else flow.add(inputs, outputs)
  }
  return longestPaths(flow.graph(), file, (node) => layers[node]!.name)
}

function takeCensus(
  file: string,
  bin: RandomAccess,
  layers: readonly NcnnLayer[],
  { blocks }: PlacedBlocks,
): { convolutions: Convolution[]; skipped: Skipped[] } {
  const depths = depthsOf(file, layers)
  const kept: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>[] = []
  const skipped: Skipped[] = []
  const depthsOf4d: number[] = []
  for (const [index, layer] of layers.entries()) {
    const { type, name } = layer
    if (!/conv/i.test(type)) continue
    const own = blocks.get(layer) ?? []
    const [weights, bias] = [own.find(({ what }) => what === 'weights'), own.find(({ what }) => what === 'bias')]
    const shape = shapeOf(layer)
    const skip = (reason: string): void => void skipped.push({ name, kind: type, shape: shape ?? [], reason })
    const depth = depths[index]!
    if (/^Convolution(DepthWise)?$/.test(type) && shape && depth >= 0) depthsOf4d.push(depth)
    if (/^Deconv/.test(type)) skip('transposed convolution')
    else if (/[13]D$/.test(type)) skip(`a ${type.at(-2)}-D convolution`)
    else if (type === 'DeformableConv2D') skip('deformable convolution')
    else if (type !== 'Convolution' && type !== 'ConvolutionDepthWise') skip('a convolution of a kind that is not read')
    else if (layer.values.get(19)) skip('its weights are computed when it runs')
    else if (!weights) skip('its numbers cannot be found')
    else if (!shape) skip(`${weights.count} numbers are no whole kernels`)
    else if (!weights.dtype) skip(`stored as ${weights.stored}, which is not read as weights`)
    else if (depth < 0) skip('no path leads to it from an input')
    else {
      const placement = placementOf(layer)
      kept.push({
        layer: name,
        shape,
        groups: type === 'ConvolutionDepthWise' ? (layer.values.get(7) ?? 1) : 1,
        depth,
        weights: planOf(bin, weights, weights.dtype),
        ...(placement && { placement }),
        ...(bias?.dtype && { bias: planOf(bin, bias, bias.dtype) }),
      })
    }
  }
  const rank = rankDepths(depthsOf4d)
  const convolutions = kept.map((one) => ({ ...one, ...rank(one.depth) })).sort((a, b) => a.depth - b.depth)
  return { convolutions, skipped }
}

function planOf(bin: RandomAccess, { offset }: PlacedBlock, dtype: NonNullable<PlacedBlock['dtype']>): Convolution['weights'] {
  return { access: bin, offset, dtype }
}

/** (out, in per group, rows, columns): the number of weights tells what is taken in. */
function shapeOf({ values }: NcnnLayer): ConvShape | undefined {
  const [out, columns, count] = [values.get(0) ?? 0, values.get(1) ?? 0, values.get(6) ?? 0]
  const rows = values.get(11) ?? columns
  const inPerGroup = count / (out * rows * columns)
  const shape = [out, inPerGroup, rows, columns] as const
  return shape.every((size) => Number.isSafeInteger(size) && size > 0) ? shape : undefined
}

const SAME_UPPER = -233
const SAME_LOWER = -234

function placementOf({ values }: NcnnLayer): Placement | undefined {
  const pair = (first: number, second: number): readonly [rows: number, columns: number] => {
    const columns = values.get(first) ?? 1
    return [values.get(second) ?? columns, columns]
  }
  const [strides, dilations] = [pair(3, 13), pair(2, 12)]
  const left = values.get(4) ?? 0
  const top = values.get(14) ?? left
  const numbers = [top, left, values.get(16) ?? top, values.get(15) ?? left] as const
  const pads = left === SAME_UPPER ? 'same_upper' : left === SAME_LOWER ? 'same_lower' : numbers
  if (![...strides, ...dilations].every((step) => step >= 1)) return undefined
  return typeof pads !== 'string' && pads.some((pad) => pad < 0) ? undefined : { strides, dilations, pads }
}
