import type { FlowGraph, FlowNode } from './longest-path.ts'

/**
 * Nodes that exchange values by name, in the order in which they run. A name may be written again (a ReLU that takes conv1 and gives
 * conv1): every writing is a value of its own, and a node takes the last one before it. What nothing has written yet is an input.
 */
export class NamedFlow {
  readonly #latest = new Map<string, number>()
  readonly #nodes: FlowNode[] = []
  readonly #inputs = new Set<number>()
  #values = 0

  /** A value that is fed from outside. */
  feed(name: string): number {
    const id = this.#fresh(name)
    this.#inputs.add(id)
    return id
  }

  /** A node that takes and gives these names. `holder`: the node whose body it is in. @returns its number */
  add(inputs: readonly string[], outputs: readonly string[], holder = -1): number {
    const taken = inputs.map((name) => this.#read(name))
    this.#nodes.push({ inputs: taken, outputs: outputs.map((name) => this.#fresh(name)), captured: [], holder })
    return this.#nodes.length - 1
  }

  /** From here on `name` is what `original` is: handing on is no step. */
  alias(name: string, original: string): void {
    this.#latest.set(name, this.#read(original))
  }

  graph(): FlowGraph {
    return { nodes: this.#nodes, names: { length: this.#values }, modelInputs: this.#inputs }
  }

  #read(name: string): number {
    return this.#latest.get(name) ?? this.feed(name)
  }

  #fresh(name: string): number {
    this.#latest.set(name, this.#values)
    return this.#values++
  }
}
