/*
 * Orthogonality: rows divided by their L2 norm, half Gram matrix in blocks, sum of |g|.
 * Packed rows are doubles, padded with a zero to an even length.
 */

/** Bytes of one packed row. */
export function packedRowBytes(length: usize): usize {
  return (length + 1 & ~1) << 3;
}

/** Divides `rows` rows of `length` float32 by their L2 norms into `packed`. A zero row stays zero. */
export function packRows(source: usize, rows: usize, length: usize, packed: usize): void {
  const bytes = packedRowBytes(length);
  for (let r: usize = 0; r < rows; r++, source += length << 2, packed += bytes) {
    let squares: f64 = 0;
    for (let k: usize = 0; k < length; k++) {
      const x = <f64>load<f32>(source + (k << 2));
      squares += x * x;
    }
    const inverse: f64 = squares == 0 ? 0 : 1 / sqrt<f64>(squares);
    if (length & 1) store<f64>(packed + bytes - 8, 0);
    for (let k: usize = 0; k < length; k++) store<f64>(packed + (k << 3), <f64>load<f32>(source + (k << 2)) * inverse);
  }
}

// @ts-ignore: decorator
@inline
function size(v: v128): f64 {
  return abs<f64>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
}

function dot(a: usize, b: usize, bytes: usize): v128 {
  let sum = f64x2.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a + k), v128.load(b + k)));
  return sum;
}

/** Σ |g| of two rows with four rows. */
function block(a: usize, b: usize, bytes: usize): f64 {
  const zero = f64x2.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
  const a1 = a + bytes, b1 = b + bytes, b2 = b1 + bytes, b3 = b2 + bytes;
  for (let k: usize = 0; k < bytes; k += 16) {
    const x = v128.load(a + k), y = v128.load(a1 + k);
    let z = v128.load(b + k);
    s0 = f64x2.add(s0, f64x2.mul(x, z));
    t0 = f64x2.add(t0, f64x2.mul(y, z));
    z = v128.load(b1 + k);
    s1 = f64x2.add(s1, f64x2.mul(x, z));
    t1 = f64x2.add(t1, f64x2.mul(y, z));
    z = v128.load(b2 + k);
    s2 = f64x2.add(s2, f64x2.mul(x, z));
    t2 = f64x2.add(t2, f64x2.mul(y, z));
    z = v128.load(b3 + k);
    s3 = f64x2.add(s3, f64x2.mul(x, z));
    t3 = f64x2.add(t3, f64x2.mul(y, z));
  }
  return size(s0) + size(s1) + size(s2) + size(s3) + (size(t0) + size(t1) + size(t2) + size(t3));
}

/** Σ |a·b| over all pairs of a row of panel A and a row of panel B (packed rows of one length). */
export function gramBlock(a: usize, rowsA: usize, b: usize, rowsB: usize, length: usize): f64 {
  const bytes = packedRowBytes(length);
  let sum: f64 = 0;
  let i: usize = 0;
  for (; i + 2 <= rowsA; i += 2) {
    let j: usize = 0;
    for (; j + 4 <= rowsB; j += 4) sum += block(a + i * bytes, b + j * bytes, bytes);
    for (; j < rowsB; j++) {
      sum += size(dot(a + i * bytes, b + j * bytes, bytes)) + size(dot(a + (i + 1) * bytes, b + j * bytes, bytes));
    }
  }
  for (; i < rowsA; i++) for (let j: usize = 0; j < rowsB; j++) sum += size(dot(a + i * bytes, b + j * bytes, bytes));
  return sum;
}

/** Σ |a·b - [a = b]| over all ordered pairs of rows within one panel. */
export function gramDiagonal(a: usize, rows: usize, length: usize): f64 {
  const bytes = packedRowBytes(length);
  let sum: f64 = 0;
  let own: f64 = 0;
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < i; j++) sum += size(dot(a + i * bytes, a + j * bytes, bytes));
    const self = dot(a + i * bytes, a + i * bytes, bytes);
    own += abs<f64>(f64x2.extract_lane(self, 0) + f64x2.extract_lane(self, 1) - 1);
  }
  return 2 * sum + own;
}
