import { sparseBound } from "./scaling";

/*
 * Coefficients of scaled filters in a basis of `taps` components: (w / max-abs(w) - mean) · component, in double.
 * `basis` holds the components as rows. A zero filter counts as zeros.
 */

// @ts-ignore: decorator
@inline
function topOf(source: usize, taps: usize): f32 {
  let top: f32 = 0;
  for (let j: usize = 0; j < taps; j++) top = max<f32>(top, abs<f32>(load<f32>(source + (j << 2))));
  return top;
}

/** Centred, scaled filter to `centred`. */
function centre(source: usize, taps: usize, top: f32, mean: usize, centred: usize): void {
  const reciprocal: f64 = top == 0 ? 0 : 1 / <f64>top;
  for (let j: usize = 0; j < taps; j++) {
    store<f64>(centred + (j << 3), <f64>load<f32>(source + (j << 2)) * reciprocal - load<f64>(mean + (j << 3)));
  }
}

// @ts-ignore: decorator
@inline
function coefficient(centred: usize, component: usize, taps: usize): f64 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < taps << 3; j += 8) sum += load<f64>(centred + j) * load<f64>(component + j);
  return sum;
}

/**
 * Lowers `lowest` and raises `highest` (taps doubles each) to the range of the coefficients of all filters, sparse ones
 * included. `work`: taps doubles.
 */
export function coefficientRange(
  source: usize, filters: usize, taps: usize, mean: usize, basis: usize, lowest: usize, highest: usize, work: usize,
): void {
  for (let f: usize = 0; f < filters; f++, source += taps << 2) {
    centre(source, taps, topOf(source, taps), mean, work);
    for (let c: usize = 0; c < taps; c++) {
      const x = coefficient(work, basis + c * (taps << 3), taps);
      store<f64>(lowest + (c << 3), min<f64>(load<f64>(lowest + (c << 3)), x));
      store<f64>(highest + (c << 3), max<f64>(load<f64>(highest + (c << 3)), x));
    }
  }
}

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
 * Adds the coefficients of the non-sparse filters to `counts` (taps × bins doubles), bins half-open but the last, by the
 * given edges; those outside are left out. `work`: taps doubles.
 */
export function coefficientHistogram(
  source: usize, filters: usize, taps: usize, limit: f64, strict: bool, mean: usize, basis: usize,
  edges: usize, bins: usize, counts: usize, work: usize,
): void {
  const bound = sparseBound(limit, strict);
  const low = load<f64>(edges);
  const high = load<f64>(edges + (bins << 3));
  const perUnit = <f64>bins / (high - low);
  for (let f: usize = 0; f < filters; f++, source += taps << 2) {
    const top = topOf(source, taps);
    if (top <= bound) continue;
    centre(source, taps, top, mean, work);
    for (let c: usize = 0; c < taps; c++) {
      const x = coefficient(work, basis + c * (taps << 3), taps);
      if (x < low || x > high) continue;
      let bin = <usize>((x - low) * perUnit);
      if (bin >= bins) bin = bins - 1;
      // The edges decide; the quotient may be one off.
      if (x < load<f64>(edges + (bin << 3))) bin--;
      else if (bin != bins - 1 && x >= load<f64>(edges + (bin << 3), 8)) bin++;
      const at = counts + (c * bins + bin << 3);
      store<f64>(at, load<f64>(at) + 1);
    }
  }
}
