/** How many float32 of whole vectors are 0, −0 too. */
function zerosIn(source: usize, end: usize): i32 {
  const none = f32x4.splat(0);
  let found = i32x4.splat(0);
  for (let x = source; x < end; x += 16) found = i32x4.sub(found, f32x4.eq(v128.load(x), none));
  return i32x4.extract_lane(found, 0) + i32x4.extract_lane(found, 1) + i32x4.extract_lane(found, 2) + i32x4.extract_lane(found, 3);
}

/**
 * Scans `count` float32: their largest absolute value, sum, sum of absolute values and how many are 0, as four doubles at `out`.
 * The first is NaN or infinite when any value is. Sums run in four double lanes from the first value on.
 */
export function scan(source: usize, count: usize, out: usize): void {
  const magnitude = i32x4.splat(0x7fffffff);
  // Floats without their sign order as integers do; NaN and infinity come out on top.
  let tops = i32x4.splat(0);
  let least = magnitude;
  const zero = f64x2.splat(0);
  let low = zero, high = zero, absoluteLow = zero, absoluteHigh = zero;
  const vectorEnd = source + ((count & ~3) << 2);
  const end = source + (count << 2);
  let x = source;
  for (; x < vectorEnd; x += 16) {
    const values = v128.load(x);
    const magnitudes = v128.and(values, magnitude);
    tops = i32x4.max_s(tops, magnitudes);
    least = i32x4.min_s(least, magnitudes);
    const a = f64x2.promote_low_f32x4(v128.load64_zero(x));
    const b = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
    low = f64x2.add(low, a);
    high = f64x2.add(high, b);
    absoluteLow = f64x2.add(absoluteLow, f64x2.abs(a));
    absoluteHigh = f64x2.add(absoluteHigh, f64x2.abs(b));
  }
  let top = max<i32>(
    max<i32>(i32x4.extract_lane(tops, 0), i32x4.extract_lane(tops, 1)),
    max<i32>(i32x4.extract_lane(tops, 2), i32x4.extract_lane(tops, 3)),
  );
  low = f64x2.add(low, high);
  absoluteLow = f64x2.add(absoluteLow, absoluteHigh);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  let absolute = f64x2.extract_lane(absoluteLow, 0) + f64x2.extract_lane(absoluteLow, 1);
  // Few segments hold a 0: the others are not looked at again.
  let zeros = i32x4.all_true(least) ? 0 : zerosIn(source, vectorEnd);
  for (; x < end; x += 4) {
    const value = <f64>load<f32>(x);
    top = max<i32>(top, load<i32>(x) & 0x7fffffff);
    zeros += <i32>(value == 0);
    sum += value;
    absolute += abs<f64>(value);
  }
  store<f64>(out, <f64>reinterpret<f32>(top));
  store<f64>(out, sum, 8);
  store<f64>(out, absolute, 16);
  store<f64>(out, <f64>zeros, 24);
}
