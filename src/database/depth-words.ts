import { list, plural } from '../words.ts'
import { type DepthSource, depthSources } from './provenance.ts'

const from: Record<DepthSource, string> = {
  graph: 'the graph',
  order: 'the order in the file',
  names: 'the order of names',
}

/**
 * What depths rest on, to stand where they are shown: "Depth from the order of names: the file holds no graph.", or with counts
 * where models differ. Undefined when the graphs of all files tell it, or nobody recorded what does.
 */
export function depthNote(models: readonly { readonly depth_source?: DepthSource | null }[]): string | undefined {
  const counts = depthSources.map((source) => ({ source, n: models.filter((model) => model.depth_source === source).length }))
  const found = counts.filter(({ n }) => n > 0)
  const [only] = found
  if (!found.some(({ source }) => source !== 'graph')) return undefined
  if (found.length === 1 && only)
    return `Depth from ${from[only.source]}: the ${models.length === 1 ? 'file holds' : 'files hold'} no graph.`
  return `Depth from ${list(found.map(({ source, n }) => `${from[source]} for ${plural(n, 'model')}`))}.`
}
