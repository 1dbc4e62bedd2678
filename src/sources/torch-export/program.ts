import { InputError } from '../../errors.ts'
import { isRecord } from '../json-file.ts'
import type { FlowGraph, FlowNode } from '../longest-path.ts'

// torch/_export/serde/schema.py: an exported program as JSON. A node's arguments have names, and each is an object of one member
// that says its kind: {"as_tensor": {"name": "x"}}, {"as_ints": [1, 1]}, {"as_graph": {"name": …, "graph": {…}}}.

const MOST_NODES = 2_000_000
const DEEPEST_GRAPH = 64
const DEEPEST_ARGUMENT = 8

/** A node where it runs; bodies of cond and the like stand beside the node that holds them. */
export interface ExportNode extends FlowNode {
  readonly name: string
  /** "torch.ops.aten.conv2d.default" */
  readonly target: string
  /** Its arguments by name, as they stand in the file. */
  readonly given: ReadonlyMap<string, unknown>
  /** The value that an argument is; -1 when it is none or no value. */
  value(argument: string): number
  /** The values of an argument that is one or a list of them; those from elsewhere are left out. */
  values(argument: string): number[]
}

/** A tensor that comes with the program: its name in the state dict or among the constants. */
export interface ExportedTensor {
  readonly kind: 'parameter' | 'buffer' | 'constant'
  readonly name: string
}

/** An exported program as nodes that exchange numbered values. */
export interface ExportedProgram extends FlowGraph {
  readonly nodes: readonly ExportNode[]
  /** Per value, the tensor that it is. */
  readonly stored: ReadonlyMap<number, ExportedTensor>
  readonly producer: string | null
}

/** Reads the JSON of an exported program. @throws InputError when it is no such program */
export function readProgram(file: string, json: unknown): ExportedProgram {
  const module = isRecord(json) ? json['graph_module'] : undefined
  const graph = isRecord(module) ? module['graph'] : undefined
  const signature = isRecord(module) ? module['signature'] : undefined
  if (!isRecord(graph) || !Array.isArray(graph['nodes']) || !isRecord(signature) || !Array.isArray(signature['input_specs']))
    throw new InputError(file, 'holds no graph_module with a graph and a signature; export the program again')
  const builder = new ProgramBuilder(file)
  const scope = new Map<string, number>()
  const stored = new Map<number, ExportedTensor>()
  const modelInputs = new Set<number>()
  for (const spec of signature['input_specs']) {
    const [kind, content] = onlyMember(spec)
    const name = namesIn(isRecord(content) ? content['arg'] : undefined)[0]
    if (name === undefined) continue
    const id = builder.define(name, scope)
    const tensor = storedTensor(kind, isRecord(content) ? content : {})
    if (tensor) stored.set(id, tensor)
    else modelInputs.add(id)
  }
  builder.place(graph['nodes'], scope, -1, 0)
  const version = isRecord(json) && typeof json['torch_version'] === 'string' ? json['torch_version'] : undefined
  return {
    nodes: builder.nodes,
    names: { length: builder.values },
    modelInputs,
    stored,
    producer: version === undefined ? null : `PyTorch ${version}`,
  }
}

function storedTensor(kind: string, content: Record<string, unknown>): ExportedTensor | undefined {
  for (const [known, member] of [
    ['parameter', 'parameter_name'],
    ['buffer', 'buffer_name'],
    ['tensor_constant', 'tensor_constant_name'],
  ] as const) {
    const name = content[member]
    if (kind === known && typeof name === 'string') return { kind: known === 'tensor_constant' ? 'constant' : known, name }
  }
  return undefined
}

class ProgramBuilder {
  readonly nodes: ExportNode[] = []
  values = 0
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  define(name: string, scope: Map<string, number>): number {
    scope.set(name, this.values)
    return this.values++
  }

  place(records: readonly unknown[], scope: Map<string, number>, holder: number, depth: number): void {
    if (depth > DEEPEST_GRAPH) throw new InputError(this.#file, `its graphs nest more than ${DEEPEST_GRAPH} deep; it is damaged`)
    for (const record of records) {
      if (this.nodes.length >= MOST_NODES)
        throw new InputError(this.#file, `lists more than ${MOST_NODES} nodes; it is no program, or a damaged one`)
      if (!isRecord(record) || typeof record['target'] !== 'string' || !Array.isArray(record['inputs']))
        throw new InputError(this.#file, `its node ${this.nodes.length} has no target or no inputs; export the program again`)
      const given = argumentsOf(record['inputs'])
      const idOf = (name: string): number => scope.get(name) ?? -1
      const inputs = [...given.values()].flatMap(namesIn).map(idOf)
      const outputs = namesIn(record['outputs']).map((name) => this.define(name, scope))
      const index = this.nodes.push({
        name: typeof record['name'] === 'string' ? record['name'] : (namesIn(record['outputs'])[0] ?? ''),
        target: record['target'],
        given,
        inputs,
        outputs,
        captured: [],
        holder,
        value: (argument) => idOf(namesIn(given.get(argument))[0] ?? ''),
        values: (argument) =>
          namesIn(given.get(argument))
            .map(idOf)
            .filter((id) => id >= 0),
      })
      this.#placeBodies(record['inputs'], scope, index - 1, depth)
    }
  }

  /** Graphs among a node's arguments: what they take stands behind the last of them. */
  #placeBodies(list: readonly unknown[], scope: Map<string, number>, holder: number, depth: number): void {
    const values = list.map((entry) => (isRecord(entry) ? entry['arg'] : undefined))
    const last = values.findLastIndex((value) => graphOf(value) !== undefined)
    const operands = values.slice(last + 1).flatMap(namesIn)
    for (const value of values) {
      const body = graphOf(value)
      if (!body) continue
      const inner = new Map<string, number>()
      for (const [k, name] of namesIn(body['inputs']).entries()) {
        const id = scope.get(operands[k] ?? '')
        if (id === undefined) this.define(name, inner)
        else inner.set(name, id)
      }
      this.place(Array.isArray(body['nodes']) ? body['nodes'] : [], inner, holder, depth + 1)
    }
  }
}

/** Arguments by name; those without one by their position. */
function argumentsOf(list: readonly unknown[]): Map<string, unknown> {
  const given = new Map<string, unknown>()
  for (const [k, entry] of list.entries())
    if (isRecord(entry))
      given.set(typeof entry['name'] === 'string' && entry['name'] !== '' ? entry['name'] : `${k}`, entry['arg'])
  return given
}

function onlyMember(value: unknown): [kind: string, content: unknown] {
  const [first] = isRecord(value) ? Object.entries(value) : []
  return first ?? ['', undefined]
}

function graphOf(value: unknown): Record<string, unknown> | undefined {
  const graph = isRecord(value) ? value['as_graph'] : undefined
  const content = isRecord(graph) ? graph['graph'] : undefined
  return isRecord(content) ? content : undefined
}

/** The names of the values in an argument, or in a list of arguments. Graphs have names of their own. */
function namesIn(value: unknown, depth = 0): string[] {
  if (depth > DEEPEST_ARGUMENT) return []
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, depth + 1))
  if (!isRecord(value)) return []
  if (typeof value['name'] === 'string' && depth > 0) return [value['name']]
  if (typeof value['as_name'] === 'string') return [value['as_name']]
  // A parameter's own argument has no kind around it.
  if (typeof value['name'] === 'string') return [value['name']]
  return Object.entries(value).flatMap(([kind, content]) =>
    kind.startsWith('as_') && kind !== 'as_graph' ? namesIn(content, depth + 1) : [],
  )
}
