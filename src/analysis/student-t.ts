/** B(a, 1/2) for a = df/2, from B(1/2, 1/2) = π and B(1, 1/2) = 2 by B(a + 1, 1/2) = B(a, 1/2) · a / (a + 1/2). */
function betaHalf(df: number): number {
  let beta = df % 2 === 0 ? 2 : Math.PI
  for (let a = df % 2 === 0 ? 1 : 0.5; a < df / 2; a++) beta = (beta * a) / (a + 0.5)
  return beta
}

/** x to a whole power by squaring. */
function wholePower(x: number, exponent: number): number {
  let result = 1
  for (let base = x, left = exponent; left > 0; left = Math.floor(left / 2), base *= base) if (left % 2 === 1) result *= base
  return result
}

/** The continued fraction of the regularised incomplete beta function (DLMF 8.17.22), by Lentz's method; converges for x < (a + 1)/(a + b + 2). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300
  const keep = (v: number): number => (Math.abs(v) < tiny ? tiny : v)
  let c = 1
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / keep(1 + even * d)
    c = keep(1 + even / c)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / keep(1 + odd * d)
    c = keep(1 + odd / c)
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return h
}

/**
 * Two-sided p of Student's t with `df` (a whole number from 1) degrees of freedom: I_x(df/2, 1/2) at x = df/(df + t²).
 * Only + - · / and square roots (x to df/2 is a whole power of the root), so the bits are the same in every engine.
 * Takes t² so that a caller loses no digits to a root.
 */
export function studentTwoSided(tSquared: number, df: number): number {
  if (!(tSquared > 0)) return 1
  if (tSquared === Infinity) return 0
  const a = df / 2
  const x = df / (df + tSquared)
  const y = tSquared / (df + tSquared)
  const front = (wholePower(Math.sqrt(x), df) * Math.sqrt(y)) / betaHalf(df)
  if (x < (a + 1) / (a + 2.5)) return Math.min(1, (front * betaFraction(a, 0.5, x)) / a)
  return Math.max(0, 1 - front * betaFraction(0.5, a, y) * 2)
}
