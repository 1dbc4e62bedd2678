/*
 * Eigenvalues alone of a symmetric matrix: Householder reflections to a tridiagonal matrix, then the rational QL iteration
 * of Pal, Walker and Kahan (Parlett, The Symmetric Eigenvalue Problem, 8.14-8.15). Errors are a few units in the last place of the
 * largest eigenvalue; an eighth of the time of the rotations in eigen.ts.
 */

/** Squares of off-diagonal entries up to this count as 0 in a matrix whose largest entry is 1 to 2: (eps / 4)². */
const NOTHING: f64 = 3.0814879110195774e-33;

/** A square that is 0 but for rounding, and small enough that nothing it is multiplied with here underflows. */
const LEAST: f64 = 1e-150;

/** Scales the matrix by a power of two so that its largest entry is 1 to 2. Returns the factor that undoes it; 0 for a zero matrix. */
function normalise(matrix: usize, t: usize): f64 {
  const end = matrix + ((t * t) << 3);
  let top: u64 = 0;
  for (let at = matrix; at < end; at += 8) top = max<u64>(top, load<u64>(at) & 0x7fffffffffffffff);
  // The exponents of what is measured lie far from both ends; 2^±1000 keeps factor and inverse finite.
  const exponent = min<i64>(max<i64>(<i64>(top >> 52), 23), 2023);
  if (top == 0) return 0;
  const down = reinterpret<f64>((2046 - exponent) << 52);
  for (let at = matrix; at < end; at += 8) store<f64>(at, load<f64>(at) * down);
  return reinterpret<f64>(exponent << 52);
}

/**
 * Turns the matrix tridiagonal: diagonal to `diagonal`, squares of the entries beside it to `squares` (t - 1, and a 0). The
 * matrix is overwritten.
 */
function tridiagonal(matrix: usize, t: usize, diagonal: usize, squares: usize): void {
  const row = t << 3;
  for (let k: usize = 0; k + 1 < t; k++) {
    // The reflection I - beta·v·vᵀ turns v = row k right of the diagonal into its first entry.
    const v = matrix + k * row;
    const first = (k + 1) << 3;
    store<f64>(diagonal + (k << 3), load<f64>(v + (k << 3)));
    const head = load<f64>(v + first);
    let rest: f64 = 0;
    for (let at = first + 8; at < row; at += 8) rest += load<f64>(v + at) * load<f64>(v + at);
    const square = head * head + rest;
    store<f64>(squares + (k << 3), square);
    if (rest == 0) continue;
    const norm = sqrt<f64>(square);
    store<f64>(v + first, head + (head < 0 ? -norm : norm));
    const beta = 1 / (norm * (norm + abs<f64>(head)));
    // p = beta·A·v goes where the diagonal's values are still to come, then w = p - (beta/2)(p·v)·v.
    const p = diagonal;
    let along: f64 = 0;
    for (let i = first; i < row; i += 8) {
      const other = matrix + i * t;
      let sum: f64 = 0;
      for (let j = first; j < row; j += 8) sum += load<f64>(other + j) * load<f64>(v + j);
      sum *= beta;
      store<f64>(p + i, sum);
      along += sum * load<f64>(v + i);
    }
    along *= 0.5 * beta;
    for (let i = first; i < row; i += 8) store<f64>(p + i, load<f64>(p + i) - along * load<f64>(v + i));
    for (let i = first; i < row; i += 8) {
      const other = matrix + i * t;
      const vi = load<f64>(v + i), pi = load<f64>(p + i);
      for (let j = first; j < row; j += 8) {
        store<f64>(other + j, load<f64>(other + j) - (vi * load<f64>(p + j) + pi * load<f64>(v + j)));
      }
    }
  }
  store<f64>(diagonal + row - 8, load<f64>(matrix + (t - 1) * row + row - 8));
  store<f64>(squares + row - 8, 0);
}

/** Diagonal (first to last entry at `d`) and squares beside it of a tridiagonal matrix to its eigenvalues, in no order, at `d`. */
function iterate(d: usize, squares: usize, t: usize): void {
  const last = (t - 1) << 3;
  let turns: usize = 60 * t; // two or three for each eigenvalue are needed
  for (let l: usize = 0; l < last; ) {
    let m = l;
    while (m < last && load<f64>(squares + m) > NOTHING) m += 8;
    if (m == l || turns == 0) {
      l += 8;
      continue;
    }
    turns--;
    // Shift: the eigenvalue of the upper left 2×2 block that is nearer to its first entry.
    const p0 = load<f64>(d + l);
    const beside = sqrt<f64>(load<f64>(squares + l));
    const half = (load<f64>(d + l, 8) - p0) / (2 * beside);
    const length = sqrt<f64>(half * half + 1);
    const shift = p0 - beside / (half + (half < 0 ? -length : length));
    // With c = p / r and s = square / r a step is gamma = c·(alpha - shift) - s·old, p = gamma² / c. Written so that the
    // next p waits for one division only.
    let c: f64 = 1, s: f64 = 0;
    let gamma = load<f64>(d + m) - shift;
    let p = gamma * gamma;
    for (let i = m; i > l; ) {
      i -= 8;
      const square = load<f64>(squares + i);
      const r = p + square;
      if (i + 8 < m) store<f64>(squares + i, s * r, 8);
      const alpha = load<f64>(d + i);
      const old = gamma;
      const top = p * (alpha - shift) - square * old;
      gamma = top / r;
      store<f64>(d + i, old + (alpha - gamma), 8);
      s = square / r;
      const next = p > LEAST ? (top * top) / (r * p) : c * square;
      c = p / r;
      p = next;
    }
    store<f64>(squares + l, s * p);
    store<f64>(d + l, shift + gamma);
  }
}

/**
 * Eigenvalues of the symmetric t×t matrix at `matrix` (overwritten), falling, to `values`. `work`: t doubles.
 */
export function eigenvalues(matrix: usize, t: usize, values: usize, work: usize): void {
  const end = values + (t << 3);
  const size = normalise(matrix, t);
  tridiagonal(matrix, t, values, work);
  if (size != 0) iterate(values, work, t);
  for (let at = values; at < end; at += 8) {
    const x = load<f64>(at) * size;
    let to = at;
    for (; to > values && load<f64>(to - 8) < x; to -= 8) store<f64>(to, load<f64>(to - 8));
    store<f64>(to, x);
  }
}
