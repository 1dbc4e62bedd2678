import type { RandomAccess } from '../../io/random-access.ts'
import type { Skipped } from '../source.ts'
import type { Bundle } from './bundle.ts'
import { censusOfGraph, type GraphCensus, type Variables } from './census.ts'
import type { CheckpointNames } from './checkpoint-names.ts'
import type { TfNode } from './graph-def.ts'
import type { MetaGraph } from './meta-graph.ts'
import { sameObjects } from './object-graph.ts'
import { type Entrance, placeGraph } from './place.ts'

/** A checkpoint and what its tensors are called. */
export interface NamedBundle {
  readonly bundle: Bundle
  readonly names: CheckpointNames
}

/**
 * The convolutions of a graph whose variables are in a checkpoint. A SavedModel without signatures has its functions in a
 * library that nothing calls: those that hold convolutions are entered one by one, the one with the most first.
 * @throws InputError
 */
export async function graphCensus(
  meta: Pick<MetaGraph, 'graph' | 'functions'>,
  access: RandomAccess,
  checkpoint: NamedBundle | undefined,
): Promise<Omit<GraphCensus, 'taken'>> {
  const variables = checkpoint && variablesOf(checkpoint)
  let census = await censusOfGraph(placeGraph(meta.graph, access.name), access, variables)
  if (census.convolutions.length === 0) {
    const more = placeGraph(meta.graph, access.name, entrancesOf(meta, checkpoint))
    census = await censusOfGraph(more, access, variables)
  }
  const unused = checkpoint ? untaken(checkpoint, census.taken) : []
  return { convolutions: census.convolutions, skipped: [...census.skipped, ...unused], warnings: census.warnings }
}

function variablesOf({ bundle, names }: NamedBundle): Variables {
  return {
    find(key) {
      const tensor = bundle.find(key)
      return tensor && { shape: tensor.shape, stored: () => bundle.stored(tensor) }
    },
    nameOf: (key) => names.nameOf(key),
    keyOf: (name) => names.keyOf(name),
  }
}

/** Kernels of the checkpoint that no convolution of the graph takes. */
function untaken({ bundle, names }: NamedBundle, taken: ReadonlySet<string>): Skipped[] {
  const takenNames = new Set([...taken].map((key) => names.nameOf(key)))
  return bundle.tensors
    .filter(({ key, shape }) => shape.length >= 3 && !taken.has(key))
    .map(({ key, shape }) => {
      const reason = names.isSlot(key)
        ? 'optimiser state'
        : takenNames.has(names.nameOf(key))
          ? `saved once more under the name of ${names.nameOf(key)}`
          : `${shape.length}-D tensor that no convolution of the graph takes`
      return { name: names.nameOf(key), kind: 'Variable', shape, reason }
    })
}

/** Functions that may be entered from outside, with the variables that they are bound to as nodes of those variables' keys. */
function entrancesOf(
  { graph, functions }: Pick<MetaGraph, 'graph' | 'functions'>,
  checkpoint: NamedBundle | undefined,
): Entrance[] {
  if (!functions) return []
  const twins = sameObjects(functions.children, checkpoint?.names.objects ?? [])
  const convolutions = (name: string): number =>
    graph.functions.get(name)?.nodes.filter(({ operator }) => /^(Conv2D|DepthwiseConv2dNative)$/.test(operator)).length ?? 0
  return [...functions.bound]
    .filter(([name]) => graph.functions.has(name))
    .sort(([a], [b]) => convolutions(b) - convolutions(a))
    .map(([name, bound]) => ({
      name,
      bound: bound.map((object): TfNode => {
        const key = twins.get(object)?.tensors.find((tensor) => tensor.name === 'VARIABLE_VALUE')?.key ?? `object ${object}`
        return {
          name: key,
          operator: 'VarHandleOp',
          inputs: [],
          attributes: new Map([['shared_name', { text: key, integers: [], strings: [], functions: [] }]]),
        }
      }),
    }))
}
