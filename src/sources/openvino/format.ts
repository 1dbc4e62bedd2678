import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { readText } from '../json-file.ts'
import { modelName } from '../model-name.ts'
import type { Convolution, Placement, Skipped, Source, SourceFormat } from '../source.ts'
import { afterComments } from '../text-start.ts'
import { IrConstants } from './constants.ts'
import { type IrLayer, type IrNetwork, irDepths, numbers, readNetwork } from './network.ts'
import { parseXml, type XmlElement } from './xml.ts'

const OTHERS: Readonly<Record<string, string>> = {
  ConvolutionBackpropData: 'transposed convolution',
  GroupConvolutionBackpropData: 'transposed convolution',
  DeformableConvolution: 'deformable convolution',
  BinaryConvolution: 'binary convolution',
}

/** OpenVINO IR: an .xml with its .bin beside it. */
export const openvino: SourceFormat = {
  name: 'OpenVINO',
  match: (head) => /^<net\s[^>]*version\s*=/.test(afterDeclaration(new TextDecoder().decode(head))),
  async open({ access, path, folder }): Promise<Source> {
    const network = readNetwork(access.name, await document(access))
    const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.xml$/i, '')
    const bin = await folder.open(`${stem}.bin`)
    if (!bin)
      throw new InputError(
        access.name,
        `its weights are in ${stem}.bin, which is not beside it; put both into one folder, or choose both`,
      )
    try {
      const census = await takeCensus(access.name, network, bin)
      return {
        format: openvino.name,
        models: [
          {
            name: modelName(path),
            format: openvino.name,
            producer: `OpenVINO IR ${network.version}`,
            opset: null,
            depth_source: 'graph',
            convolutions: census.convolutions,
            skipped: census.skipped,
            tensors: [...network.layers.values()].filter(({ type }) => type === 'Const').length,
            meta: {},
            parts: [bin],
          },
        ],
        warnings: census.warnings,
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

/** What comes after the XML declaration and comments. */
function afterDeclaration(text: string): string {
  const start = afterComments(text.replace(/^\uFEFF/, ''))
  const end = start.startsWith('<?xml') ? start.indexOf('?>') : -1
  return end < 0 ? start : afterComments(start.slice(end + 2))
}

async function document(access: RandomAccess): Promise<XmlElement> {
  const text = await readText(access)
  try {
    return parseXml(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new InputError(access.name, `is not valid XML (${detail}); the file is cut short or damaged, get it again`, {
      cause: error,
    })
  }
}

type Kept = Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>

/** Every convolution, its depth the longest path from an input. A constant that several use is one layer, where it is first used. */
async function takeCensus(
  file: string,
  network: IrNetwork,
  bin: RandomAccess,
): Promise<{ convolutions: Convolution[]; skipped: Skipped[]; warnings: string[] }> {
  const depths = irDepths(file, network)
  const constants = new IrConstants(network, bin)
  const kept: Kept[] = []
  const skipped: Skipped[] = []
  const depthsOf4d: number[] = []
  const rounded: string[] = []
  const used = new Set<string>()
  const byDepth = [...network.layers.values()].sort((a, b) => (depths.get(a.id) ?? -1) - (depths.get(b.id) ?? -1))
  for (const layer of byDepth) {
    const hidden = layer.inside.filter((type) => /Convolution/.test(type)).length
    if (hidden > 0)
      skipped.push({
        name: layer.name,
        kind: layer.type,
        shape: [],
        reason: `${hidden} convolutions in its body, which are not read`,
      })
    const isGrouped = layer.type === 'GroupConvolution'
    const skip = (reason: string, shape: readonly number[] = []): void =>
      void skipped.push({ name: layer.name, kind: layer.type, shape, reason })
    if (Object.hasOwn(OTHERS, layer.type)) skip(OTHERS[layer.type]!)
    if (layer.type !== 'Convolution' && !isGrouped) continue
    const weight = await constants.find(layer.inputs[1], (shape) => (isGrouped ? shape[0]! * (shape[1] ?? 0) : (shape[0] ?? 0)))
    const depth = depths.get(layer.id)
    if (typeof weight === 'string') {
      skip(weight)
      continue
    }
    const shape = kernelShape(weight.shape, isGrouped)
    if (!shape) skip(`a ${weight.shape.length - (isGrouped ? 3 : 2)}-D convolution`, weight.shape)
    else if (depth === undefined) skip('no path leads to it from a model input', weight.shape)
    else {
      depthsOf4d.push(depth)
      if (used.has(weight.name)) continue
      used.add(weight.name)
      if (weight.isRounded) rounded.push(weight.name)
      const placement = placementOf(layer)
      kept.push({
        layer: weight.name,
        node: layer.name,
        shape,
        groups: isGrouped ? weight.shape[0]! : 1,
        depth,
        weights: {
          access: bin,
          offset: weight.offset,
          dtype: weight.dtype,
          ...(weight.dequantise && { dequantise: weight.dequantise }),
        },
        ...(placement && { placement }),
      })
    }
  }
  const rank = rankDepths(depthsOf4d)
  const convolutions = kept.map((layer) => ({ ...layer, ...rank(layer.depth) })).sort((a, b) => a.depth - b.depth)
  const warnings =
    rounded.length > 0
      ? [
          `${rounded.length} weights (${rounded[0]} …) are rounded by a FakeQuantize when the model runs; they are measured as stored`,
        ]
      : []
  return { convolutions, skipped, warnings }
}

/** (G, out per group, in per group, rows, columns) is stored as (out, in per group, rows, columns) is. */
function kernelShape(shape: readonly number[], isGrouped: boolean): ConvShape | undefined {
  const [out, ...rest] = isGrouped ? [shape[0]! * (shape[1] ?? 0), ...shape.slice(2)] : shape
  const fits = rest.length === 3 && [out!, ...rest].every((size) => Number.isSafeInteger(size) && size > 0)
  return fits ? [out!, rest[0]!, rest[1]!, rest[2]!] : undefined
}

function placementOf({ data }: IrLayer): Placement | undefined {
  const pair = (text: string | undefined): readonly [number, number] | undefined => {
    const [a, b, ...more] = numbers(text ?? '1, 1')
    return more.length === 0 && a! >= 1 && b! >= 1 ? [a!, b!] : undefined
  }
  const [strides, dilations] = [pair(data.get('strides')), pair(data.get('dilations'))]
  const automatic = data.get('auto_pad') ?? 'explicit'
  const [top, left] = numbers(data.get('pads_begin') ?? '0, 0')
  const [bottom, right] = numbers(data.get('pads_end') ?? '0, 0')
  const explicit = [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0] as const
  const pads =
    automatic === 'same_upper' || automatic === 'same_lower'
      ? automatic
      : automatic === 'valid'
        ? ([0, 0, 0, 0] as const)
        : explicit
  return strides && dilations ? { strides, dilations, pads } : undefined
}
