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
