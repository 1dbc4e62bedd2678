/** The bins + 1 edges of equal bins over [low, high], as numpy.linspace gives them. */
export function binEdges(low: f64, high: f64, bins: usize, edges: usize): void {
  if (low == high) {
    low -= 0.5;
    high += 0.5;
  }
  const width = high - low;
  const step = width / <f64>bins;
  for (let i: usize = 0; i < bins; i++) {
    const from = step == 0 ? (<f64>i / <f64>bins) * width : <f64>i * step;
    store<f64>(edges + (i << 3), from + low);
  }
  store<f64>(edges + (bins << 3), high);
}

/**
 * Adds one to the bin of x: the edges decide, half-open but for the last bin; what lies outside all of them is left out.
 * `perUnit`: bins / (high - low).
 */
export function countOne(x: f64, edges: usize, bins: usize, perUnit: f64, counts: usize): void {
  const low = load<f64>(edges);
  if (!(x >= low && x <= load<f64>(edges + (bins << 3)))) return;
  let bin = min<usize>(<usize>((x - low) * perUnit), bins - 1);
  // The quotient may be off by rounding.
  while (bin > 0 && x < load<f64>(edges + (bin << 3))) bin--;
  while (bin < bins - 1 && x >= load<f64>(edges + (bin << 3), 8)) bin++;
  const at = counts + (bin << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/**
 * How near to a whole number (x - low) · perUnit may be, in bins, before rounding of the edges or of the quotient itself
 * could make the edges decide otherwise: at 1 or more they must always be asked.
 */
export function doubtfulBins(edges: usize, bins: usize, perUnit: f64): f64 {
  const largest = max<f64>(abs<f64>(load<f64>(edges)), abs<f64>(load<f64>(edges + (bins << 3))));
  const doubt = 1e-12 + largest * perUnit * 1.8e-15; // eight roundings of the largest edge
  return doubt < 0.5 ? doubt : 2;
}
