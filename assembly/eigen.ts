/*
 * Symmetric eigenproblem by cyclic Jacobi rotations: rows in order, at most 60 sweeps, everything in double.
 * Slow but the same bits everywhere, and exact enough (errors near 1e-16 of the largest eigenvalue). Where no vectors are
 * asked for: eigenvalues.ts.
 */

/** Rotates rows and columns p and q of the t×t matrix so that entry (p, q) becomes 0; the same rotation on the vectors. */
function rotate(matrix: usize, vectors: usize, t: usize, p: usize, q: usize): void {
  const row = t << 3;
  const rowP = matrix + p * row,
    rowQ = matrix + q * row;
  const apq = load<f64>(rowP + (q << 3));
  if (apq == 0) return;
  const app = load<f64>(rowP + (p << 3)),
    aqq = load<f64>(rowQ + (q << 3));
  const theta = (aqq - app) / (2 * apq);
  const tangent = (theta < 0 ? -1.0 : 1.0) / (abs<f64>(theta) + sqrt<f64>(theta * theta + 1));
  const cosine = 1 / sqrt<f64>(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k: usize = 0; k < t; k++) {
    if (k == p || k == q) continue;
    const at = k << 3;
    const kp = load<f64>(rowP + at),
      kq = load<f64>(rowQ + at);
    const newP = cosine * kp - sine * kq,
      newQ = sine * kp + cosine * kq;
    store<f64>(rowP + at, newP);
    store<f64>(rowQ + at, newQ);
    const column = matrix + k * row;
    store<f64>(column + (p << 3), newP);
    store<f64>(column + (q << 3), newQ);
  }
  store<f64>(rowP + (p << 3), app - tangent * apq);
  store<f64>(rowQ + (q << 3), aqq + tangent * apq);
  store<f64>(rowP + (q << 3), 0);
  store<f64>(rowQ + (p << 3), 0);
  // Vectors are rows here: row p is the eigenvector that belongs to diagonal entry p.
  const vp = vectors + p * row,
    vq = vectors + q * row;
  for (let at: usize = 0; at < row; at += 8) {
    const x = load<f64>(vp + at),
      y = load<f64>(vq + at);
    store<f64>(vp + at, cosine * x - sine * y);
    store<f64>(vq + at, sine * x + cosine * y);
  }
}

/** The entry of largest magnitude becomes positive; of equal ones the first decides. */
function fixSign(vector: usize, t: usize): void {
  let top: f64 = 0;
  let sign: f64 = 1;
  for (let at: usize = 0; at < t << 3; at += 8) {
    const x = load<f64>(vector + at);
    if (abs<f64>(x) > top) {
      top = abs<f64>(x);
      sign = x < 0 ? -1 : 1;
    }
  }
  for (let at: usize = 0; at < t << 3; at += 8) store<f64>(vector + at, load<f64>(vector + at) * sign + 0);
}

/**
 * Eigenvalues of the symmetric t×t matrix at `matrix` (overwritten), falling, to `values`; eigenvectors as the rows
 * of the t×t matrix `vectors`, in that order, signs fixed.
 */
export function eigen(matrix: usize, t: usize, values: usize, vectors: usize): void {
  const row = t << 3;
  memory.fill(vectors, 0, t * row);
  for (let i: usize = 0; i < t; i++) store<f64>(vectors + i * row + (i << 3), 1);
  let total: f64 = 0;
  for (let at: usize = 0; at < t * row; at += 8) total += load<f64>(matrix + at) * load<f64>(matrix + at);
  for (let sweep = 0; sweep < 60; sweep++) {
    let off: f64 = 0;
    for (let p: usize = 0; p < t; p++) {
      for (let q = p + 1; q < t; q++) {
        const x = load<f64>(matrix + p * row + (q << 3));
        off += x * x;
      }
    }
    if (off <= total * 1e-36) break;
    for (let p: usize = 0; p < t; p++) for (let q = p + 1; q < t; q++) rotate(matrix, vectors, t, p, q);
  }
  for (let i: usize = 0; i < t; i++) store<f64>(values + (i << 3), load<f64>(matrix + i * row + (i << 3)));
  for (let i: usize = 0; i < t; i++) {
    let best = i;
    for (let j = i + 1; j < t; j++) if (load<f64>(values + (j << 3)) > load<f64>(values + (best << 3))) best = j;
    if (best != i) {
      swap(values + (i << 3), values + (best << 3), 8);
      swap(vectors + i * row, vectors + best * row, row);
    }
    fixSign(vectors + i * row, t);
  }
}

function swap(a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 8) {
    const x = load<f64>(a + at);
    store<f64>(a + at, load<f64>(b + at));
    store<f64>(b + at, x);
  }
}
