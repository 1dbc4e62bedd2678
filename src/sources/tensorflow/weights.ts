import type { Output, PlacedTfGraph } from './place.ts'

/** What a convolution takes as its weight. */
export type Weight =
  | { readonly kind: 'constant'; readonly node: number; readonly rounded: boolean }
  | { readonly kind: 'variable'; readonly node: number; readonly rounded: boolean }
  /** Parts of one variable, joined again: the key that they were saved under. */
  | { readonly kind: 'parts'; readonly key: string; readonly rounded: boolean }
  /** `isNarrow`: a kernel of one dimension, to which one was added. */
  | { readonly kind: 'none'; readonly reason: string; readonly isNarrow?: true }

/** Where variables are restored from, by the node that makes them. */
export interface Restored {
  readonly key: string
  /** Not empty for a part of a tensor: "3 3 16 8 0,3:0,3:0,16:0,4". */
  readonly slice: string
}

/** Operators that do not change numbers, nor how they lie. */
export const SAME_VALUES = [
  'Identity',
  'IdentityN',
  'ReadVariableOp',
  'Enter',
  'RefEnter',
  'Snapshot',
  'StopGradient',
  'PreventGradient',
  'CheckNumerics',
  'EnsureShape',
  'RefIdentity',
] as const
const PASSES_ON: ReadonlySet<string> = new Set([...SAME_VALUES, 'Cast', 'Switch', 'RefSwitch', 'Squeeze'])
/** Rounds when the model runs; what is stored is what was trained. */
const ROUNDS = /^(FakeQuantWithMinMax(Args|Vars|VarsPerChannel)|QuantizeAndDequantizeV?\d*)$/
/** Operators that make a variable. */
export const VARIABLE: RegExp = /^(VarHandleOp|Variable|VariableV2|TemporaryVariable|AutoReloadVariable)$/
const FARTHEST = 64

/** Follows an input of a convolution to what it is stored as. */
export function weightOf(graph: PlacedTfGraph, from: Output | undefined, restored: ReadonlyMap<number, Restored>): Weight {
  let at = from
  let rounded = false
  for (let step = 0; at && step < FARTHEST; step++) {
    const node = graph.nodes[at.node]!
    const { operator } = node.record
    if (operator === 'Const') return { kind: 'constant', node: at.node, rounded }
    if (VARIABLE.test(operator))
      return restored.get(at.node)?.slice
        ? { kind: 'none', reason: 'a part of a variable' }
        : { kind: 'variable', node: at.node, rounded }
    if (ROUNDS.test(operator)) rounded = true
    else if (operator === 'ConcatV2' || operator === 'Concat') {
      const parts = operator === 'ConcatV2' ? node.inputs.slice(0, -1) : node.inputs.slice(1)
      const key = wholeOf(graph, parts, restored)
      return key === undefined
        ? { kind: 'none', reason: `computed in the graph by ${operator}` }
        : { kind: 'parts', key, rounded }
    } else if (!PASSES_ON.has(operator)) {
      return { kind: 'none', reason: reasonOf(operator), ...(operator === 'ExpandDims' && { isNarrow: true as const }) }
    }
    at = node.inputs[operator === 'IdentityN' ? at.index : 0]
  }
  return { kind: 'none', reason: 'no constant weight' }
}

function reasonOf(operator: string): string {
  if (/^(Placeholder|_Arg$|Iterator)/.test(operator)) return 'its weight is fed from outside'
  return operator === 'ExpandDims' ? '1-D convolution, or a weight made by ExpandDims' : `computed in the graph by ${operator}`
}

/** The key of a tensor that was saved in parts, when these are parts of it. */
function wholeOf(
  graph: PlacedTfGraph,
  parts: readonly (Output | undefined)[],
  restored: ReadonlyMap<number, Restored>,
): string | undefined {
  const keys = new Set<string>()
  for (const part of parts) {
    let at = part
    for (let step = 0; at && step < FARTHEST && PASSES_ON.has(graph.nodes[at.node]!.record.operator); step++)
      at = graph.nodes[at.node]!.inputs[0]
    const found = at && restored.get(at.node)
    if (!found || found.slice === '') return undefined
    keys.add(found.key)
  }
  return keys.size === 1 ? [...keys][0] : undefined
}

/**
 * The tensor of a checkpoint that each variable is restored from, by the nodes that restore it. A variable that nothing restores
 * takes the place of the one that is made as its copy (Keras 3 saves such copies).
 */
export function restoredVariables(graph: PlacedTfGraph): Map<number, Restored> {
  const found = new Map<number, Restored>()
  const copies: { readonly copy: number; readonly of: number }[] = []
  for (const { record, inputs } of graph.nodes) {
    if (!/^Assign(Variable\w*)?$/.test(record.operator)) continue
    const variable = sourceOf(graph, inputs[0])
    const value = sourceOf(graph, inputs[1])
    if (!variable || !value) continue
    const from = graph.nodes[value.node]!
    if (VARIABLE.test(from.record.operator)) copies.push({ copy: variable.node, of: value.node })
    if (from.record.operator !== 'RestoreV2') continue
    const texts = (input: number): readonly string[] => {
      const list = sourceOf(graph, from.inputs[input])
      return (list && graph.nodes[list.node]?.record.attributes.get('value')?.tensor?.strings) ?? []
    }
    const key = texts(1)[value.index]
    if (key !== undefined && !found.has(variable.node)) found.set(variable.node, { key, slice: texts(2)[value.index] ?? '' })
  }
  for (const { copy, of } of copies) {
    const restored = found.get(copy)
    if (restored && !found.has(of)) found.set(of, restored)
  }
  return found
}

function sourceOf(graph: PlacedTfGraph, from: Output | undefined): Output | undefined {
  let at = from
  for (let step = 0; at && step < FARTHEST && PASSES_ON.has(graph.nodes[at.node]!.record.operator); step++)
    at = graph.nodes[at.node]!.inputs[0]
  return at
}
