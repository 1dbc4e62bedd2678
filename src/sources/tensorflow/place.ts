import { InputError } from '../../errors.ts'
import type { FlowGraph } from '../longest-path.ts'
import { forwardInputs } from '../loop-edges.ts'
import type { TfFunction, TfGraph, TfNode } from './graph-def.ts'

const MOST_NODES = 1_000_000
/** What a call takes of memory, in nodes. */
const CALL_COST = 8
const DEEPEST_CALL = 64
const FARTHEST = 1000

/** An output of a placed node. */
export interface Output {
  readonly node: number
  readonly index: number
}

/** A node where it runs: calls of functions are replaced by the functions' bodies. */
export interface PlacedTfNode {
  readonly record: TfNode
  /** What each data input is; undefined where it leads nowhere. */
  readonly inputs: readonly (Output | undefined)[]
  /** Index of the If, Case or While node whose branch or body this is in; -1 elsewhere. */
  readonly holder: number
}

/** A graph as one list of nodes. */
export interface PlacedTfGraph {
  readonly nodes: readonly PlacedTfNode[]
}

/** A function that nothing in the graph calls: its arguments from the last on are these variables, those before come from outside. */
export interface Entrance {
  readonly name: string
  readonly bound: readonly TfNode[]
}

/** Names seen from one place: a graph's, or a function's where it is called. */
interface Scope {
  /** Placed nodes, and calls by what they are replaced with. */
  readonly members: Map<string, number | Scope>
  readonly called?: TfFunction
  /** Where it is called, and what stands there for its arguments. */
  readonly outer?: Scope
  readonly given?: readonly string[]
}

/**
 * Places the nodes of a graph and of every function that it calls.
 * @throws InputError for functions that call one another without end
 */
export function placeGraph(graph: TfGraph, file: string, entrances: readonly Entrance[] = []): PlacedTfGraph {
  const placed: { record: TfNode; scope: Scope; holder: number }[] = []
  let steps = 0
  const place = (records: readonly TfNode[], scope: Scope, holder: number, depth: number): void => {
    for (const record of records) {
      if (++steps > MOST_NODES)
        throw new InputError(file, `unfolds to more than ${MOST_NODES} nodes; it is no model, or a damaged one`)
      const data = record.inputs.filter((input) => !input.startsWith('^'))
      const called = calledBy(record, graph)
      if (called) {
        scope.members.set(record.name, enter(called, scope, data, holder, depth))
        continue
      }
      const index = placed.push({ record, scope, holder }) - 1
      scope.members.set(record.name, index)
      for (const [attribute, skipped] of BODIES)
        for (const name of record.attributes.get(attribute)?.functions ?? []) {
          const body = graph.functions.get(name)
          if (body) enter(body, scope, data.slice(skipped), index, depth)
        }
    }
  }
  const enter = (called: TfFunction, outer: Scope, given: readonly string[], holder: number, depth: number): Scope => {
    if (depth >= DEEPEST_CALL)
      throw new InputError(file, `its function ${called.name} calls itself, or functions nest more than ${DEEPEST_CALL} deep`)
    steps += CALL_COST
    const scope: Scope = { members: new Map(), called, outer, given }
    place(called.nodes, scope, holder, depth + 1)
    return scope
  }
  place(graph.nodes, { members: new Map() }, -1, 0)
  for (const { name, bound } of entrances) {
    const called = graph.functions.get(name)
    if (!called) continue
    const free = Math.max(0, called.arguments.length - bound.length)
    const given = called.arguments.map((_, k): TfNode => {
      const node = bound[k - free]
      return { ...(node ?? PLACEHOLDER), name: `:${k}` }
    })
    const scope: Scope = { members: new Map() }
    place(given, scope, -1, 0)
    enter(
      called,
      scope,
      given.map((node) => node.name),
      -1,
      0,
    )
  }
  return {
    nodes: placed.map(({ record, scope, holder }) => ({
      record,
      inputs: record.inputs.filter((input) => !input.startsWith('^')).map((input) => outputOf(input, scope)),
      holder,
    })),
  }
}

const PLACEHOLDER: TfNode = { name: '', operator: 'Placeholder', inputs: [], attributes: new Map() }

/** Attributes that name a branch or body, and how many of the node's inputs the function does not take. */
const BODIES: readonly (readonly [attribute: string, skipped: number])[] = [
  ['then_branch', 1],
  ['else_branch', 1],
  ['branches', 1],
  ['cond', 0],
  ['body', 0],
]

function calledBy({ operator, attributes }: TfNode, { functions }: TfGraph): TfFunction | undefined {
  if (!/^(Stateful)?PartitionedCall$/.test(operator)) return functions.get(operator)
  return functions.get(attributes.get('f')?.functions[0] ?? '')
}

/** What "name", "name:1" or "name:output:0" stands for, through calls inwards and arguments outwards. */
function outputOf(reference: string, from: Scope): Output | undefined {
  let scope = from
  let text = reference
  for (let step = 0; step < FARTHEST; step++) {
    const parts = text.split(':')
    // A name that begins with a colon is one of placeGraph's own.
    const name = text.startsWith(':') ? text : parts[0]!
    const index = parts.length > 1 && name !== text ? Number(parts.at(-1)) : 0
    const member = scope.members.get(name)
    if (typeof member === 'number') return { node: member, index: Number.isSafeInteger(index) ? index : 0 }
    if (member) {
      const result = member.called?.results[index]
      const value = result === undefined ? undefined : member.called?.returns.get(result)
      if (value === undefined) return undefined
      scope = member
      text = value
      continue
    }
    const argument = scope.called?.arguments.indexOf(name) ?? -1
    const given = argument < 0 ? undefined : scope.given?.[argument]
    if (given === undefined || !scope.outer) return undefined
    scope = scope.outer
    text = given
  }
  return undefined
}

/** Operators that bring data into a graph. */
const SOURCE = /^(Placeholder|_Arg$|Iterator|OneShotIterator|ReaderRead|\w*Dequeue)/

/** The graph as values that flow, without the circles of loops. */
export function flowOf({ nodes }: PlacedTfGraph): FlowGraph {
  const modelInputs = new Set<number>()
  for (const [index, { record }] of nodes.entries()) if (SOURCE.test(record.operator)) modelInputs.add(index)
  const inputs = forwardInputs(
    nodes.map(({ record, inputs }) => ({
      operator: record.operator,
      inputs: inputs.flatMap((input) => (input ? [input.node] : [])),
    })),
  )
  return {
    nodes: nodes.map(({ holder }, index) => ({
      inputs: inputs[index]!,
      outputs: [index],
      captured: [],
      holder,
    })),
    names: nodes,
    modelInputs,
  }
}
