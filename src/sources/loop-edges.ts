/** A node of a TensorFlow graph by the nodes it takes values from. */
export interface GraphNode {
  readonly operator: string
  readonly inputs: readonly number[]
}

/**
 * The inputs of every node of a TensorFlow graph without the circles of its loops (Enter, Merge, Switch, NextIteration, Exit). What a
 * loop hands back to its own beginning is left out there and leads to the loop's exit instead: an image may enter in the body alone
 * (`map_fn` before the first convolution), and what lies behind the loop would be reached by no input otherwise.
 */
export function forwardInputs(nodes: readonly GraphNode[]): number[][] {
  const is = (id: number, operator: string): boolean => nodes[id]!.operator.replace(/^Ref/, '') === operator
  const back = (ids: readonly number[], operator: string): number[] =>
    ids.filter((id) => is(id, operator)).flatMap((id) => nodes[id]!.inputs)
  return nodes.map(({ inputs }, id) => {
    const direct = inputs.filter((input) => !is(input, 'NextIteration'))
    if (!is(id, 'Exit')) return direct
    const handedBack = back(back(inputs, 'Switch'), 'Merge').filter((input) => is(input, 'NextIteration'))
    return [...direct, ...handedBack]
  })
}
