/*
 * Functions that stored numbers pass through. exp, log and their kin are AssemblyScript's own (compiled into the module,
 * never the host's); they depend on the shrink level, which asconfig.json pins to 0.
 */
export function exp(x: f64): f64 {
  return Math.exp(x);
}
export function expm1(x: f64): f64 {
  return Math.expm1(x);
}
export function log(x: f64): f64 {
  return Math.log(x);
}
export function log1p(x: f64): f64 {
  return Math.log1p(x);
}
export function log2(x: f64): f64 {
  return Math.log2(x);
}
export function log10(x: f64): f64 {
  return Math.log10(x);
}
export function pow(x: f64, y: f64): f64 {
  return Math.pow(x, y);
}
