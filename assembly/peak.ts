/**
 * The largest absolute value of `count` float32 at `pointer` (0 when count is 0).
 * f32x4.pmax is one instruction on x64, f32x4.max a NaN-safe sequence: inputs here are finite.
 */
export function peak(pointer: usize, count: usize): f32 {
  let lanes = f32x4.splat(0);
  const vectorEnd = pointer + ((count & ~3) << 2);
  const end = pointer + (count << 2);
  let p = pointer;
  for (; p < vectorEnd; p += 16) lanes = f32x4.pmax(lanes, f32x4.abs(v128.load(p)));
  let top = max<f32>(
    max<f32>(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max<f32>(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (; p < end; p += 4) top = max<f32>(top, abs<f32>(load<f32>(p)));
  return top;
}
