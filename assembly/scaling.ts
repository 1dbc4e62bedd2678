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
