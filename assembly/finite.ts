/** Index of the first NaN or infinity among `count` float32 at `source`, or -1. */
export function firstNonFinite(source: usize, count: usize): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const vectorEnd = source + ((count & ~3) << 2);
  const end = source + (count << 2);
  let x = source;
  // A lane is non-finite when all its exponent bits are set.
  for (; x < vectorEnd; x += 16) {
    if (v128.any_true(i32x4.eq(v128.and(v128.load(x), exponent), exponent))) break;
  }
  for (; x < end; x += 4) {
    if ((load<u32>(x) & 0x7f800000) == 0x7f800000) return <i32>((x - source) >> 2);
  }
  return -1;
}
