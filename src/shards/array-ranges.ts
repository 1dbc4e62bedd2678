/** Ascending whole numbers as Slurm takes them: 0, 1, 2, 5 is "0-2,5". */
export function arrayRanges(numbers: readonly number[]): string {
  const ranges: string[] = []
  for (let k = 0; k < numbers.length; ) {
    const first = numbers[k]!
    let last = first
    while (numbers[++k] === last + 1) last++
    ranges.push(first === last ? `${first}` : `${first}-${last}`)
  }
  return ranges.join(',')
}
