/**
 * p values corrected for testing them all (Holm 1979): the k-th smallest of m times m - k + 1, never falling, at most 1.
 * A null (a test that could not be made) is not counted in m and stays null.
 * @example
 * console.log(holm([0.01, 0.04, null])) // [0.02, 0.04, null]
 */
export function holm(p: readonly (number | null)[]): (number | null)[] {
  const order = p.flatMap((value, k) => (value === null ? [] : [k])).sort((a, b) => p[a]! - p[b]! || a - b)
  const corrected = p.map((): number | null => null)
  let floor = 0
  for (const [step, k] of order.entries()) {
    floor = Math.max(floor, Math.min(1, p[k]! * (order.length - step)))
    corrected[k] = floor
  }
  return corrected
}
