import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { isRecord } from '../json-file.ts'
import { longestPaths } from '../longest-path.ts'
import { type Computed, computedStored } from '../onnx/evaluate/expressions.ts'
import type { Convolution, Placement, Skipped } from '../source.ts'
import { computedWeights } from './computed.ts'
import type { ExportedProgram, ExportNode } from './program.ts'
import { type ExportTensor, weightPlan } from './tensors.ts'

const CONVOLUTION =
  /(^|\.)(_?convolution|conv[123]d|(cudnn|mkldnn|miopen|thnn)_conv\w*|conv_transpose[123]d|convolution_overrideable)\./
const PASSES_ON = /(^|\.)(alias|clone|detach|detach_|contiguous|to|_to_copy|lift_fresh_copy|lift|data|type_as|dequantize)(\.|$)/
const FARTHEST = 64

/** The convolutions of a program, by the longest path from its inputs. `bytes`: of the archive. @throws InputError when the graph runs in a circle */
export async function exportLayers(
  file: string,
  program: ExportedProgram,
  tensors: ReadonlyMap<string, ExportTensor>,
  bytes: number,
): Promise<{ convolutions: Convolution[]; skipped: Skipped[] }> {
  const { nodes, stored } = program
  const depths = longestPaths(program, file, (index) => nodes[index]!.name)
  const writer = new Map<number, ExportNode>()
  for (const node of nodes) for (const id of node.outputs) writer.set(id, node)
  const computing = computedWeights(file, program, writer, tensors, bytes)
  const uses = new Map<string, { node: ExportNode; depth: number; computed?: Computed }>()
  const parts = new Set<string>()
  const skipped: Skipped[] = []
  for (const [index, node] of nodes.entries()) {
    if (!CONVOLUTION.test(node.target)) continue
    const direct = storedBehind(node.value('weight'), writer, stored)
    const computed = direct === undefined ? await computing.find(node.value('weight')) : undefined
    if (typeof computed === 'string') {
      skipped.push({ name: node.name, kind: kindOf(node), shape: [], reason: computed })
      continue
    }
    const name = computed ? wholeName(computed.name) : direct!
    const depth = depths[index]!
    const known = uses.get(name)
    if (computed) parts.add(computed.name)
    if (!known || (depth >= 0 && (known.depth < 0 || depth < known.depth)))
      uses.set(name, { node, depth, ...(computed && { computed }) })
  }
  const kept: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>[] = []
  const depthsOf4d: number[] = []
  for (const [name, { node, depth, computed }] of uses) {
    const tensor = tensors.get(name)
    const shape = computed?.dims ?? tensor?.shape ?? []
    const skip = (reason: string): void => void skipped.push({ name, kind: kindOf(node), shape, reason })
    if (shape.length === 4 && depth >= 0 && !isTransposed(node)) depthsOf4d.push(depth)
    const isRead = shape.length === 4 && !shape.includes(0)
    const weights = !isRead ? undefined : computed ? computedStored(computed) : tensor && (await weightPlan(tensor))
    if (!computed && !tensor) skip('its weight is not in the archive')
    else if (isTransposed(node)) skip('transposed convolution')
    else if (shape.length === 3 || shape.length === 5) skip(`${shape.length - 2}-D convolution`)
    else if (!weights) skip(shape.includes(0) ? 'empty' : `its weight has ${shape.length} dimensions`)
    else if ('unsupported' in weights) skip(`stored as ${weights.unsupported}, which is not read as weights`)
    else if (depth < 0) skip('no path leads to it from a model input')
    else {
      const placement = placementIn(node)
      const bias = await biasOf(node, shape[0]!, writer, stored, tensors)
      kept.push({
        layer: name,
        node: node.name,
        shape: shape as unknown as ConvShape,
        groups: Math.max(1, numberOf(node.given.get('groups')) ?? 1),
        depth,
        weights,
        ...(placement && { placement }),
        ...(bias && { bias }),
      })
    }
  }
  for (const [name, { shape }] of tensors)
    if (shape.length >= 3 && !uses.has(name) && !parts.has(name))
      skipped.push({ name, kind: 'tensor', shape, reason: `${shape.length}-D tensor that no convolution of the graph takes` })
  const rank = rankDepths(depthsOf4d)
  const convolutions = kept.map((one) => ({ ...one, ...rank(one.depth) })).sort((a, b) => a.depth - b.depth)
  return { convolutions, skipped }
}

/** "conv.weight" of "conv.parametrizations.weight.original1", "conv.weight_v" or "conv.weight_orig". */
function wholeName(part: string): string {
  return part.replace(/parametrizations\.(\w+)\.original\d?$/, '$1').replace(/_(orig|v)$/, '')
}

/** The name of the stored tensor that a value is, through copies and casts; undefined for any other value. */
function storedBehind(
  id: number,
  writer: ReadonlyMap<number, ExportNode>,
  stored: ExportedProgram['stored'],
): string | undefined {
  let at = id
  for (let step = 0; at >= 0 && step < FARTHEST; step++) {
    const tensor = stored.get(at)
    if (tensor) return tensor.name
    const node = writer.get(at)
    if (!node || !PASSES_ON.test(node.target)) return undefined
    at = node.inputs[0] ?? -1
  }
  return undefined
}

async function biasOf(
  node: ExportNode,
  out: number,
  writer: ReadonlyMap<number, ExportNode>,
  stored: ExportedProgram['stored'],
  tensors: ReadonlyMap<string, ExportTensor>,
): Promise<WeightPlan | undefined> {
  const id = node.value('bias')
  if (id < 0) return undefined
  const name = storedBehind(id, writer, stored)
  const tensor = name === undefined ? undefined : tensors.get(name)
  if (tensor?.shape.length !== 1 || tensor.shape[0] !== out) return undefined
  const plan = await weightPlan(tensor)
  return 'unsupported' in plan ? undefined : plan
}

/** "conv2d" for torch.ops.aten.conv2d.default. */
function kindOf({ target }: ExportNode): string {
  return target.replace(/^torch\.ops\.\w+\./, '').replace(/\.\w+$/, '')
}

function isTransposed(node: ExportNode): boolean {
  const transposed = node.given.get('transposed')
  return node.target.includes('conv_transpose') || (isRecord(transposed) && transposed['as_bool'] === true)
}

function numberOf(value: unknown): number | undefined {
  const number = isRecord(value) ? value['as_int'] : undefined
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

/** Strides, dilations and zeros around; undefined for padding by name ("same") or where the numbers are computed. */
function placementIn({ given }: ExportNode): Placement | undefined {
  const pair = (name: string, absent: number): readonly [number, number] | undefined => {
    const argument = given.get(name)
    if (argument === undefined) return [absent, absent]
    const list = isRecord(argument) ? argument['as_ints'] : undefined
    if (!Array.isArray(list) || !list.every((item) => Number.isSafeInteger(item))) return undefined
    return list.length === 1 ? [list[0], list[0]] : list.length === 2 ? [list[0], list[1]] : undefined
  }
  const [strides, dilations, padding] = [pair('stride', 1), pair('dilation', 1), pair('padding', 0)]
  return strides && dilations && padding && { strides, dilations, pads: [padding[0], padding[1], padding[0], padding[1]] }
}
