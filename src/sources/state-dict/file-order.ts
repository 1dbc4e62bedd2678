import { comparePaths } from './module-tree.ts'

/**
 * True when the order of these names is the alphabet's: that of a writer that sorts, as safetensors' does, which says nothing about a
 * network. `runs`: parts of the list that are sorted each for itself (shards, element types). A module's own order never is the
 * alphabet's where a layer has more than a weight (`weight` before `bias`).
 */
export function isSorted(names: readonly string[], runs: number): boolean {
  let falls = 0
  for (let k = 1; k < names.length; k++) if (names[k]! < names[k - 1]!) falls++
  return falls < Math.max(1, runs)
}

/**
 * Whether a sorted list shows that it was sorted: a `bias` stands before its `weight`, or a 10 before a 2. For files that keep the order
 * of definition, where a network's own names may happen to be in the alphabet's.
 */
export function showsSorting(names: readonly string[]): boolean {
  for (let k = 1; k < names.length; k++) {
    const [before, name] = [names[k - 1]!, names[k]!]
    if (before.endsWith('bias') && name === `${before.slice(0, -4)}weight`) return true
    if (comparePaths(before.split(/[./]/), name.split(/[./]/)) > 0) return true
  }
  return false
}
