import { averageRanks } from './ranks.ts'
import { studentTwoSided } from './student-t.ts'

/** Up to this many values all orders are tried. */
const exactUpTo = 8

/** Spearman's rank correlation. */
export interface Spearman {
  readonly n: number
  /** In [-1, 1]; ties share average ranks. */
  readonly rho: number
  /** Two-sided, by Student's t with n - 2 degrees of freedom, as scipy.stats.spearmanr: an approximation that is poor for few values (0 where rho is ±1). */
  readonly p: number
  /** Two-sided, the share of all orders with a correlation at least as strong; null for more than 8 values. */
  readonly p_exact: number | null
}

/** Counts of all orders that were tried, by the two lists of ranks, so that equal ones are tried once. */
export type TriedOrders = Map<string, ReadonlyMap<number, number>>

/**
 * Rank correlation of two lists of equal length, or the phrase why there is none. Values must be finite. `tried` may be shared by
 * several calls to save time; it changes no result.
 * @example
 * console.log(spearman([1, 2, 3, 4], [1, 3, 2, 9]).rho) // 0.8
 */
export function spearman(
  x: readonly number[],
  y: readonly number[],
  tried: TriedOrders = new Map(),
): Spearman | { because: string } {
  const n = x.length
  if (n !== y.length) throw new RangeError(`${n} values cannot be paired with ${y.length}`)
  if (n < 3)
    return { because: `${['no model has', 'only one model has', 'only two models have'][n]} both values; three are needed` }
  // Ranks times two are whole numbers, and so are the sums: exact.
  const centred = (values: readonly number[]): number[] => [...averageRanks(values).ranks].map((rank) => 2 * rank - (n + 1))
  const a = centred(x)
  const b = centred(y)
  const product = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, value, k) => sum + value * v[k]!, 0)
  const aa = product(a, a)
  const bb = product(b, b)
  if (aa === 0 || bb === 0) return { because: 'all models have the same value' }
  const ab = product(a, b)
  const rho = Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)))
  const rest = aa * bb - ab * ab
  const p = studentTwoSided(rest > 0 ? ((n - 2) * ab * ab) / rest : Infinity, n - 2)
  return { n, rho, p, p_exact: n <= exactUpTo ? shareAsStrong(a, b, Math.abs(ab), tried) : null }
}

/** Share of the orders of b whose product with a is at least `strength` in magnitude. */
function shareAsStrong(a: readonly number[], b: readonly number[], strength: number, tried: TriedOrders): number {
  const upwards = (u: readonly number[]): number[] => [...u].sort((p, q) => p - q)
  const [from, to] = [upwards(a), upwards(b)]
  const key = `${from} ${to}`
  let counts = tried.get(key)
  if (!counts) tried.set(key, (counts = countOrders(from, to)))
  let all = 0
  let strong = 0
  for (const [magnitude, count] of counts) {
    all += count
    if (magnitude >= strength) strong += count
  }
  return strong / all
}

/** How many of the n! orders of b (by Heap's algorithm) give each magnitude of the product with a. */
function countOrders(a: readonly number[], b: readonly number[]): Map<number, number> {
  const order = [...b]
  const n = order.length
  const stack = new Array<number>(n).fill(0)
  const counts = new Map<number, number>()
  const countOrder = (): void => {
    let sum = 0
    for (let k = 0; k < n; k++) sum += a[k]! * order[k]!
    const magnitude = Math.abs(sum)
    counts.set(magnitude, (counts.get(magnitude) ?? 0) + 1)
  }
  countOrder()
  for (let k = 0; k < n; ) {
    if (stack[k]! < k) {
      const from = k % 2 === 0 ? 0 : stack[k]!
      const held = order[from]!
      order[from] = order[k]!
      order[k] = held
      countOrder()
      stack[k]!++
      k = 0
    } else {
      stack[k] = 0
      k++
    }
  }
  return counts
}
