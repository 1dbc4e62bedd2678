/*
 * A set of filters as its sufficient statistics, in double:
 *
 *   byte 0        8              8 + 8t                 8 + 8t + 8t²
 *   | count (f64) | mean (t f64) | scatter (t·t f64, row-major, centred, not divided) |
 */

// @ts-ignore: decorator
@inline
export function accumulatorBytes(taps: usize): usize {
  return (1 + taps + taps * taps) << 3;
}

/**
 * Adds the set at `from` to the set at `into`, as if their filters had been one set. The arithmetic is that of
 * mergeMoments in src/measure/moments.ts, operation by operation.
 */
export function merge(into: usize, from: usize, taps: usize): void {
  const b = load<f64>(from);
  if (b == 0) return;
  const a = load<f64>(into);
  if (a == 0) {
    memory.copy(into, from, accumulatorBytes(taps));
    return;
  }
  const total = a + b;
  const share = b / total;
  const weight = a * share;
  const row = taps << 3;
  const meanA = into + 8;
  const meanB = from + 8;
  let scatterA = meanA + row;
  let scatterB = meanB + row;
  for (let i: usize = 0; i < row; i += 8) {
    const di = load<f64>(meanB + i) - load<f64>(meanA + i);
    for (let j: usize = 0; j < row; j += 8) {
      const dj = load<f64>(meanB + j) - load<f64>(meanA + j);
      store<f64>(scatterA + j, load<f64>(scatterA + j) + load<f64>(scatterB + j) + di * dj * weight);
    }
    scatterA += row;
    scatterB += row;
  }
  for (let i: usize = 0; i < row; i += 8) {
    const mean = load<f64>(meanA + i);
    store<f64>(meanA + i, mean + (load<f64>(meanB + i) - mean) * share);
  }
  store<f64>(into, total);
}
