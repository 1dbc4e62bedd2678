import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import type { ConvShape } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { longestPaths } from '../longest-path.ts'
import { modelName } from '../model-name.ts'
import { NamedFlow } from '../named-flow.ts'
import type { Convolution, Placement, Skipped, Source, SourceFormat } from '../source.ts'
import { looksLikeProgram } from './match.ts'
import { looksLikeParams, type PaddleTensor, readPaddleTensors } from './params.ts'
import { type PaddleOperator, type PaddleProgram, readPaddleProgram } from './program.ts'

const CONVOLUTIONS = new Set(['conv2d', 'depthwise_conv2d', 'conv2d_fusion', 'fused_conv2d', 'fused_conv2d_add_act'])
const OTHERS: Readonly<Record<string, string>> = {
  conv2d_transpose: 'transposed convolution',
  depthwise_conv2d_transpose: 'transposed convolution',
  conv3d: '3-D convolution',
  conv3d_transpose: 'transposed convolution',
  deformable_conv: 'deformable convolution',
  deformable_conv_v1: 'deformable convolution',
}

/** Paddle's inference form: numbers without names (.pdiparams), and the program that names them (.pdmodel) beside them. */
export const paddle: SourceFormat = {
  name: 'Paddle',
  match: (head) => looksLikeParams(head),
  async open({ access, path, folder }): Promise<Source> {
    const file = path.slice(path.lastIndexOf('/') + 1)
    const stem = file.replace(/\.pdiparams$/i, '')
    const model = await findProgram(folder, [`${stem}.pdmodel`, '__model__'])
    if (!model)
      throw new InputError(
        access.name,
        `holds the numbers of a Paddle network without names or structure; put its ${stem}.pdmodel beside it (the .json of Paddle 3 is not read: export with FLAGS_enable_pir_api=0, or convert to ONNX with paddle2onnx)`,
      )
    try {
      const program = await readPaddleProgram(model)
      const tensors = await namedTensors(access, model, program)
      const census = takeCensus(access, model.name, program, tensors)
      return {
        format: paddle.name,
        models: [
          {
            name: modelName(path),
            format: paddle.name,
            producer: null,
            opset: null,
            depth_source: 'graph',
            convolutions: census.convolutions,
            skipped: census.skipped,
            tensors: tensors.size,
            meta: {},
            parts: [model],
          },
        ],
        warnings:
          program.bodies > 0
            ? [
                `${model.name}: ${program.bodies} bodies of conditions or loops are not read; convolutions in them are not measured`,
              ]
            : [],
        async close() {
          await model.close?.()
          await access.close?.()
        },
      }
    } catch (error) {
      await model.close?.()
      throw error
    }
  },
}

async function findProgram(folder: Folder, names: readonly string[]): Promise<RandomAccess | undefined> {
  for (const name of names) {
    const model = await folder.open(name)
    if (!model) continue
    if (looksLikeProgram(await model.read(0, Math.min(4096, model.byteLength)))) return model
    await model.close?.()
  }
  return undefined
}

/** The tensors by the names of the program's variables, which are in the alphabet's order. @throws InputError when they do not fit */
async function namedTensors(
  access: RandomAccess,
  model: RandomAccess,
  { kept }: PaddleProgram,
): Promise<Map<string, PaddleTensor>> {
  const tensors = await readPaddleTensors(access)
  if (tensors.length !== kept.length)
    throw new InputError(
      access.name,
      `holds ${tensors.length} tensors, and ${model.name} names ${kept.length}; they belong to different networks, or one of them is cut short`,
    )
  return new Map(kept.map((name, k) => [name, tensors[k]!]))
}

function takeCensus(
  access: RandomAccess,
  file: string,
  { operators }: PaddleProgram,
  tensors: ReadonlyMap<string, PaddleTensor>,
): { convolutions: Convolution[]; skipped: Skipped[] } {
  const depths = depthsOf(file, operators, tensors)
  const found: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>[] = []
  const skipped: Skipped[] = []
  const depthsOf4d: number[] = []
  const used = new Map<string, string>()
  // Weights that several use are one layer, where they are used first.
  const byDepth = operators.map((operator, index) => ({ operator, depth: depths[index]! })).sort((a, b) => a.depth - b.depth)
  for (const [index, { operator, depth }] of byDepth.entries()) {
    const { type, inputs, outputs } = operator
    const other = Object.hasOwn(OTHERS, type) ? OTHERS[type] : undefined
    if (other === undefined && !CONVOLUTIONS.has(type)) continue
    const filter = inputs.get('Filter')?.[0] ?? ''
    const tensor = tensors.get(filter)
    const shape = tensor?.shape ?? []
    const name = filter || outputs[0] || `${type}_${index}`
    const skip = (reason: string): void => void skipped.push({ name, kind: type, shape, reason })
    const owner = used.get(filter)
    if (other === undefined && shape.length === 4 && !shape.includes(0) && depth >= 0) depthsOf4d.push(depth)
    if (other !== undefined) skip(other)
    else if (!tensor) skip('its weights are computed in the program')
    else if (shape.length !== 4) skip(`a ${shape.length - 2}-D convolution`)
    else if (shape.includes(0)) skip('empty')
    else if (!tensor.dtype) skip(`stored as ${tensor.type}, which is not read as weights`)
    else if (depth < 0) skip('no path leads to it from an input')
    else if (owner !== undefined) skip(`shares the weights of ${owner}`)
    else {
      used.set(filter, outputs[0] ?? name)
      const placement = placementOf(operator)
      found.push({
        layer: name,
        ...(outputs[0] !== undefined && { node: outputs[0] }),
        shape: shape as unknown as ConvShape,
        groups: operator.numbers.get('groups')?.[0] ?? 1,
        depth,
        weights: { access, offset: tensor.offset, dtype: tensor.dtype },
        ...(placement && { placement }),
      })
    }
  }
  const rank = rankDepths(depthsOf4d)
  return { convolutions: found.map((one) => ({ ...one, ...rank(one.depth) })), skipped }
}

/** Operators in the order of the program; parameters are no inputs, and feeding and fetching is no step. */
function depthsOf(file: string, operators: readonly PaddleOperator[], tensors: ReadonlyMap<string, PaddleTensor>): Int32Array {
  const flow = new NamedFlow()
  for (const { type, inputs, outputs } of operators) {
    const taken = [...inputs.values()].flat().filter((name) => !tensors.has(name))
    if (type === 'feed') {
      flow.add([], [])
      for (const name of outputs) flow.feed(name)
    } else flow.add(type === 'fetch' ? [] : taken, outputs)
  }
  return longestPaths(flow.graph(), file, (node) => operators[node]!.outputs[0] ?? operators[node]!.type)
}

function placementOf({ numbers, texts }: PaddleOperator): Placement | undefined {
  const pair = (name: string): readonly [number, number] | undefined => {
    const list = numbers.get(name) ?? [1, 1]
    return list.length === 2 && list.every((step) => step >= 1) ? [list[0]!, list[1]!] : undefined
  }
  const [strides, dilations] = [pair('strides'), pair('dilations')]
  if (!strides || !dilations) return undefined
  const algorithm = texts.get('padding_algorithm') ?? 'EXPLICIT'
  if (algorithm === 'SAME') return { strides, dilations, pads: 'same_upper' }
  if (algorithm === 'VALID') return { strides, dilations, pads: [0, 0, 0, 0] }
  const list = numbers.get('paddings') ?? [0, 0]
  // Rows and columns, or before and after of each.
  const [a, b, c, d] = list as [number, number, number, number]
  if (!list.every((pad) => pad >= 0) || (list.length !== 2 && list.length !== 4)) return undefined
  return { strides, dilations, pads: list.length === 2 ? [a, b, a, b] : [a, c, b, d] }
}
