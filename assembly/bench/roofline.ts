// What the machine gives at best, for bench/module.ts; no part of the module.

/** `times` × 24 dependent-free float32×4 multiplications and as many additions, all in registers. Returns a sum, to be kept. */
export function multiplyAdd(times: i32): f32 {
  const a = f32x4.splat(1.0000001), b = f32x4.splat(0.9999999);
  let p0 = a, p1 = a, p2 = a, p3 = a, p4 = a, p5 = a, q0 = b, q1 = b, q2 = b, q3 = b, q4 = b, q5 = b;
  for (let i = 0; i < times; i++) {
    p0 = f32x4.mul(p0, a), q0 = f32x4.add(q0, b), p1 = f32x4.mul(p1, a), q1 = f32x4.add(q1, b);
    p2 = f32x4.mul(p2, a), q2 = f32x4.add(q2, b), p3 = f32x4.mul(p3, a), q3 = f32x4.add(q3, b);
    p4 = f32x4.mul(p4, a), q4 = f32x4.add(q4, b), p5 = f32x4.mul(p5, a), q5 = f32x4.add(q5, b);
    p0 = f32x4.mul(p0, b), q0 = f32x4.add(q0, a), p1 = f32x4.mul(p1, b), q1 = f32x4.add(q1, a);
    p2 = f32x4.mul(p2, b), q2 = f32x4.add(q2, a), p3 = f32x4.mul(p3, b), q3 = f32x4.add(q3, a);
    p4 = f32x4.mul(p4, b), q4 = f32x4.add(q4, a), p5 = f32x4.mul(p5, b), q5 = f32x4.add(q5, a);
  }
  const p = f32x4.add(f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3)), f32x4.add(p4, p5));
  const q = f32x4.add(f32x4.add(f32x4.add(q0, q1), f32x4.add(q2, q3)), f32x4.add(q4, q5));
  return f32x4.extract_lane(f32x4.add(p, q), 0);
}
