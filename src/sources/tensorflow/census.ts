import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { convKernel, depthwiseKernel } from '../hwio.ts'
import { inCell, recurrentPart } from '../keras/topology.ts'
import { longestPaths } from '../longest-path.ts'
import { type Computed, computedStored, type StoredTensor } from '../onnx/evaluate/expressions.ts'
import type { Convolution, Skipped } from '../source.ts'
import { type ComputedWeight, ComputedWeights } from './computed.ts'
import { constantPlan } from './constants.ts'
import type { TfNode } from './graph-def.ts'
import { flowOf, type Output, type PlacedTfGraph } from './place.ts'
import { placementOfNode } from './placement.ts'
import { restoredVariables, VARIABLE, type Weight, weightOf } from './weights.ts'

/** The weights that a graph keeps outside of itself. */
export interface Variables {
  /** A variable by its key in the checkpoint; undefined when the checkpoint has none of that key. */
  find(key: string): { readonly shape: readonly number[]; stored(): Promise<Stored> } | undefined
  /** What the variable is called where it was made. */
  nameOf(key: string): string
  /** The key of the variable that was made under this name; undefined when there is none or several. */
  keyOf(name: string): string | undefined
}

type Stored = Omit<WeightPlan, 'strides'> | { readonly unsupported: string }

export interface GraphCensus {
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  readonly warnings: string[]
  /** Keys of the variables that convolutions take, measured or not. */
  readonly taken: ReadonlySet<string>
}

const CONVOLUTIONS: Readonly<Record<string, 'convolution' | 'depthwise'>> = {
  Conv2D: 'convolution',
  _FusedConv2D: 'convolution',
  Conv: 'convolution',
  DepthwiseConv2dNative: 'depthwise',
  _FusedDepthwiseConv2dNative: 'depthwise',
}
const OTHERS: Readonly<Record<string, string>> = {
  Conv2DBackpropInput: 'transposed convolution',
  Conv2DBackpropInputV2: 'transposed convolution',
  Conv3D: '3-D convolution',
  Conv3DBackpropInputV2: '3-D transposed convolution',
  Dilation2D: 'dilation, no convolution',
  QuantizedConv2D: 'quantised when it runs',
}

/** A weight that is stored, or computed from what is stored. */
type KnownWeight =
  | Exclude<Weight, { kind: 'none' }>
  | { readonly kind: 'computed'; readonly from: Output; readonly by: ComputedWeight; readonly rounded: false }

/** A convolution before it is known whether another node uses the same weight nearer to the input. */
interface Found {
  readonly node: number
  readonly weight: KnownWeight
  readonly identity: string | TfNode
  readonly use: 'convolution' | 'depthwise'
  readonly depth: number
}

/**
 * Every convolution of a graph, by the longest path from its inputs. A weight that several nodes take (one function called for
 * several signatures, a layer used twice) is one layer, at its first use.
 * @throws InputError when the graph runs in a circle
 */
export async function censusOfGraph(
  graph: PlacedTfGraph,
  access: RandomAccess,
  variables: Variables | undefined,
): Promise<GraphCensus> {
  const depths = longestPaths(flowOf(graph), access.name, (index) => graph.nodes[index]!.record.name)
  const restored = restoredVariables(graph)
  const keyOf = (node: number): string => restored.get(node)?.key ?? ownKey(graph.nodes[node]!.record, variables)
  const computing = new ComputedWeights(graph, access, async (node) => {
    const key = keyOf(node)
    return { key, tensor: await storedVariable(key, variables) }
  })
  const found = new Map<string | TfNode, Found>()
  const others: { node: number; weight: Weight; reason: string }[] = []
  const skipped: Skipped[] = []
  const cells = new Set<string>()
  const taken = new Set<string>()
  for (const [node, { record, inputs }] of graph.nodes.entries()) {
    const use = Object.hasOwn(CONVOLUTIONS, record.operator) ? CONVOLUTIONS[record.operator] : undefined
    const other = Object.hasOwn(OTHERS, record.operator) ? OTHERS[record.operator] : undefined
    if (!use && other === undefined) continue
    const direct = weightOf(graph, inputs[1], restored)
    if (other !== undefined) {
      others.push({ node, weight: direct, reason: other })
      continue
    }
    const cell = await cellAround(graph, node, inputs[1], computing)
    if (cell) {
      for (const key of cell.keys) taken.add(key)
      if (!cells.has(cell.name)) skipped.push({ name: cell.name, ...cell.skipped })
      cells.add(cell.name)
      continue
    }
    const isComputed = direct.kind === 'none' && !direct.isNarrow && inputs[1] !== undefined
    const by = isComputed ? await computing.find(inputs[1]!) : ''
    const weight = typeof by === 'string' ? direct : ({ kind: 'computed', from: inputs[1]!, by, rounded: false } as const)
    if (weight.kind === 'none') skipped.push({ name: record.name, kind: record.operator, shape: [], reason: weight.reason })
    else {
      const identity = identityOf(graph, weight, keyOf)
      const depth = depths[node]!
      const known = found.get(identity)
      if (!known || (depth >= 0 && (known.depth < 0 || depth < known.depth)))
        found.set(identity, { node, weight, identity, use: use!, depth })
    }
  }
  const kept: (Omit<Convolution, 'conv_depth' | 'conv_depth_norm'> & { readonly node: string })[] = []
  const keys: (string | undefined)[] = []
  const depthsOf4d: number[] = []
  let rounded = 0
  for (const { node, weight, use, depth } of found.values()) {
    const { record } = graph.nodes[node]!
    const key = weight.kind === 'parts' ? weight.key : weight.kind === 'variable' ? keyOf(weight.node) : undefined
    for (const one of weight.kind === 'computed' ? weight.by.keys : key === undefined ? [] : [key]) taken.add(one)
    const { name, shape, stored } =
      weight.kind === 'computed' ? computedWeight(weight.by.computed) : await storedWeight(graph, weight, key, access, variables)
    const skip = (reason: string): void => void skipped.push({ name, kind: record.operator, shape, reason })
    if (shape.length === 4 && depth >= 0) depthsOf4d.push(depth)
    if (typeof stored === 'string') skip(stored)
    else if (shape.length !== 4) skip(`its weight has ${shape.length} dimensions`)
    else if (shape.some((size) => size <= 0)) skip('empty')
    else if ('unsupported' in stored) skip(`stored as ${stored.unsupported}, which is not read as weights`)
    else if (depth < 0) skip('no path leads to it from a model input')
    else {
      if (weight.rounded) rounded++
      const { shape: oihw, strides, groups } = use === 'depthwise' ? depthwiseKernel(shape) : convKernel(shape)
      const placement = placementOfNode(record)
      keys.push(key)
      kept.push({
        layer: name,
        node: record.name,
        shape: oihw as ConvShape,
        groups,
        depth,
        weights: { ...stored, strides },
        ...(placement && { placement }),
      })
    }
  }
  const transposed = new Set<string | TfNode>()
  for (const { node, weight, reason } of others) {
    const { record } = graph.nodes[node]!
    const identity = weight.kind === 'none' ? record : identityOf(graph, weight, keyOf)
    // The gradient of a convolution is made of the operators of a transposed one.
    if (found.has(identity) || transposed.has(identity)) continue
    if (weight.kind === 'none' && /(^|\/)gradients(_\d+)?\//.test(record.name)) continue
    transposed.add(identity)
    const key = weight.kind === 'variable' ? keyOf(weight.node) : weight.kind === 'parts' ? weight.key : undefined
    if (key !== undefined) taken.add(key)
    const name = key === undefined ? record.name : (variables?.nameOf(key) ?? key)
    const shape = shapeOf(graph, weight, key, variables)
    skipped.push({ name, kind: record.operator, shape, reason })
  }
  const rank = rankDepths(depthsOf4d)
  const names = namesApart(kept, keys)
  const convolutions = kept.map((one, k) => ({ ...one, layer: names[k]!, ...rank(one.depth) })).sort((a, b) => a.depth - b.depth)
  const warnings =
    rounded > 0 ? [`${rounded} weights are rounded by a quantiser when the model runs; they are measured as stored`] : []
  return { convolutions, skipped, warnings, taken }
}

/** Several variables may have been made under one name: then the node tells them apart, and if that does not, the key. */
function namesApart(
  layers: readonly { readonly layer: string; readonly node: string }[],
  keys: readonly (string | undefined)[],
): string[] {
  const count = (names: readonly string[]): Map<string, number> => {
    const uses = new Map<string, number>()
    for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1)
    return uses
  }
  const plain = count(layers.map(({ layer }) => layer))
  const withNode = count(layers.map(({ layer, node }) => `${layer} (${node})`))
  return layers.map(({ layer, node }, k) => {
    if (plain.get(layer) === 1) return layer
    const one = `${layer} (${node})`
    return withNode.get(one) === 1 ? one : `${layer} (${keys[k]?.replace('/.ATTRIBUTES/VARIABLE_VALUE', '') ?? k})`
  })
}

function identityOf(graph: PlacedTfGraph, weight: KnownWeight, keyOf: (node: number) => string): string | TfNode {
  if (weight.kind === 'computed') return computationOf(graph, weight.from, keyOf)
  if (weight.kind === 'parts') return weight.key
  return weight.kind === 'variable' ? keyOf(weight.node) : graph.nodes[weight.node]!.record
}

/** Nodes behind a weight that are compared. */
const MOST_COMPARED = 1000

/** How a weight is computed: the same where one function is called for several signatures, which each have a copy of it. */
function computationOf({ nodes }: PlacedTfGraph, from: Output, keyOf: (node: number) => string): string {
  const behind = new Set([from.node])
  // What is added while it is walked is walked too.
  for (const node of behind) {
    if (behind.size > MOST_COMPARED) return `output ${from.index} of node ${from.node}`
    for (const input of nodes[node]!.inputs) if (input) behind.add(input.node)
  }
  const steps = [...behind].map((node) => {
    const { name, operator } = nodes[node]!.record
    return `${operator} ${VARIABLE.test(operator) ? keyOf(node) : name}`
  })
  return [from.index, ...steps].join('\n')
}

/** The key of a variable that nothing restores: its own name, or the key that was saved under its name. */
function ownKey({ name, attributes }: TfNode, variables: Variables | undefined): string {
  const names = [attributes.get('shared_name')?.text ?? '', name]
  return names.find((one) => variables?.find(one)) ?? names.map((one) => variables?.keyOf(one)).find((key) => key) ?? name
}

function shapeOf(
  graph: PlacedTfGraph,
  weight: Weight,
  key: string | undefined,
  variables: Variables | undefined,
): readonly number[] {
  if (key !== undefined) return variables?.find(key)?.shape ?? []
  return weight.kind === 'constant' ? (graph.nodes[weight.node]!.record.attributes.get('value')?.tensor?.shape ?? []) : []
}

/**
 * The kernel of a recurrent cell, of which a convolution takes a part: gate by gate, in a loop over the steps or beside a variable of a
 * layer that is called so. Undefined for any other convolution.
 */
async function cellAround(
  { nodes }: PlacedTfGraph,
  node: number,
  weight: Output | undefined,
  computing: ComputedWeights,
): Promise<{ name: string; keys: ReadonlySet<string>; skipped: Omit<Skipped, 'name'> } | undefined> {
  const made = weight && nodes[weight.node]!
  const whole = made?.inputs.find((input) => input !== undefined && nodes[input.node]!.record.operator !== 'Const')
  if (!weight || !whole || !/^(Split|SplitV|StridedSlice|Slice)$/.test(made!.record.operator)) return undefined
  const found = await computing.find(whole)
  if (typeof found === 'string') return undefined
  const { name, dims } = found.computed
  let holder = nodes[node]!.holder
  while (holder >= 0 && !/While$/.test(nodes[holder]!.record.operator)) holder = nodes[holder]!.holder
  const part = recurrentPart(name)
  if (part === undefined && holder < 0) return undefined
  const { kind, reason } = inCell(part ?? nodes[node]!.record.operator)
  return { name, keys: found.keys, skipped: { kind, shape: dims, reason } }
}

function computedWeight(computed: Computed): { name: string; shape: readonly number[]; stored: Stored } {
  return { name: computed.name, shape: computed.dims, stored: computedStored(computed) }
}

/** A variable as the evaluator takes it. */
async function storedVariable(
  key: string,
  variables: Variables | undefined,
): Promise<StoredTensor | { readonly reason: string }> {
  const found = variables?.find(key)
  if (!found) return { reason: 'computed from a variable that is not in a checkpoint' }
  const stored = await found.stored()
  if ('unsupported' in stored) return { reason: `computed from numbers stored as ${stored.unsupported}` }
  return { name: variables!.nameOf(key), dims: found.shape, payload: { ...stored, type: stored.dtype } }
}

async function storedWeight(
  graph: PlacedTfGraph,
  weight: Weight,
  key: string | undefined,
  access: RandomAccess,
  variables: Variables | undefined,
): Promise<{ name: string; shape: readonly number[]; stored: Stored | string }> {
  const shape = shapeOf(graph, weight, key, variables)
  if (key !== undefined) {
    const found = variables?.find(key)
    const reason = variables
      ? 'its variable is not in the checkpoint'
      : 'its weight is a variable, which a graph alone does not hold'
    return { name: variables?.nameOf(key) ?? key, shape, stored: found ? await found.stored() : reason }
  }
  const { record } = graph.nodes[weight.kind === 'constant' ? weight.node : 0]!
  const tensor = record.attributes.get('value')?.tensor
  if (!tensor) return { name: record.name, shape, stored: 'a constant without a value' }
  return { name: record.name, shape, stored: await constantPlan(access, record.name, tensor) }
}
