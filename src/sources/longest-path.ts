import { InputError } from '../errors.ts'

/** Nodes that exchange numbered values. */
export interface FlowGraph {
  readonly nodes: readonly FlowNode[]
  /** One entry per value. */
  readonly names: { readonly length: number }
  /** Values that are fed from outside. */
  readonly modelInputs: ReadonlySet<number>
}

export interface FlowNode {
  /** Value ids; -1 for an input or output that is left out. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Values from outside that the node's bodies use. */
  readonly captured: readonly number[]
  /** Index of the node whose body this is in; -1 at the top. */
  readonly holder: number
}

/**
 * Per node, the length of the longest path from a model input that is no initializer (spec, "Depth"): a node that takes
 * such an input lies at 0, every node counts 1. -1 for a node that no model input reaches. A node in the body of If, Loop
 * or Scan lies no higher than the node that holds it, which itself counts 1 whatever its body does.
 *
 * One topological pass over nodes in any order, no recursion.
 * @throws InputError when the graph has a cycle
 */
export function longestPaths(graph: FlowGraph, file: string, titleOf: (node: number) => string): Int32Array {
  const { nodes, names } = graph
  // A value's level is the depth of a node that takes it and nothing else: 0 for a model input.
  const level = new Int32Array(names.length).fill(-1)
  for (const id of graph.modelInputs) level[id] = 0
  const writers = new Int32Array(names.length)
  for (const node of nodes) for (const id of node.outputs) if (id >= 0) writers[id]!++

  // Readers of each value that a node writes, as one list cut by `start`.
  const start = new Int32Array(names.length + 1)
  const waiting = new Int32Array(nodes.length)
  const eachInput = (visit: (id: number, node: number) => void): void => {
    for (const [index, node] of nodes.entries()) {
      for (const id of node.inputs) if (id >= 0 && writers[id]! > 0) visit(id, index)
      for (const id of node.captured) if (writers[id]! > 0) visit(id, index)
    }
  }
  eachInput((id, node) => {
    start[id + 1]!++
    waiting[node]!++
  })
  for (let id = 0; id < names.length; id++) start[id + 1]! += start[id]!
  const readers = new Int32Array(start[names.length]!)
  const filled = start.slice(0, names.length)
  eachInput((id, node) => {
    readers[filled[id]!++] = node
  })
  const held = new Map<number, number[]>()
  for (const [index, { holder }] of nodes.entries()) {
    if (holder < 0) continue
    waiting[index]!++
    const list = held.get(holder)
    if (list) list.push(index)
    else held.set(holder, [index])
  }

  const depths = new Int32Array(nodes.length).fill(-1)
  const ready = new Int32Array(nodes.length)
  let last = 0
  for (let index = 0; index < nodes.length; index++) if (waiting[index] === 0) ready[last++] = index
  for (let next = 0; next < last; next++) {
    const index = ready[next]!
    const node = nodes[index]!
    let depth = node.holder >= 0 ? depths[node.holder]! : -1
    for (const id of node.inputs) if (id >= 0 && level[id]! > depth) depth = level[id]!
    for (const id of node.captured) if (level[id]! > depth) depth = level[id]!
    depths[index] = depth
    const free = (reader: number): void => {
      if (--waiting[reader]! === 0) ready[last++] = reader
    }
    for (const id of node.outputs) {
      if (id < 0) continue
      if (depth >= 0 && level[id]! < depth + 1) level[id] = depth + 1
      if (--writers[id]! === 0) for (let k = start[id]!; k < start[id + 1]!; k++) free(readers[k]!)
    }
    for (const inner of held.get(index) ?? []) free(inner)
  }
  if (last < nodes.length) {
    throw new InputError(
      file,
      `its graph runs in a circle, near node ${titleOf(waiting.findIndex((count) => count > 0))}; it is no valid model`,
    )
  }
  return depths
}
