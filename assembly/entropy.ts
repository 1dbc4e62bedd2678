import { accumulatorBytes } from "./accumulator";
import { eigenvalues } from "./eigenvalues";
import { exp, log10, log2 } from "./math";

/** H = -Σ q·log10 q of the shares q = v / Σ v of `count` doubles; negative ones count as 0, 0·log 0 = 0; -1 when Σ v = 0. */
export function entropy(values: usize, count: usize): f64 {
  const end = values + (count << 3);
  let sum: f64 = 0;
  for (let at = values; at < end; at += 8) sum += max<f64>(load<f64>(at), 0);
  if (!(sum > 0)) return -1;
  let h: f64 = 0;
  for (let at = values; at < end; at += 8) {
    const q = max<f64>(load<f64>(at), 0) / sum;
    if (q > 0) h -= q * log10(q);
  }
  return max<f64>(h, 0);
}

/** The entropy level of randomly initialised filters for that many of them: torchconvquality's T(n), a fitted logistic curve. */
export function randomEntropy(filters: f64): f64 {
  return 1.2618047 / (1 + exp(-0.88767525 * (log2(filters) - 2.30436435))) - 0.31050834;
}

/** Bytes of `work` that `varianceEntropy` needs. */
export function entropyWorkBytes(taps: usize): usize {
  return accumulatorBytes(taps) + ((2 * taps) << 3);
}

/**
 * Entropy of the variances of the set at `set` (laid out as in accumulator.ts) along its principal directions; -1 for fewer
 * than two filters, or when they do not vary.
 */
export function varianceEntropy(set: usize, taps: usize, work: usize): f64 {
  const count = load<f64>(set);
  if (count < 2) return -1;
  const mean = set + 8;
  const scatter = mean + (taps << 3);
  let trace: f64 = 0;
  let level: f64 = 0;
  for (let j: usize = 0; j < taps; j++) {
    trace += load<f64>(scatter + ((j * (taps + 1)) << 3));
    level = max<f64>(level, abs<f64>(load<f64>(mean + (j << 3))));
  }
  // Two units in the last place of the values themselves: less is rounding, not variation.
  const noise = level * 2 * f64.EPSILON;
  if (!(trace > count * <f64>taps * noise * noise)) return -1;
  const bytes = (taps * taps) << 3;
  const values = work + bytes;
  memory.copy(work, scatter, bytes);
  eigenvalues(work, taps, values, values + (taps << 3));
  // n filters span n - 1 directions at most, and the eigenvalues are exact to a few units of the largest.
  const floor = load<f64>(values) * <f64>taps * f64.EPSILON;
  for (let k: usize = 0; k < taps; k++) {
    const at = values + (k << 3);
    if (!(<f64>k < count - 1 && load<f64>(at) > floor)) store<f64>(at, 0);
  }
  return entropy(values, taps);
}
