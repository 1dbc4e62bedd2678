import type { Member } from './members.ts'

interface OfTwo {
  readonly a: Pick<Member, 'index'>
  readonly b: Pick<Member, 'index'>
}

/**
 * Pairs that depend on one another: those that share a model, or models with the very same filters. What lies in different
 * clusters is independent. `classes`: of each model by its index (`FilterPrints`). In order of first appearance, as the pairs inside.
 */
export function clustersOf<Pair extends OfTwo>(pairs: readonly Pair[], classes: Uint32Array): Pair[][] {
  const parents = new Map<number, number>()
  const root = (number: number): number => {
    let at = number
    for (let next = parents.get(at); next !== undefined && next !== at; next = parents.get(at)) {
      const beyond = parents.get(next) ?? next
      parents.set(at, beyond) // half as far the next time
      at = beyond
    }
    return at
  }
  for (const { a, b } of pairs) parents.set(root(classes[b.index]!), root(classes[a.index]!))
  const clusters = new Map<number, Pair[]>()
  for (const pair of pairs) {
    const number = root(classes[pair.a.index]!)
    const cluster = clusters.get(number)
    if (cluster) cluster.push(pair)
    else clusters.set(number, [pair])
  }
  return [...clusters.values()]
}

/** Of pairs whose models have the same filters on both sides, the first. */
export function distinctPairs<Pair extends OfTwo>(pairs: readonly Pair[], classes: Uint32Array): Pair[] {
  const seen = new Set<string>()
  return pairs.filter(({ a, b }) => {
    const key = `${classes[a.index]} ${classes[b.index]}`
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}
