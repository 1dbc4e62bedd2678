/* Stored numbers to float32. `kind` is one of these; the eight-bit floats come last. */
// @ts-ignore: decorator
@inline
export const FLOAT32: i32 = 0;
// @ts-ignore: decorator
@inline
export const FLOAT16: i32 = 1;
// @ts-ignore: decorator
@inline
export const BFLOAT16: i32 = 2;
// @ts-ignore: decorator
@inline
export const FLOAT64: i32 = 3;
// @ts-ignore: decorator
@inline
export const INT8: i32 = 4;
// @ts-ignore: decorator
@inline
export const UINT8: i32 = 5;
// @ts-ignore: decorator
@inline
export const INT16: i32 = 6;
// @ts-ignore: decorator
@inline
export const UINT16: i32 = 7;
// @ts-ignore: decorator
@inline
export const INT32: i32 = 8;
// @ts-ignore: decorator
@inline
export const FLOAT8_E4M3FN: i32 = 9;
// @ts-ignore: decorator
@inline
export const FLOAT8_E4M3FNUZ: i32 = 10;
// @ts-ignore: decorator
@inline
export const FLOAT8_E5M2: i32 = 11;
// @ts-ignore: decorator
@inline
export const FLOAT8_E5M2FNUZ: i32 = 12;

/** Bytes of a stored number. */
export function storedBytes(kind: i32): usize {
  if (kind == FLOAT64) return 8;
  if (kind == FLOAT32 || kind == INT32) return 4;
  return kind == INT8 || kind == UINT8 || kind >= FLOAT8_E4M3FN ? 1 : 2;
}

/** A half as double, exactly. */
// @ts-ignore: decorator
@inline
function half(bits: u32): f64 {
  let wide = (bits & 0x7fff) << 13;
  if ((bits & 0x7c00) == 0x7c00) wide |= 0x7f800000;
  // Exponents differ by 112; the product is exact, subnormal float16 included.
  else wide = reinterpret<u32>(reinterpret<f32>(wide) * <f32>5192296858534827628530496329220096.0);
  return <f64>reinterpret<f32>(wide | ((bits & 0x8000) << 16));
}

/**
 * Eight-bit floats of the Open Compute Project (e4m3fn: no infinities, one NaN; e5m2: as IEEE) and their fnuz forms (no
 * infinities, no negative zero, whose code is the only NaN; the bias one more). Moved into a wider float's fields, whose bias
 * differs by a power of two: the product is exact.
 */
// @ts-ignore: decorator
@inline
function eighth(kind: i32, bits: u32): f64 {
  const magnitude = bits & 0x7f, sign = (bits & 0x80) << 8;
  if (kind == FLOAT8_E5M2) return half(bits << 8);
  if (kind == FLOAT8_E4M3FN) return magnitude == 0x7f ? NaN : half(sign | (magnitude << 7)) * 256.0;
  if (bits == 0x80) return NaN;
  if (kind == FLOAT8_E4M3FNUZ) return half(sign | (magnitude << 7)) * 128.0;
  return <f64>reinterpret<f32>((magnitude << 21) | (sign << 16)) * <f64>2596148429267413814265248164610048.0; // 2^111
}

// @ts-ignore: decorator
@inline
function read(kind: i32, at: usize): f64 {
  if (kind == FLOAT32) return <f64>load<f32>(at);
  if (kind == FLOAT16) return half(<u32>load<u16>(at));
  if (kind == BFLOAT16) return <f64>reinterpret<f32>(<u32>load<u16>(at) << 16);
  if (kind == FLOAT64) return load<f64>(at);
  if (kind == INT8) return <f64>load<i8>(at);
  if (kind == UINT8) return <f64>load<u8>(at);
  if (kind == INT16) return <f64>load<i16>(at);
  if (kind == UINT16) return <f64>load<u16>(at);
  if (kind >= FLOAT8_E4M3FN) return eighth(kind, <u32>load<u8>(at));
  return <f64>load<i32>(at);
}

// @ts-ignore: decorator
@inline
function gather(
  kind: i32, bytes: usize, source: usize, destination: usize,
  outer: usize, inner: usize, rows: usize, columns: usize,
  outerStride: usize, innerStride: usize, rowStride: usize, columnStride: usize,
  quantised: bool, scale: f64, zero: f64, shift: f64,
): u32 {
  let inexact: u32 = 0;
  let to = destination;
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      for (let r: usize = 0; r < rows; r++) {
        let at = source + (o * outerStride + i * innerStride + r * rowStride) * bytes;
        const step = columnStride * bytes;
        for (let c: usize = 0; c < columns; c++, at += step, to += 4) {
          let value = read(kind, at);
          if (quantised) value = (value - zero) * scale + shift;
          const narrow = <f32>value;
          store<f32>(to, narrow);
          if (kind == FLOAT64 || kind == INT32) {
            if (!quantised && <f64>narrow != value && value == value) inexact++;
          }
        }
      }
    }
  }
  return inexact;
}

/**
 * 3×3 float32 whose output channels lie one after the other (HWIO, as Keras and TensorFlow keep them), four channels at a time:
 * nine vectors of one tap each, transposed to four filters.
 */
function turn9(source: usize, destination: usize, outer: usize, inner: usize, innerStride: usize, rowStride: usize, columnStride: usize): void {
  const row = rowStride << 2, column = columnStride << 2;
  const filter = inner * 36;
  const fours = outer & ~3;
  for (let i: usize = 0; i < inner; i++) {
    let x = source + ((i * innerStride) << 2);
    let to = destination + i * 36;
    for (let o: usize = 0; o < fours; o += 4, x += 16, to += filter << 2) {
      const y = x + row, z = y + row;
      const p0 = v128.load(x), p1 = v128.load(x + column), p2 = v128.load(x + column + column), p3 = v128.load(y);
      const p4 = v128.load(y + column), p5 = v128.load(y + column + column), p6 = v128.load(z), p7 = v128.load(z + column);
      const p8 = v128.load(z + column + column);
      const a = i32x4.shuffle(p0, p1, 0, 4, 1, 5), b = i32x4.shuffle(p2, p3, 0, 4, 1, 5);
      const c = i32x4.shuffle(p0, p1, 2, 6, 3, 7), d = i32x4.shuffle(p2, p3, 2, 6, 3, 7);
      const e = i32x4.shuffle(p4, p5, 0, 4, 1, 5), f = i32x4.shuffle(p6, p7, 0, 4, 1, 5);
      const g = i32x4.shuffle(p4, p5, 2, 6, 3, 7), h = i32x4.shuffle(p6, p7, 2, 6, 3, 7);
      v128.store(to, i64x2.shuffle(a, b, 0, 2));
      v128.store(to, i64x2.shuffle(e, f, 0, 2), 16);
      v128.store32_lane(to, p8, 0, 32);
      let next = to + filter;
      v128.store(next, i64x2.shuffle(a, b, 1, 3));
      v128.store(next, i64x2.shuffle(e, f, 1, 3), 16);
      v128.store32_lane(next, p8, 1, 32);
      next += filter;
      v128.store(next, i64x2.shuffle(c, d, 0, 2));
      v128.store(next, i64x2.shuffle(g, h, 0, 2), 16);
      v128.store32_lane(next, p8, 2, 32);
      next += filter;
      v128.store(next, i64x2.shuffle(c, d, 1, 3));
      v128.store(next, i64x2.shuffle(g, h, 1, 3), 16);
      v128.store32_lane(next, p8, 3, 32);
    }
  }
  if (fours == outer) return;
  gather(FLOAT32, 4, source + (fours << 2), destination + fours * filter, outer - fours, inner, 3, 3, 1, innerStride, rowStride, columnStride, false, 1, 0, 0);
}

/** `count` contiguous float16 to float32, exactly: four at a time. */
function widenFloat16(source: usize, destination: usize, count: usize): void {
  const whole = count & ~3;
  const magnitude = i32x4.splat(0x7fff), normal = i32x4.splat(0x400), endless = i32x4.splat(0x7c00);
  const exponents = i32x4.splat(112 << 23), infinity = i32x4.splat(0x7f800000), sign = i32x4.splat(0x8000);
  const least = f32x4.splat(5.9604644775390625e-8); // 2^-24
  for (let k: usize = 0; k < whole; k += 4) {
    const bits = i32x4.extend_low_i16x8_u(v128.load64_zero(source + (k << 1)));
    const low = v128.and(bits, magnitude);
    const wide = i32x4.add(i32x4.shl(low, 13), exponents);
    // A subnormal float16 is an integer times 2^-24: computed from the integer, because processors are slow at subnormal float32.
    const small = f32x4.mul(f32x4.convert_i32x4_s(low), least);
    const value = v128.bitselect(wide, small, i32x4.ge_s(low, normal));
    const special = v128.or(v128.and(i32x4.ge_s(low, endless), infinity), i32x4.shl(v128.and(bits, sign), 16));
    v128.store(destination + (k << 2), v128.or(value, special));
  }
  for (let k = whole; k < count; k++) store<f32>(destination + (k << 2), <f32>half(<u32>load<u16>(source + (k << 1))));
}

/** `count` contiguous bfloat16 to float32: their bits are the upper 16 of the float32. */
function widenBfloat16(source: usize, destination: usize, count: usize): void {
  const whole = count & ~7;
  const zero = i16x8.splat(0);
  for (let k: usize = 0; k < whole; k += 8) {
    const eight = v128.load(source + (k << 1));
    v128.store(destination + (k << 2), i16x8.shuffle(zero, eight, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(destination + (k << 2), i16x8.shuffle(zero, eight, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
  for (let k = whole; k < count; k++) store<u32>(destination + (k << 2), <u32>load<u16>(source + (k << 1)) << 16);
}

/** `count` float64 one after the other: four at a time. Returns how many were not exactly a float32; a NaN is. */
function narrow(source: usize, destination: usize, count: usize): u32 {
  const whole = count & ~3;
  let inexact = i64x2.splat(0);
  for (let k: usize = 0; k < whole; k += 4) {
    const low = v128.load(source + (k << 3));
    const high = v128.load(source + (k << 3), 16);
    const a = f32x4.demote_f64x2_zero(low);
    const b = f32x4.demote_f64x2_zero(high);
    v128.store(destination + (k << 2), v128.shuffle<f32>(a, b, 0, 1, 4, 5));
    // All ones (-1) where it differs from itself as float32 and is a number.
    const differ = v128.andnot(f64x2.ne(f64x2.promote_low_f32x4(a), low), f64x2.ne(low, low));
    const differ2 = v128.andnot(f64x2.ne(f64x2.promote_low_f32x4(b), high), f64x2.ne(high, high));
    inexact = i64x2.sub(i64x2.sub(inexact, differ), differ2);
  }
  const rest = gather(FLOAT64, 8, source + (whole << 3), destination + (whole << 2), 1, 1, 1, count - whole, 0, 0, 0, 1, false, 1, 0, 0);
  return <u32>(i64x2.extract_lane(inexact, 0) + i64x2.extract_lane(inexact, 1)) + rest;
}

/**
 * Writes outer·inner·rows·columns float32 in that order; strides count stored elements. `quantised`: the value is
 * (stored - zero)·scale + shift in double, rounded once. Returns how many values (not quantised) were not exactly a float32.
 */
export function decode(
  kind: i32, source: usize, destination: usize,
  outer: usize, inner: usize, rows: usize, columns: usize,
  outerStride: usize, innerStride: usize, rowStride: usize, columnStride: usize,
  quantised: bool, scale: f64, zero: f64, shift: f64,
): u32 {
  const s0 = outerStride, s1 = innerStride, s2 = rowStride, s3 = columnStride;
  const count = outer * inner * rows * columns;
  const isRow = !quantised && s3 == 1 && s2 == columns && s1 == rows * columns && s0 == inner * rows * columns;
  switch (kind) {
    case FLOAT32: {
      if (!quantised && s0 == 1 && rows == 3 && columns == 3) {
        turn9(source, destination, outer, inner, s1, s2, s3);
        return 0;
      }
      if (!isRow) return gather(FLOAT32, 4, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
      memory.copy(destination, source, count << 2);
      return 0;
    }
    case FLOAT16: {
      if (!isRow) return gather(FLOAT16, 2, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
      widenFloat16(source, destination, count);
      return 0;
    }
    case BFLOAT16: {
      if (!isRow) return gather(BFLOAT16, 2, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
      widenBfloat16(source, destination, count);
      return 0;
    }
    case FLOAT64: {
      if (isRow) return narrow(source, destination, count);
      return gather(FLOAT64, 8, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    }
    case INT8: return gather(INT8, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case UINT8: return gather(UINT8, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case INT16: return gather(INT16, 2, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case UINT16: return gather(UINT16, 2, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case FLOAT8_E4M3FN: return gather(FLOAT8_E4M3FN, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case FLOAT8_E4M3FNUZ: return gather(FLOAT8_E4M3FNUZ, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case FLOAT8_E5M2: return gather(FLOAT8_E5M2, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    case FLOAT8_E5M2FNUZ: return gather(FLOAT8_E5M2FNUZ, 1, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
    default: return gather(INT32, 4, source, destination, outer, inner, rows, columns, s0, s1, s2, s3, quantised, scale, zero, shift);
  }
}
