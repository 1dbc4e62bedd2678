import { InputError } from '../../errors.ts'
import {
  type AttributeRecord,
  functionKey,
  type GraphRecord,
  type ModelRecord,
  type NodeRecord,
  type TensorRecord,
} from './records.ts'

/** A node where it runs: local functions are replaced by their bodies, bodies of If, Loop and Scan stand beside the node that holds them. */
export interface PlacedNode {
  readonly record: NodeRecord
  /** Value ids; -1 for an input or output that is left out. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Values from outside that the node's bodies use. */
  readonly captured: readonly number[]
  /** Index of the If, Loop or Scan node whose body this is in; -1 at the top. */
  readonly holder: number
  /** Attributes of the function call that this node comes from. */
  readonly call: ReadonlyMap<string, AttributeRecord> | undefined
}

/** A model as one list of nodes that exchange numbered values. */
export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[]
  /** Per value: its name in the file. */
  readonly names: readonly string[]
  /** Per value: the tensor stored in the file. */
  readonly stored: ReadonlyMap<number, TensorRecord>
  /** Per value: the dimensions of a tensor that is stored in sparse form. */
  readonly sparse: ReadonlyMap<number, readonly number[]>
  /** Values that are fed from outside: the model's inputs that are no initializers, and the inputs of bodies. */
  readonly modelInputs: ReadonlySet<number>
  readonly bodyInputs: ReadonlySet<number>
  /** Stored tensors in all graphs, Constant nodes included. */
  readonly tensors: number
}

const MOST_NODES = 2_000_000
const DEEPEST_CALL = 64

/** Places every node of a model. @throws InputError for functions that call themselves or unfold without end */
export function placeNodes(model: ModelRecord): PlacedGraph {
  const builder = new Builder(model)
  if (model.graph) {
    const scope = builder.open(undefined)
    builder.declare(model.graph, scope, builder.modelInputs)
    builder.place(model.graph.nodes, scope, -1, undefined, 0)
  }
  return builder
}

/** Names seen from one place: the graph's own, then those of the graphs around it. */
interface Scope {
  readonly ids: Map<string, number>
  readonly outer: Scope | undefined
  /** Ids of outer scopes that were used here; undefined at the top and in functions, where nothing is captured. */
  readonly captured: Set<number> | undefined
}

class Builder implements PlacedGraph {
  readonly nodes: PlacedNode[] = []
  readonly names: string[] = []
  readonly stored = new Map<number, TensorRecord>()
  readonly sparse = new Map<number, readonly number[]>()
  readonly modelInputs = new Set<number>()
  readonly bodyInputs = new Set<number>()
  tensors = 0
  #placed = 0
  readonly #model: ModelRecord

  constructor(model: ModelRecord) {
    this.#model = model
  }

  open(outer: Scope | undefined): Scope {
    return { ids: new Map(), outer, captured: outer && new Set() }
  }

  /** Gives ids to a graph's initializers and inputs. */
  declare(graph: GraphRecord, scope: Scope, inputs: Set<number>): void {
    for (const [name, tensor] of graph.initializers) {
      this.tensors++
      if (name !== '') this.stored.set(this.#define(name, scope), tensor)
    }
    for (const [name, dims] of graph.sparse) {
      this.tensors++
      if (name !== '') this.sparse.set(this.#define(name, scope), dims)
    }
    for (const name of graph.inputs) {
      if (name === '' || graph.initializers.has(name) || graph.sparse.has(name)) continue
      inputs.add(this.#define(name, scope))
    }
  }

  place(
    records: readonly NodeRecord[],
    scope: Scope,
    holder: number,
    call: ReadonlyMap<string, AttributeRecord> | undefined,
    depth: number,
  ): void {
    // Outputs first: nodes need not be in order, and an inner name hides an outer one.
    for (const record of records) for (const name of record.outputs) if (name !== '') this.#define(name, scope)
    for (const record of records) {
      if (++this.#placed > MOST_NODES)
        throw new InputError(
          this.#model.access.name,
          `unfolds to more than ${MOST_NODES} nodes; it is no model, or a damaged one`,
        )
      const inputs = record.inputs.map((name) => (name === '' ? -1 : this.#use(name, scope)))
      const outputs = record.outputs.map((name) => (name === '' ? -1 : scope.ids.get(name)!))
      const body = this.#model.functions.get(functionKey(record.domain, record.operator))
      if (body) {
        if (depth >= DEEPEST_CALL)
          throw new InputError(
            this.#model.access.name,
            `its function ${body.name} calls itself, or is called more than ${DEEPEST_CALL} deep`,
          )
        const inner: Scope = { ids: new Map(), outer: undefined, captured: undefined }
        for (const [k, name] of body.inputs.entries()) if (name !== '') inner.ids.set(name, inputs[k] ?? -1)
        for (const [k, name] of body.outputs.entries())
          if (name !== '' && (outputs[k] ?? -1) >= 0) inner.ids.set(name, outputs[k]!)
        this.place(body.nodes, inner, holder, resolved(record.attributes, call), depth + 1)
        continue
      }
      const captured = new Set<number>()
      const index = this.nodes.push({ record, inputs, outputs, captured: [], holder, call }) - 1
      for (const attribute of record.attributes?.values() ?? []) {
        if (attribute.tensor) this.tensors++
        for (const graph of attribute.graphs) {
          const inner = this.open(scope)
          this.declare(graph, inner, this.bodyInputs)
          this.place(graph.nodes, inner, index, call, depth + 1)
          for (const id of inner.captured!) captured.add(id)
        }
      }
      if (captured.size > 0) this.nodes[index] = { ...this.nodes[index]!, captured: [...captured] }
    }
  }

  #define(name: string, scope: Scope): number {
    const known = scope.ids.get(name)
    if (known !== undefined && known >= 0) return known
    const id = this.names.push(name) - 1
    scope.ids.set(name, id)
    return id
  }

  /** The id that a name stands for here; a name nobody defines gets an id of its own. */
  #use(name: string, scope: Scope): number {
    const passed: Scope[] = []
    for (let s: Scope | undefined = scope; s; s = s.outer) {
      const id = s.ids.get(name)
      if (id !== undefined) {
        if (id >= 0) for (const inner of passed) inner.captured?.add(id)
        return id
      }
      passed.push(s)
    }
    return this.#define(name, scope)
  }
}

/** A call's attributes, with those that refer to the call around it put in their place. */
function resolved(
  attributes: ReadonlyMap<string, AttributeRecord> | undefined,
  call: ReadonlyMap<string, AttributeRecord> | undefined,
): ReadonlyMap<string, AttributeRecord> {
  const out = new Map<string, AttributeRecord>()
  for (const [name, attribute] of attributes ?? []) {
    const value = attribute.reference === undefined ? attribute : call?.get(attribute.reference)
    if (value) out.set(name, value)
  }
  return out
}
