import * as v from 'valibot'
import { InputError } from '../../errors.ts'
import type { KernelRole } from '../hwio-census.ts'
import { type FlowGraph, longestPaths } from '../longest-path.ts'
import { forwardInputs } from '../loop-edges.ts'
import type { Placement, Skipped } from '../source.ts'

// TensorFlow.js graph models: modelTopology is a GraphDef as JSON; a Const node's values are the manifest's weight of the
// same name; strings are base64; int64 are strings.

const Attribute = v.record(v.string(), v.unknown())
const Node = v.object({
  name: v.string(),
  op: v.string(),
  input: v.nullish(v.array(v.string())),
  attr: v.nullish(v.record(v.string(), v.nullish(Attribute))),
})
const Graph = v.object({ node: v.array(Node) })
type Node = v.InferOutput<typeof Node>

const CONVOLUTIONS: Readonly<Record<string, 'convolution' | 'depthwise'>> = {
  Conv2D: 'convolution',
  _FusedConv2D: 'convolution',
  FusedConv2D: 'convolution',
  DepthwiseConv2d: 'depthwise',
  DepthwiseConv2dNative: 'depthwise',
  FusedDepthwiseConv2dNative: 'depthwise',
  _FusedDepthwiseConv2dNative: 'depthwise',
}
const OTHERS: Readonly<Record<string, string>> = {
  Conv2DBackpropInput: 'transposed convolution',
  conv2d_transpose: 'transposed convolution',
  Conv3D: '3-D convolution',
  Conv3DBackpropInputV2: '3-D transposed convolution',
  Dilation2D: 'dilation, no convolution',
}
const PASSES_ON = new Set(['Identity', 'ReadVariableOp', 'Cast', 'Enter', 'Snapshot', 'StopGradient'])
const FARTHEST = 32
/** What is fed from outside. */
const INPUTS = new Set(['Placeholder', 'PlaceholderWithDefault', '_Arg'])

/** True for a GraphDef. */
export function isGraph(topology: unknown): boolean {
  return v.is(v.object({ node: v.array(v.unknown()) }), topology)
}

/** What a graph model does with its weights. */
export interface GraphRoles {
  readonly roles: Map<string, KernelRole>
  readonly skipped: Skipped[]
  /** Per weight, the longest path from an input of the model to where it is first used; -1 where none leads there. */
  readonly depths: ReadonlyMap<string, number>
}

/**
 * What each weight of a graph model is used for, by the operators that take it; and the convolutions without a constant
 * weight.
 */
export function graphRoles(file: string, topology: unknown, isWeight: (name: string) => boolean): GraphRoles {
  const parsed = v.safeParse(Graph, topology)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new InputError(
      file,
      `modelTopology: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}; the file is damaged, get it again`,
    )
  }
  const { node: nodes } = parsed.output
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const constant = (reference: string | undefined): string | undefined => {
    let name = reference === undefined ? undefined : plainName(reference)
    for (let steps = 0; name !== undefined && steps < FARTHEST; steps++) {
      if (isWeight(name)) return name
      const node = byName.get(name)
      if (!node || !PASSES_ON.has(node.op)) return undefined
      name = node.input?.[0] === undefined ? undefined : plainName(node.input[0])
    }
    return undefined
  }
  const added = new Map<string, string>()
  for (const node of nodes) {
    const to = node.input?.[0]
    const bias = node.op === 'BiasAdd' ? constant(node.input?.[1]) : undefined
    if (to !== undefined && bias !== undefined) added.set(plainName(to), bias)
  }
  const roles = new Map<string, KernelRole>()
  const skipped: Skipped[] = []
  const depths = new Map<string, number>()
  const paths = longestPaths(flowOf(nodes), file, (index) => nodes[index]!.name)
  for (const [index, node] of nodes.entries()) {
    const use = Object.hasOwn(CONVOLUTIONS, node.op) ? CONVOLUTIONS[node.op] : undefined
    const other = Object.hasOwn(OTHERS, node.op) ? OTHERS[node.op] : undefined
    if (!use && !other) continue
    const weight = constant(node.input?.[1])
    if (weight === undefined) {
      skipped.push({ name: node.name, kind: node.op, shape: [], reason: other ?? 'no constant weight' })
      continue
    }
    if (other) {
      if (!roles.has(weight)) roles.set(weight, { use: 'none', kind: node.op, reason: other })
      continue
    }
    if (!use) continue
    depths.set(weight, Math.min(depths.get(weight) ?? Number.POSITIVE_INFINITY, paths[index]!))
    if (roles.get(weight)?.use !== use) {
      const fused = strings(node, 'fused_ops').includes('BiasAdd') ? constant(node.input?.[2]) : undefined
      const bias = fused ?? added.get(node.name)
      roles.set(weight, { use, node: node.name, ...placementOf(node), ...(bias !== undefined && { bias }) })
    }
  }
  return { roles, skipped, depths }
}

/** The graph by its edges alone. */
function flowOf(nodes: readonly Node[]): FlowGraph {
  const ids = new Map(nodes.map(({ name }, id) => [name, id]))
  const isFed = ({ op }: Node): boolean => INPUTS.has(op)
  const inputs = forwardInputs(
    nodes.map(({ op, input }) => {
      const names = (input ?? []).filter((reference) => !reference.startsWith('^')).map(plainName)
      return { operator: op, inputs: names.map((name) => ids.get(name) ?? -1).filter((id) => id >= 0) }
    }),
  )
  return {
    names: nodes,
    modelInputs: new Set(nodes.flatMap((node, id) => (isFed(node) ? [id] : []))),
    nodes: nodes.map((node, id) =>
      isFed(node)
        ? { inputs: [], outputs: [], captured: [], holder: -1 }
        : { inputs: inputs[id]!, outputs: [id], captured: [], holder: -1 },
    ),
  }
}

/** "^name" is a control input, "name:1" an output. */
function plainName(reference: string): string {
  return reference.replace(/^\^/, '').replace(/:\d+$/, '')
}

function placementOf(node: Node): { placement?: Placement } {
  const rows = string(node, 'data_format') === 'NCHW' ? 2 : 1
  const strides = integers(node, 'strides')
  const dilations = integers(node, 'dilations')
  const padding = string(node, 'padding')
  const explicit = integers(node, 'explicit_paddings')
  const pads =
    padding === 'SAME'
      ? 'same_upper'
      : padding === 'VALID'
        ? ([0, 0, 0, 0] as const)
        : explicit.length === 8
          ? ([explicit[2 * rows]!, explicit[2 * rows + 2]!, explicit[2 * rows + 1]!, explicit[2 * rows + 3]!] as const)
          : undefined
  if (strides.length !== 4 || pads === undefined) return {}
  return {
    placement: {
      strides: [strides[rows]!, strides[rows + 1]!],
      dilations: dilations.length === 4 ? [dilations[rows]!, dilations[rows + 1]!] : [1, 1],
      pads,
    },
  }
}

function list(node: Node, attribute: string, member: string): unknown[] {
  const value = node.attr?.[attribute]?.['list']
  const items = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[member] : undefined
  return Array.isArray(items) ? items : []
}

function integers(node: Node, attribute: string): number[] {
  return list(node, attribute, 'i').map(Number).filter(Number.isSafeInteger)
}

function strings(node: Node, attribute: string): string[] {
  return list(node, attribute, 's').map(fromBase64)
}

function string(node: Node, attribute: string): string {
  return fromBase64(node.attr?.[attribute]?.['s'])
}

function fromBase64(value: unknown): string {
  if (typeof value !== 'string') return ''
  try {
    return atob(value)
  } catch {
    return value // some converters write the text itself
  }
}
