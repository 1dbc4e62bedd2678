/** Ranks from 1, ties sharing their average rank; `ties` lists the sizes of groups of two or more. `values` must be finite. */
export function averageRanks(values: ArrayLike<number>): { ranks: Float64Array; ties: number[] } {
  const n = values.length
  const order = Array.from({ length: n }, (_, k) => k).sort((a, b) => values[a]! - values[b]! || a - b)
  const ranks = new Float64Array(n)
  const ties: number[] = []
  for (let start = 0; start < n; ) {
    let end = start + 1
    while (end < n && values[order[end]!] === values[order[start]!]) end++
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + 1 + end) / 2
    if (end - start > 1) ties.push(end - start)
    start = end
  }
  return { ranks, ties }
}
