import { NARROW, PLANE, wideBytes } from "./layout";
import { products9, productsAny } from "./products";

/** 1 / max-abs of the k filters of a tile, in double; 0 for a zero filter, which so stays zero. */
function invert(tops: usize, k: usize, reciprocals: usize): void {
  const one = f64x2.splat(1), zero = f64x2.splat(0);
  for (let i: usize = 0; i < k; i += 2) {
    const top = f64x2.promote_low_f32x4(v128.load64_zero(tops + (i << 2)));
    v128.store(reciprocals + (i << 3), v128.andnot(f64x2.div(one, top), f64x2.eq(top, zero)));
  }
}

/** Widens the planes of k filters, less the first filter. Returns their sum of |w - centre|. */
export function widen(tile: usize, k: usize, taps: usize, wide: usize, centre: f64): f64 {
  const centres = f64x2.splat(centre);
  const magnitude = i64x2.splat(0x7fffffffffffffff);
  const shifts = wide + (taps + 1) * PLANE;
  let low = f64x2.splat(0), high = low;
  let rest: f64 = 0;
  for (let j: usize = 0; j < taps; j++, tile += NARROW, wide += PLANE) {
    const first = <f64>load<f32>(tile);
    store<f64>(shifts + (j << 3), first);
    const shift = f64x2.splat(first);
    const fours = tile + ((k & ~3) << 2);
    const stop = tile + (k << 2);
    let x = tile, to = wide;
    for (; x < fours; x += 16, to += 32) {
      const a = f64x2.promote_low_f32x4(v128.load64_zero(x));
      v128.store(to, f64x2.sub(a, shift));
      low = f64x2.add(low, v128.and(f64x2.sub(a, centres), magnitude));
      const b = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
      v128.store(to, f64x2.sub(b, shift), 16);
      high = f64x2.add(high, v128.and(f64x2.sub(b, centres), magnitude));
    }
    for (; x < stop; x += 4, to += 8) {
      const value = <f64>load<f32>(x);
      store<f64>(to, value - first);
      rest += abs<f64>(value - centre);
    }
    if (k & 1) store<f64>(to, 0);
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + rest;
}

/**
 * The same, and at `scaled` the filters divided by their max-abs, that is, times its reciprocal in double, less the first of
 * them: one pass over the tile for both.
 */
export function widenBoth(tile: usize, k: usize, taps: usize, wide: usize, scaled: usize, centre: f64): f64 {
  const centres = f64x2.splat(centre);
  const magnitude = i64x2.splat(0x7fffffffffffffff);
  const apart = scaled - wide;
  const shifts = wide + (taps + 1) * PLANE;
  const reciprocals = scaled + taps * PLANE;
  invert(tile + taps * NARROW, k, reciprocals);
  let low = f64x2.splat(0), high = low;
  let rest: f64 = 0;
  for (let j: usize = 0; j < taps; j++, tile += NARROW, wide += PLANE) {
    const first = <f64>load<f32>(tile);
    const firstScaled = first * load<f64>(reciprocals);
    store<f64>(shifts + (j << 3), first);
    store<f64>(shifts + apart + (j << 3), firstScaled);
    const shift = f64x2.splat(first);
    const shiftScaled = f64x2.splat(firstScaled);
    const fours = tile + ((k & ~3) << 2);
    const stop = tile + (k << 2);
    let x = tile, to = wide, r = reciprocals;
    for (; x < fours; x += 16, to += 32, r += 32) {
      const a = f64x2.promote_low_f32x4(v128.load64_zero(x));
      v128.store(to, f64x2.sub(a, shift));
      v128.store(to + apart, f64x2.sub(f64x2.mul(a, v128.load(r)), shiftScaled));
      low = f64x2.add(low, v128.and(f64x2.sub(a, centres), magnitude));
      const b = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
      v128.store(to, f64x2.sub(b, shift), 16);
      v128.store(to + apart, f64x2.sub(f64x2.mul(b, v128.load(r, 16)), shiftScaled), 16);
      high = f64x2.add(high, v128.and(f64x2.sub(b, centres), magnitude));
    }
    for (; x < stop; x += 4, to += 8, r += 8) {
      const value = <f64>load<f32>(x);
      store<f64>(to, value - first);
      store<f64>(to + apart, value * load<f64>(r) - firstScaled);
      rest += abs<f64>(value - centre);
    }
    if (k & 1) {
      store<f64>(to, 0);
      store<f64>(to + apart, 0);
    }
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + rest;
}

/**
 * Folds k widened filters into the set at `into`: the arithmetic of `merge`, on the upper triangle of the scatter alone.
 */
function fold(wide: usize, k: usize, taps: usize, into: usize): void {
  const shifts = wide + (taps + 1) * PLANE;
  const sums = shifts + (taps << 3);
  const apart = sums + (taps << 3);
  const products = apart + (taps << 3);
  const bytes = (k + 1 & ~1) << 3;
  if (taps == 9) products9(wide, wide + bytes, sums, products);
  else productsAny(wide, bytes, taps, sums, products);
  const held = load<f64>(into);
  const n = <f64>k;
  const total = held + n;
  const share = n / total;
  const weight = held * share;
  const means = into + 8;
  const scatter = means + (taps << 3);
  for (let at: usize = 0; at < taps << 3; at += 8) {
    const mean = load<f64>(means + at);
    const difference = load<f64>(shifts + at) + load<f64>(sums + at) / n - mean;
    store<f64>(apart + at, difference);
    // The first tile's mean is taken as it is.
    store<f64>(means + at, held == 0 ? difference : mean + difference * share);
  }
  for (let i: usize = 0; i < taps; i++) {
    const row = (i * taps) << 3;
    const own = load<f64>(sums + (i << 3)) / n;
    const lift = load<f64>(apart + (i << 3));
    for (let j = i; j < taps; j++) {
      const at = j << 3;
      const centred = load<f64>(products + row + at) - own * load<f64>(sums + at);
      const between = lift * load<f64>(apart + at) * weight;
      store<f64>(scatter + row + at, load<f64>(scatter + row + at) + centred + between);
    }
  }
  store<f64>(into, total);
}

/** Folds a tile of k filters, as they are, into the set at `into`. Returns their sum of |w - centre|. */
export function flush(tile: usize, k: usize, taps: usize, wide: usize, into: usize, centre: f64): f64 {
  if (k == 0) return 0;
  const deviation = widen(tile, k, taps, wide, centre);
  fold(wide, k, taps, into);
  return deviation;
}

/** The same, and the filters divided by their max-abs into the set at `intoScaled`. `wide`: room for two. */
export function flushBoth(tile: usize, k: usize, taps: usize, wide: usize, into: usize, intoScaled: usize, centre: f64): f64 {
  if (k == 0) return 0;
  const scaled = wide + wideBytes(taps);
  const deviation = widenBoth(tile, k, taps, wide, scaled, centre);
  fold(scaled, k, taps, intoScaled);
  fold(wide, k, taps, into);
  return deviation;
}

/** Copies the upper triangle of a set's scatter to the lower. */
export function mirror(set: usize, taps: usize): void {
  const scatter = set + ((1 + taps) << 3);
  for (let i: usize = 0; i < taps; i++) {
    for (let j: usize = 0; j < i; j++) store<f64>(scatter + ((i * taps + j) << 3), load<f64>(scatter + ((j * taps + i) << 3)));
  }
}
