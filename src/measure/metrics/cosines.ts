/** Terms of the series: at π/4 the next one is below 1e-18. */
const TERMS = 9

/** cos(π · m / n) of whole numbers, by + − × ÷ alone, so that every engine has the same bits; exact to 2e-16. */
export function cosineOf(m: number, n: number): number {
  const turn = m % (2 * n)
  const half = turn > n ? 2 * n - turn : turn
  if (2 * half > n) return -cosineOf(n - half, n)
  if (2 * half === n) return 0
  return 4 * half > n ? sine((Math.PI * (n - 2 * half)) / (2 * n)) : cosine((Math.PI * half) / n)
}

function cosine(x: number): number {
  return series(x * x, 1)
}

function sine(x: number): number {
  return x * series(x * x, 2)
}

/** 1 − s/(k(k+1)) + s²/(k…(k+3)) − …, from the smallest term on. */
function series(square: number, first: number): number {
  let sum = 0
  for (let term = TERMS; term >= 1; term--) {
    const k = first + 2 * (term - 1)
    sum = (1 - sum) * (square / (k * (k + 1)))
  }
  return 1 - sum
}

const squares = new Map<number, Float64Array>()

/**
 * Σ over u of (u / (k − 1))² c_u·c_uᵀ, k × k, c_u the orthonormal DCT-II of k points: what turns the moments of k taps in a row
 * into their mean squared frequency, from 0 (all equal) to 1 (only the highest). k is 2 or more.
 */
export function squaredFrequencies(k: number): Float64Array {
  let matrix = squares.get(k)
  if (matrix) return matrix
  matrix = new Float64Array(k * k)
  for (let u = 1; u < k; u++) {
    const weight = ((u / (k - 1)) * (u / (k - 1)) * 2) / k
    for (let x = 0; x < k; x++)
      for (let y = 0; y < k; y++)
        matrix[x * k + y]! += weight * cosineOf((2 * x + 1) * u, 2 * k) * cosineOf((2 * y + 1) * u, 2 * k)
  }
  squares.set(k, matrix)
  return matrix
}
