/*
 * Orthogonality: the half Gram matrix of a layer's rows, in panels of up to PANEL rows.
 *
 * A panel's rows are packed as T = f64, f32 or i16, in groups of four so that a 2×4 block reads both its operands in order:
 *
 *   | 1 / norm of each packed row (f64; rows rounded up to fours) | group 0 | group 1 | …
 *   group: | vector 0 of rows 0, 1, 2, 3 | vector 1 of rows 0, 1, 2, 3 | …        (16 bytes each)
 *
 * f64 rows are divided by their L2 norm. f32 rows are multiplied by a power of two, which loses no bit; i16 rows are scaled
 * as far as 16 bits and the 32-bit lanes of a run allow, and rounded; the norm of what is packed is kept. Products of a run
 * of vectors stay in registers, eight sums at a time, and are then added in double to the sums of all pairs at `sums`.
 */

import { highHalf, lowHalf } from "./halves";

/** `kind` of a panel: what its rows are packed as. */
// @ts-ignore: decorator
@inline
export const DOUBLE: i32 = 0;
// @ts-ignore: decorator
@inline
export const SINGLE: i32 = 1;
// @ts-ignore: decorator
@inline
export const INTEGER: i32 = 2;

/** Most rows of a panel. */
export const PANEL: usize = 128;
/** Vectors of four rows that the first cache holds beside those of eight others: 8 KB. */
const CHUNK: usize = 128;

/** Vectors of a run: bounds the error of float32 sums, and keeps the lanes of 16-bit products within 31 bits. */
// @ts-ignore: decorator
@inline
function run<T>(): usize {
  return isInteger<T>() ? 16 : CHUNK;
}

/** Bytes before a panel's groups. */
// @ts-ignore: decorator
@inline
function header(rows: usize): usize {
  return (rows + 3 & ~3) << 3;
}

/** Numbers in a vector. */
// @ts-ignore: decorator
@inline
function width<T>(): usize {
  return 16 / sizeof<T>();
}

// @ts-ignore: decorator
@inline
function vectors<T>(length: usize): usize {
  return (length + width<T>() - 1) / width<T>();
}

// @ts-ignore: decorator
@inline
function groupBytes<T>(length: usize): usize {
  return vectors<T>(length) << 6;
}

/** Bytes of a packed panel per row, rows rounded up to fours. `kind`: DOUBLE, SINGLE or INTEGER. */
export function packedRowBytes(kind: i32, length: usize): usize {
  const group = kind == DOUBLE ? groupBytes<f64>(length) : kind == SINGLE ? groupBytes<f32>(length) : groupBytes<i16>(length);
  return 8 + (group >> 2);
}

/** Bytes of `sums`. */
export function pairBytes(): usize {
  return PANEL * PANEL << 4;
}

/** sum + a·a. */
// @ts-ignore: decorator
@inline
function addSquare(sum: v128, a: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, a));
}

// @ts-ignore: decorator
@inline
function bothLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Σ w² of a row, in double: four lanes. */
function squares(source: usize, length: usize): f64 {
  const fours = source + ((length & ~3) << 2);
  const end = source + (length << 2);
  let low = f64x2.splat(0), high = low;
  let x = source;
  for (; x < fours; x += 16) {
    const four = v128.load(x);
    low = addSquare(low, lowHalf(four));
    high = addSquare(high, highHalf(four));
  }
  let sum = bothLanes(f64x2.add(low, high));
  for (; x < end; x += 4) {
    const value = <f64>load<f32>(x);
    sum += value * value;
  }
  return sum;
}

/**
 * The factor that brings a row to 16-bit integers: the largest may not pass 32,767, and the part of a run that one lane
 * sums may not pass an L2 norm of 46,300, so that by Cauchy and Schwarz no sum of products passes 2^31. 0 for a zero row.
 */
function integerScale(source: usize, length: usize): f64 {
  let tops = f32x4.splat(0);
  let top: f32 = 0;
  let most = f64x2.splat(0);
  let rest: f64 = 0;
  const RUN = run<i16>() << 3;
  const end = source + (length << 2);
  for (let from = source; from < end; from += RUN << 2) {
    const until = min<usize>(from + (RUN << 2), end);
    const zero = f64x2.splat(0);
    // A 32-bit lane sums the products of two neighbouring integers of each vector.
    let lane0 = zero, lane1 = zero, lane2 = zero, lane3 = zero;
    let x = from;
    for (; until - x >= 32; x += 32) {
      const a = v128.load(x), b = v128.load(x, 16);
      tops = f32x4.pmax(tops, f32x4.pmax(f32x4.abs(a), f32x4.abs(b)));
      lane0 = addSquare(lane0, lowHalf(a));
      lane1 = addSquare(lane1, highHalf(a));
      lane2 = addSquare(lane2, lowHalf(b));
      lane3 = addSquare(lane3, highHalf(b));
    }
    // Fewer than eight at the end of a row: any lane may hold these.
    for (; x < until; x += 4) {
      const value = load<f32>(x);
      top = max<f32>(top, abs<f32>(value));
      rest += <f64>value * <f64>value;
    }
    const sums = f64x2.pmax(
      f64x2.pmax(f64x2.splat(bothLanes(lane0)), f64x2.splat(bothLanes(lane1))),
      f64x2.pmax(f64x2.splat(bothLanes(lane2)), f64x2.splat(bothLanes(lane3))),
    );
    most = f64x2.pmax(most, sums);
  }
  top = max<f32>(top, max<f32>(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)));
  top = max<f32>(top, max<f32>(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)));
  if (top == 0) return 0;
  return min<f64>(32767 / <f64>top, 46300 / sqrt<f64>(f64x2.extract_lane(most, 0) + rest));
}

/** The power of two that brings a row of this squared L2 norm to a norm of 1 to 2. */
function powerOfTwo(square: f64): f64 {
  const exponent = reinterpret<u64>(sqrt<f64>(square)) >> 52;
  return reinterpret<f64>((2046 - exponent) << 52);
}

/** Eight float32 times `factor`, rounded, as 16-bit integers. */
// @ts-ignore: decorator
@inline
function integers(x: usize, factor: v128): v128 {
  const a = v128.load(x), b = v128.load(x, 16);
  const a0 = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(lowHalf(a), factor)));
  const a1 = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(highHalf(a), factor)));
  const b0 = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(lowHalf(b), factor)));
  const b1 = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(highHalf(b), factor)));
  return i16x8.narrow_i32x4_s(i64x2.shuffle(a0, a1, 0, 2), i64x2.shuffle(b0, b1, 0, 2));
}

/** One row to its place in a group. Returns 1 / norm of what was packed, 0 for a zero row. */
function packRow<T>(source: usize, length: usize, to: usize): f64 {
  const W = width<T>();
  const square = isInteger<T>() ? 0 : squares(source, length);
  const factor = isInteger<T>() ? integerScale(source, length) : sizeof<T>() == 4 ? powerOfTwo(square) : 1 / sqrt<f64>(square);
  if (isInteger<T>() ? factor == 0 : square == 0) {
    for (let k: usize = 0; k < length; k += W, to += 64) v128.store(to, f64x2.splat(0));
    return 0;
  }
  const factors = f64x2.splat(factor);
  let sums = f64x2.splat(0);
  let k: usize = 0;
  for (let x = source; k + W <= length; k += W, x += W << 2, to += 64) {
    if (isInteger<T>()) {
      const eight = integers(x, factors);
      v128.store(to, eight);
      const products = i32x4.dot_i16x8_s(eight, eight); // 2 · 32767² is less than 2^31
      sums = f64x2.add(sums, f64x2.convert_low_i32x4_s(products));
      sums = f64x2.add(sums, f64x2.convert_low_i32x4_s(i64x2.shuffle(products, products, 1, 1)));
    } else if (sizeof<T>() == 4) {
      const four = v128.load(x);
      const low = f32x4.demote_f64x2_zero(f64x2.mul(lowHalf(four), factors));
      v128.store(to, i64x2.shuffle(low, f32x4.demote_f64x2_zero(f64x2.mul(highHalf(four), factors)), 0, 2));
    } else {
      v128.store(to, f64x2.mul(lowHalf(v128.load64_zero(x)), factors));
    }
  }
  let norm = bothLanes(sums);
  if (k < length) {
    v128.store(to, f64x2.splat(0));
    for (let i: usize = 0; i < length - k; i++) {
      const value = <f64>load<f32>(source + ((k + i) << 2)) * factor;
      if (isInteger<T>()) {
        const rounded = nearest<f64>(value);
        store<i16>(to + (i << 1), <i16>rounded);
        norm += rounded * rounded;
      } else {
        store<T>(to + i * sizeof<T>(), <T>value);
      }
    }
  }
  if (isInteger<T>()) return 1 / sqrt<f64>(norm);
  return sizeof<T>() == 4 ? 1 / (sqrt<f64>(square) * factor) : 1;
}

function pack<T>(source: usize, rows: usize, length: usize, panel: usize): f64 {
  let inverseSquares: f64 = 0;
  const group = groupBytes<T>(length);
  const groups = panel + header(rows);
  const padded = rows + 3 & ~3;
  for (let r: usize = 0; r < padded; r++) {
    const to = groups + (r >> 2) * group + ((r & 3) << 4);
    if (r < rows) {
      const inverse = packRow<T>(source + r * (length << 2), length, to);
      store<f64>(panel + (r << 3), inverse);
      inverseSquares += inverse * inverse;
    } else {
      for (let at = to; at < to - ((r & 3) << 4) + group; at += 64) v128.store(at, f64x2.splat(0));
    }
  }
  return inverseSquares;
}

/** Packs `rows` (at most PANEL) rows of `length` float32. Returns Σ 1 / norm² of the packed rows but for zero rows. */
export function packRows(kind: i32, source: usize, rows: usize, length: usize, panel: usize): f64 {
  if (kind == DOUBLE) return pack<f64>(source, rows, length, panel);
  if (kind == SINGLE) return pack<f32>(source, rows, length, panel);
  return pack<i16>(source, rows, length, panel);
}

// @ts-ignore: decorator
@inline
function multiplyAdd<T>(sum: v128, a: v128, b: v128): v128 {
  if (isInteger<T>()) return i32x4.add(sum, i32x4.dot_i16x8_s(a, b));
  return v128.add<T>(sum, v128.mul<T>(a, b));
}

/** Adds a run's sums to those of a pair, in double. */
// @ts-ignore: decorator
@inline
function settle<T>(pair: usize, sum: v128): void {
  let wide = sum;
  if (isInteger<T>()) {
    wide = f64x2.add(f64x2.convert_low_i32x4_s(sum), f64x2.convert_low_i32x4_s(i64x2.shuffle(sum, sum, 1, 1)));
  } else if (sizeof<T>() == 4) {
    wide = f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 1)));
  }
  v128.store(pair, f64x2.add(v128.load(pair), wide));
}

/** Two rows (from x on) with the four of a group (from y on), run by run. `row`: bytes from one row's pairs to the next's. */
function block<T>(x: usize, y: usize, end: usize, pairs: usize, row: usize): void {
  const zero = i32x4.splat(0);
  const below = pairs + row;
  while (x < end) {
    const stop = min<usize>(x + (run<T>() << 6), end);
    const last = stop - 64;
    let p0 = zero, p1 = zero, p2 = zero, p3 = zero, q0 = zero, q1 = zero, q2 = zero, q3 = zero;
    // Two steps with a way out between them: one branch, one stack check for both.
    for (; x < stop; x += 128, y += 128) {
      const a = v128.load(x), b = v128.load(x, 16);
      let u = v128.load(y);
      p0 = multiplyAdd<T>(p0, a, u);
      q0 = multiplyAdd<T>(q0, b, u);
      u = v128.load(y, 16);
      p1 = multiplyAdd<T>(p1, a, u);
      q1 = multiplyAdd<T>(q1, b, u);
      u = v128.load(y, 32);
      p2 = multiplyAdd<T>(p2, a, u);
      q2 = multiplyAdd<T>(q2, b, u);
      u = v128.load(y, 48);
      p3 = multiplyAdd<T>(p3, a, u);
      q3 = multiplyAdd<T>(q3, b, u);
      if (x == last) break;
      const a2 = v128.load(x, 64), b2 = v128.load(x, 80);
      let u2 = v128.load(y, 64);
      p0 = multiplyAdd<T>(p0, a2, u2);
      q0 = multiplyAdd<T>(q0, b2, u2);
      u2 = v128.load(y, 80);
      p1 = multiplyAdd<T>(p1, a2, u2);
      q1 = multiplyAdd<T>(q1, b2, u2);
      u2 = v128.load(y, 96);
      p2 = multiplyAdd<T>(p2, a2, u2);
      q2 = multiplyAdd<T>(q2, b2, u2);
      u2 = v128.load(y, 112);
      p3 = multiplyAdd<T>(p3, a2, u2);
      q3 = multiplyAdd<T>(q3, b2, u2);
    }
    if (x < stop) {
      x += 64;
      y += 64;
    }
    settle<T>(pairs, p0);
    settle<T>(pairs + 16, p1);
    settle<T>(pairs + 32, p2);
    settle<T>(pairs + 48, p3);
    settle<T>(below, q0);
    settle<T>(below + 16, q1);
    settle<T>(below + 32, q2);
    settle<T>(below + 48, q3);
  }
}

/** Dot products of all pairs to `sums` (two double lanes each, PANEL to a row); of a panel with itself only the lower groups. */
function multiply<T>(a: usize, rowsA: usize, b: usize, rowsB: usize, length: usize, sums: usize): void {
  const group = groupBytes<T>(length);
  const groupsA = (rowsA + 3) >> 2, groupsB = (rowsB + 3) >> 2;
  const fromA = a + header(rowsA), fromB = b + header(rowsB);
  const step: usize = CHUNK << 6;
  const row: usize = PANEL << 4;
  memory.fill(sums, 0, (groupsA << 2) * row);
  for (let from: usize = 0; from < group; from += step) {
    const bytes = min<usize>(step, group - from);
    // Two groups of B stay in the first cache while all of A passes by.
    for (let j: usize = 0; j < groupsB; j += 2) {
      const last = min<usize>(j + 2, groupsB);
      for (let i: usize = a == b ? j : 0; i < groupsA; i++) {
        const x = fromA + i * group + from;
        const pairs = sums + (i << 2) * row;
        for (let jj = j; jj < last; jj++) {
          const y = fromB + jj * group + from;
          block<T>(x, y, x + bytes, pairs + (jj << 6), row);
          block<T>(x + 32, y, x + 32 + bytes, pairs + 2 * row + (jj << 6), row);
        }
      }
    }
  }
}

/**
 * Panel A's rows with panel B's (A = B: each pair once, the rows with themselves left out; then a row of zeros counts
 * 1, as |0·0 - 1|). To `out`: Σ |a·b| over all ordered pairs, how many of the pairs have |a·b| < near, and of each row of A, then of B
 * (PANEL doubles each; of a panel with itself the first alone), the largest |a·b| that it has with another.
 */
export function gramPanels(
  kind: i32, a: usize, rowsA: usize, b: usize, rowsB: usize, length: usize, near: f64, sums: usize, out: usize,
): void {
  if (kind == DOUBLE) multiply<f64>(a, rowsA, b, rowsB, length, sums);
  else if (kind == SINGLE) multiply<f32>(a, rowsA, b, rowsB, length, sums);
  else multiply<i16>(a, rowsA, b, rowsB, length, sums);
  const same = a == b;
  const nearestA = out + 16;
  const nearestB = same ? nearestA : nearestA + (PANEL << 3);
  memory.fill(nearestA, 0, PANEL << 4);
  const nears = f64x2.splat(near);
  let fewer = i64x2.splat(0);
  let total: f64 = 0;
  let few: i64 = 0;
  let zeros: u32 = 0;
  for (let i: usize = 0; i < rowsA; i++) {
    const pairs = sums + i * (PANEL << 4);
    const scale = load<f64>(a + (i << 3));
    const scales = f64x2.splat(scale);
    const until = (same ? i : rowsB) << 3;
    const twos = until & ~15;
    let most = f64x2.splat(0);
    let sum: f64 = 0;
    let j: usize = 0;
    // Two pairs at a time; the sum runs on from one to the next, as its order is part of the result.
    for (; j < twos; j += 16) {
      const p = v128.load(pairs + (j << 1)), q = v128.load(pairs + (j << 1), 16);
      const dots = f64x2.abs(f64x2.add(i64x2.shuffle(p, q, 0, 2), i64x2.shuffle(p, q, 1, 3)));
      const g = f64x2.mul(dots, f64x2.mul(scales, v128.load(b + j)));
      sum += f64x2.extract_lane(g, 0);
      sum += f64x2.extract_lane(g, 1);
      fewer = i64x2.sub(fewer, f64x2.lt(g, nears));
      most = f64x2.pmax(most, g);
      v128.store(nearestB + j, f64x2.pmax(v128.load(nearestB + j), g));
    }
    if (j < until) {
      const g = abs<f64>(load<f64>(pairs + (j << 1)) + load<f64>(pairs + (j << 1), 8)) * (scale * load<f64>(b + j));
      sum += g;
      if (g < near) few++;
      if (g > load<f64>(nearestB + j)) store<f64>(nearestB + j, g);
      most = f64x2.pmax(most, f64x2.splat(g));
    }
    const own = nearestA + (i << 3);
    let highest = load<f64>(own);
    if (f64x2.extract_lane(most, 0) > highest) highest = f64x2.extract_lane(most, 0);
    if (f64x2.extract_lane(most, 1) > highest) highest = f64x2.extract_lane(most, 1);
    store<f64>(own, highest);
    if (same && scale == 0) zeros++;
    total += sum;
  }
  few += i64x2.extract_lane(fewer, 0) + i64x2.extract_lane(fewer, 1);
  store<f64>(out, 2 * total + <f64>zeros);
  store<f64>(out, <f64>few, 8);
}
