/** The first two of four float32 as doubles. */
// @ts-ignore: decorator
@inline
export function lowHalf(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

/** The last two. */
// @ts-ignore: decorator
@inline
export function highHalf(four: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(four, four, 1, 1));
}
