/**
 * The largest float32 that a sparse filter's max-abs may have: sparse means max-abs <= limit (or < limit when strict),
 * decided in double, so the comparison itself can be made in float32. Negative when nothing is sparse.
 */
export function sparseBound(limit: f64, strict: bool): f32 {
  if (limit < 0) return -1;
  let bound = <f32>limit; // rounds to nearest: may lie above
  if (strict ? <f64>bound >= limit : <f64>bound > limit) {
    if (bound == 0) return -1;
    bound = reinterpret<f32>(reinterpret<u32>(bound) - 1);
  }
  return bound;
}

/**
 * value / top for two float32 values given in double (|value| <= top), to 2^-76 before the last rounding: a float32
 * quotient, its exact residual, and one multiplication by the double reciprocal. A tenth of the cost of f64x2.div.
 */
// @ts-ignore: decorator
@inline
export function quotient(value: v128, guess: v128, top: v128, reciprocal: v128): v128 {
  return f64x2.add(guess, f64x2.mul(f64x2.sub(value, f64x2.mul(guess, top)), reciprocal));
}

/** The same for one value; the same bits as a lane of `quotient`. A zero filter stays zero. */
// @ts-ignore: decorator
@inline
export function scaled(value: f32, top: f32, reciprocal: f64): f64 {
  const guess = <f64>(value / top);
  return guess + (<f64>value - guess * <f64>top) * reciprocal;
}
