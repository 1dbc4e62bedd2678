import { accumulatorBytes, merge } from "./accumulator";
import { quotient, scaled, sparseBound } from "./scaling";
import { CAPACITY, CAPACITY9, flush, tileBytes } from "./tile";

/*
 * One pass over a segment's filters (AoS, `taps` float32 each). `work` holds three tiles and one set:
 *   | scaled tile | clean tile | sparse tile | sparse set |
 * `out` receives
 *   | sparse filters (f64) | sum of |w| (f64) | scaled set | raw set | clean set |
 * A set is laid out as in accumulator.ts. The order of every addition is fixed by the data alone.
 */

/** Bytes of `work` that `moments` needs. */
export function momentsWorkBytes(taps: usize): usize {
  return 3 * tileBytes(taps, taps == 9 ? CAPACITY9 : CAPACITY) + accumulatorBytes(taps);
}

/** Bytes of `out` that `moments` fills. */
export function momentsBytes(taps: usize): usize {
  return 16 + 3 * accumulatorBytes(taps);
}

/** Appends one filter, less the tile's shift; the first filter is the shift. */
// @ts-ignore: decorator
@inline
function push(tile: usize, k: usize, taps: usize, capacity: usize, source: usize): void {
  const shift = tile + (taps * capacity << 3);
  if (k == 0) for (let j: usize = 0; j < taps; j++) store<f64>(shift + (j << 3), <f64>load<f32>(source + (j << 2)));
  for (let j: usize = 0, at = tile + (k << 3); j < taps; j++, at += capacity << 3) {
    store<f64>(at, <f64>load<f32>(source + (j << 2)) - load<f64>(shift + (j << 3)));
  }
}

/** The same for the filter divided by its largest absolute value. */
// @ts-ignore: decorator
@inline
function pushScaled(tile: usize, k: usize, taps: usize, capacity: usize, source: usize, top: f32): void {
  const divisor: f32 = top == 0 ? 1 : top;
  const reciprocal: f64 = 1 / <f64>divisor;
  const shift = tile + (taps * capacity << 3);
  if (k == 0) {
    for (let j: usize = 0; j < taps; j++) store<f64>(shift + (j << 3), scaled(load<f32>(source + (j << 2)), divisor, reciprocal));
  }
  for (let j: usize = 0, at = tile + (k << 3); j < taps; j++, at += capacity << 3) {
    store<f64>(at, scaled(load<f32>(source + (j << 2)), divisor, reciprocal) - load<f64>(shift + (j << 3)));
  }
}

/** One plane of four filters: raw and scaled, less the shifts. Adds |w| to the running sums, which it returns. */
// @ts-ignore: decorator
@inline
function putFour(
  plane: v128, tops: v128, topLow: v128, topHigh: v128, inverseLow: v128, inverseHigh: v128,
  scaledAt: usize, cleanAt: usize, scaledShift: usize, cleanShift: usize,
): void {
  const guess = f32x4.div(plane, tops);
  const low = f64x2.promote_low_f32x4(plane);
  const high = f64x2.promote_low_f32x4(i64x2.shuffle(plane, plane, 1, 1));
  const raw = v128.load64_splat(cleanShift);
  v128.store(cleanAt, f64x2.sub(low, raw));
  v128.store(cleanAt, f64x2.sub(high, raw), 16);
  const shift = v128.load64_splat(scaledShift);
  v128.store(scaledAt, f64x2.sub(quotient(low, f64x2.promote_low_f32x4(guess), topLow, inverseLow), shift));
  v128.store(
    scaledAt,
    f64x2.sub(quotient(high, f64x2.promote_low_f32x4(i64x2.shuffle(guess, guess, 1, 1)), topHigh, inverseHigh), shift),
    16,
  );
}

/** Sum of |w| over four planes' lanes, in double. */
// @ts-ignore: decorator
@inline
function absolute(plane: v128): v128 {
  const positive = f32x4.abs(plane);
  return f64x2.add(f64x2.promote_low_f32x4(positive), f64x2.promote_low_f32x4(i64x2.shuffle(positive, positive, 1, 1)));
}

// @ts-ignore: decorator
@inline
function topOf(source: usize, taps: usize): f32 {
  let top: f32 = 0;
  for (let j: usize = 0; j < taps; j++) top = max<f32>(top, abs<f32>(load<f32>(source + (j << 2))));
  return top;
}

function moments9(source: usize, filters: usize, bound: f32, work: usize, out: usize): void {
  const T = CAPACITY9;
  const P: usize = CAPACITY9 << 3;
  const size = tileBytes(9, T);
  const scaledTile = work;
  const cleanTile = scaledTile + size;
  const sparseTile = cleanTile + size;
  const scaledShift = scaledTile + 9 * P;
  const cleanShift = cleanTile + 9 * P;
  const sparseSet = sparseTile + size;
  const scaledSet = out + 16;
  const rawSet = scaledSet + accumulatorBytes(9);
  const cleanSet = rawSet + accumulatorBytes(9);
  const bounds = f32x4.splat(bound);
  let sums = f64x2.splat(0);
  let sum: f64 = 0;
  let sparse: usize = 0;
  let clean: usize = 0;
  let sparseHeld: usize = 0;
  const end = source + filters * 36;
  let x = source;
  while (x < end) {
    // Four filters at once while all are non-sparse, the tile is begun and has room.
    if (clean - 1 < T - 4 && end - x >= 144) {
      const a0 = v128.load(x), a1 = v128.load(x, 36), a2 = v128.load(x, 72), a3 = v128.load(x, 108);
      const b0 = v128.load(x, 16), b1 = v128.load(x, 52), b2 = v128.load(x, 88), b3 = v128.load(x, 124);
      const p8 = v128.load32_lane(x + 140, v128.load32_lane(x + 104, v128.load32_lane(x + 68, v128.load32_zero(x, 32), 1), 2), 3);
      const a01l = i32x4.shuffle(a0, a1, 0, 4, 1, 5), a01h = i32x4.shuffle(a0, a1, 2, 6, 3, 7);
      const a23l = i32x4.shuffle(a2, a3, 0, 4, 1, 5), a23h = i32x4.shuffle(a2, a3, 2, 6, 3, 7);
      const b01l = i32x4.shuffle(b0, b1, 0, 4, 1, 5), b01h = i32x4.shuffle(b0, b1, 2, 6, 3, 7);
      const b23l = i32x4.shuffle(b2, b3, 0, 4, 1, 5), b23h = i32x4.shuffle(b2, b3, 2, 6, 3, 7);
      const p0 = i64x2.shuffle(a01l, a23l, 0, 2), p1 = i64x2.shuffle(a01l, a23l, 1, 3);
      const p2 = i64x2.shuffle(a01h, a23h, 0, 2), p3 = i64x2.shuffle(a01h, a23h, 1, 3);
      const p4 = i64x2.shuffle(b01l, b23l, 0, 2), p5 = i64x2.shuffle(b01l, b23l, 1, 3);
      const p6 = i64x2.shuffle(b01h, b23h, 0, 2), p7 = i64x2.shuffle(b01h, b23h, 1, 3);
      let tops = f32x4.pmax(f32x4.abs(p0), f32x4.abs(p1));
      tops = f32x4.pmax(tops, f32x4.pmax(f32x4.abs(p2), f32x4.abs(p3)));
      tops = f32x4.pmax(tops, f32x4.pmax(f32x4.abs(p4), f32x4.abs(p5)));
      tops = f32x4.pmax(tops, f32x4.pmax(f32x4.abs(p6), f32x4.abs(p7)));
      tops = f32x4.pmax(tops, f32x4.abs(p8));
      if (!v128.any_true(f32x4.le(tops, bounds))) {
        tops = v128.bitselect(f32x4.splat(1), tops, f32x4.eq(tops, f32x4.splat(0)));
        const topLow = f64x2.promote_low_f32x4(tops);
        const topHigh = f64x2.promote_low_f32x4(i64x2.shuffle(tops, tops, 1, 1));
        const inverseLow = f64x2.div(f64x2.splat(1), topLow);
        const inverseHigh = f64x2.div(f64x2.splat(1), topHigh);
        const s = scaledTile + (clean << 3);
        const c = cleanTile + (clean << 3);
        putFour(p0, tops, topLow, topHigh, inverseLow, inverseHigh, s, c, scaledShift, cleanShift);
        putFour(p1, tops, topLow, topHigh, inverseLow, inverseHigh, s + P, c + P, scaledShift + 8, cleanShift + 8);
        putFour(p2, tops, topLow, topHigh, inverseLow, inverseHigh, s + 2 * P, c + 2 * P, scaledShift + 16, cleanShift + 16);
        putFour(p3, tops, topLow, topHigh, inverseLow, inverseHigh, s + 3 * P, c + 3 * P, scaledShift + 24, cleanShift + 24);
        putFour(p4, tops, topLow, topHigh, inverseLow, inverseHigh, s + 4 * P, c + 4 * P, scaledShift + 32, cleanShift + 32);
        putFour(p5, tops, topLow, topHigh, inverseLow, inverseHigh, s + 5 * P, c + 5 * P, scaledShift + 40, cleanShift + 40);
        putFour(p6, tops, topLow, topHigh, inverseLow, inverseHigh, s + 6 * P, c + 6 * P, scaledShift + 48, cleanShift + 48);
        putFour(p7, tops, topLow, topHigh, inverseLow, inverseHigh, s + 7 * P, c + 7 * P, scaledShift + 56, cleanShift + 56);
        putFour(p8, tops, topLow, topHigh, inverseLow, inverseHigh, s + 8 * P, c + 8 * P, scaledShift + 64, cleanShift + 64);
        let part = f64x2.add(absolute(p0), absolute(p1));
        part = f64x2.add(part, f64x2.add(absolute(p2), absolute(p3)));
        part = f64x2.add(part, f64x2.add(absolute(p4), absolute(p5)));
        part = f64x2.add(part, f64x2.add(absolute(p6), absolute(p7)));
        sums = f64x2.add(sums, f64x2.add(part, absolute(p8)));
        clean += 4;
        x += 144;
        if (clean == T) {
          flush(scaledTile, T, 9, T, scaledSet);
          flush(cleanTile, T, 9, T, cleanSet);
          clean = 0;
        }
        continue;
      }
    }
    // One filter: the first of a tile, a sparse one, or its neighbours.
    const top = topOf(x, 9);
    for (let j: usize = 0; j < 36; j += 4) sum += <f64>abs<f32>(load<f32>(x + j));
    if (top <= bound) {
      push(sparseTile, sparseHeld++, 9, T, x);
      sparse++;
      if (sparseHeld == T) {
        flush(sparseTile, T, 9, T, sparseSet);
        sparseHeld = 0;
      }
    } else {
      pushScaled(scaledTile, clean, 9, T, x, top);
      push(cleanTile, clean++, 9, T, x);
      if (clean == T) {
        flush(scaledTile, T, 9, T, scaledSet);
        flush(cleanTile, T, 9, T, cleanSet);
        clean = 0;
      }
    }
    x += 36;
  }
  flush(scaledTile, clean, 9, T, scaledSet);
  flush(cleanTile, clean, 9, T, cleanSet);
  flush(sparseTile, sparseHeld, 9, T, sparseSet);
  store<f64>(out, <f64>sparse);
  store<f64>(out, sum + (f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)), 8);
}

function momentsAny(source: usize, filters: usize, taps: usize, bound: f32, work: usize, out: usize): void {
  const T = CAPACITY;
  const size = tileBytes(taps, T);
  const scaledTile = work;
  const cleanTile = scaledTile + size;
  const sparseTile = cleanTile + size;
  const sparseSet = sparseTile + size;
  const scaledSet = out + 16;
  const cleanSet = scaledSet + 2 * accumulatorBytes(taps);
  const step = taps << 2;
  const end = source + filters * step;
  let sum: f64 = 0;
  let sparse: usize = 0;
  let clean: usize = 0;
  let sparseHeld: usize = 0;
  for (let x = source; x < end; x += step) {
    const top = topOf(x, taps);
    for (let j: usize = 0; j < step; j += 4) sum += <f64>abs<f32>(load<f32>(x + j));
    if (top <= bound) {
      push(sparseTile, sparseHeld++, taps, T, x);
      sparse++;
      if (sparseHeld == T) {
        flush(sparseTile, T, taps, T, sparseSet);
        sparseHeld = 0;
      }
    } else {
      pushScaled(scaledTile, clean, taps, T, x, top);
      push(cleanTile, clean++, taps, T, x);
      if (clean == T) {
        flush(scaledTile, T, taps, T, scaledSet);
        flush(cleanTile, T, taps, T, cleanSet);
        clean = 0;
      }
    }
  }
  flush(scaledTile, clean, taps, T, scaledSet);
  flush(cleanTile, clean, taps, T, cleanSet);
  flush(sparseTile, sparseHeld, taps, T, sparseSet);
  store<f64>(out, <f64>sparse);
  store<f64>(out, sum, 8);
}

/**
 * Counts and sufficient statistics of `filters` filters of `taps` taps: sparse ones (max-abs <= limit, or < when strict),
 * the others scaled by their own max-abs, all as they are (raw), the others as they are (clean).
 */
export function moments(source: usize, filters: usize, taps: usize, limit: f64, strict: bool, work: usize, out: usize): void {
  const bytes = accumulatorBytes(taps);
  memory.fill(out, 0, momentsBytes(taps));
  const sparseSet = work + 3 * tileBytes(taps, taps == 9 ? CAPACITY9 : CAPACITY);
  memory.fill(sparseSet, 0, bytes);
  const bound = sparseBound(limit, strict);
  if (taps == 9) moments9(source, filters, bound, work, out);
  else momentsAny(source, filters, taps, bound, work, out);
  const rawSet = out + 16 + bytes;
  merge(rawSet, rawSet + bytes, taps);
  merge(rawSet, sparseSet, taps);
}

/** Sum of |w - mean| over `count` float32. */
export function absoluteDeviation(source: usize, count: usize, mean: f64): f64 {
  const centre = f64x2.splat(mean);
  let low = f64x2.splat(0);
  let high = low;
  const vectorEnd = source + ((count & ~3) << 2);
  const end = source + (count << 2);
  let x = source;
  for (; x < vectorEnd; x += 16) {
    const values = v128.load(x);
    low = f64x2.add(low, f64x2.abs(f64x2.sub(f64x2.promote_low_f32x4(values), centre)));
    high = f64x2.add(high, f64x2.abs(f64x2.sub(f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 1)), centre)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; x < end; x += 4) sum += abs<f64>(<f64>load<f32>(x) - mean);
  return sum;
}
