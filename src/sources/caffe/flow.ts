import type { FlowGraph } from '../longest-path.ts'
import { NamedFlow } from '../named-flow.ts'
import type { CaffeLayer, CaffeNet } from './messages.ts'

/** Layers that read data and compute nothing: what they give is the network's input. */
const FEEDS = /^(Input|DummyData|MemoryData|\w*Data|\w*Input)$/

function isFeed({ type, bottoms }: CaffeLayer): boolean {
  return bottoms.length === 0 && FEEDS.test(type)
}

/** The layers as values that flow, one node each. Caffe's own Split layers, which hand a blob to several, are no step. */
export function caffeFlow({ inputs, layers }: CaffeNet): FlowGraph {
  const flow = new NamedFlow()
  for (const name of inputs) flow.feed(name)
  for (const layer of layers) {
    const { type, bottoms, tops } = layer
    if (isFeed(layer)) {
      flow.add([], [])
      for (const name of tops) flow.feed(name)
    } else if (type === 'Split' && bottoms.length === 1) {
      flow.add(bottoms, [])
      for (const name of tops) flow.alias(name, bottoms[0]!)
    } else flow.add(bottoms, tops)
  }
  return flow.graph()
}
