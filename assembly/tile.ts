import { accumulatorBytes, merge } from "./accumulator";

/*
 * A tile: up to `capacity` filters of one set, tap by tap (SoA), in double, less the tile's first filter. That shift
 * makes a set of equal filters exactly zero, and keeps S - d·dᵀ/k from cancelling.
 *
 *   | plane 0: capacity f64 | plane 1 | … | plane t-1 | shift: t f64 | sums and products: as an accumulator |
 */

/** Filters per tile of 3×3 filters: 18 KB of planes. */
export const CAPACITY9: usize = 256;
/** Filters per tile of any other size. */
export const CAPACITY: usize = 64;

// @ts-ignore: decorator
@inline
export function tileBytes(taps: usize, capacity: usize): usize {
  return ((taps * capacity + taps) << 3) + accumulatorBytes(taps) + 15 & ~15;
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Sums of three neighbouring planes and their six products with each other. `P`: bytes per plane. */
// @ts-ignore: decorator
@inline
function diagonalBlock(planes: usize, end: usize, first: usize, sums: usize, products: usize): void {
  const P: usize = CAPACITY9 << 3;
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0;
  let p00 = s0, p01 = s0, p02 = s0, p11 = s0, p12 = s0, p22 = s0;
  for (let x = planes + first * P, stop = end + first * P; x < stop; x += 16) {
    const a = v128.load(x), b = v128.load(x, P), c = v128.load(x, 2 * P);
    s0 = f64x2.add(s0, a);
    s1 = f64x2.add(s1, b);
    s2 = f64x2.add(s2, c);
    p00 = f64x2.add(p00, f64x2.mul(a, a));
    p01 = f64x2.add(p01, f64x2.mul(a, b));
    p02 = f64x2.add(p02, f64x2.mul(a, c));
    p11 = f64x2.add(p11, f64x2.mul(b, b));
    p12 = f64x2.add(p12, f64x2.mul(b, c));
    p22 = f64x2.add(p22, f64x2.mul(c, c));
  }
  const s = sums + (first << 3);
  store<f64>(s, lanes(s0));
  store<f64>(s, lanes(s1), 8);
  store<f64>(s, lanes(s2), 16);
  const q = products + first * 80;
  store<f64>(q, lanes(p00));
  store<f64>(q, lanes(p01), 8);
  store<f64>(q, lanes(p02), 16);
  store<f64>(q, lanes(p11), 80);
  store<f64>(q, lanes(p12), 88);
  store<f64>(q, lanes(p22), 160);
}

/** The nine products of three neighbouring planes with three later ones. */
// @ts-ignore: decorator
@inline
function crossBlock(planes: usize, end: usize, first: usize, second: usize, products: usize): void {
  const P: usize = CAPACITY9 << 3;
  let p00 = f64x2.splat(0), p01 = p00, p02 = p00, p10 = p00, p11 = p00, p12 = p00, p20 = p00, p21 = p00, p22 = p00;
  const apart = (second - first) * P;
  for (let x = planes + first * P, stop = end + first * P; x < stop; x += 16) {
    const u = v128.load(x + apart), v = v128.load(x + apart, P), w = v128.load(x + apart, 2 * P);
    const a = v128.load(x);
    p00 = f64x2.add(p00, f64x2.mul(a, u));
    p01 = f64x2.add(p01, f64x2.mul(a, v));
    p02 = f64x2.add(p02, f64x2.mul(a, w));
    const b = v128.load(x, P);
    p10 = f64x2.add(p10, f64x2.mul(b, u));
    p11 = f64x2.add(p11, f64x2.mul(b, v));
    p12 = f64x2.add(p12, f64x2.mul(b, w));
    const c = v128.load(x, 2 * P);
    p20 = f64x2.add(p20, f64x2.mul(c, u));
    p21 = f64x2.add(p21, f64x2.mul(c, v));
    p22 = f64x2.add(p22, f64x2.mul(c, w));
  }
  const q = products + first * 72 + second * 8;
  store<f64>(q, lanes(p00));
  store<f64>(q, lanes(p01), 8);
  store<f64>(q, lanes(p02), 16);
  store<f64>(q, lanes(p10), 72);
  store<f64>(q, lanes(p11), 80);
  store<f64>(q, lanes(p12), 88);
  store<f64>(q, lanes(p20), 144);
  store<f64>(q, lanes(p21), 152);
  store<f64>(q, lanes(p22), 160);
}

/** Upper triangle of the products of nine planes, in 3×3 register blocks. */
function products9(planes: usize, end: usize, sums: usize, products: usize): void {
  diagonalBlock(planes, end, 0, sums, products);
  diagonalBlock(planes, end, 3, sums, products);
  diagonalBlock(planes, end, 6, sums, products);
  crossBlock(planes, end, 0, 3, products);
  crossBlock(planes, end, 0, 6, products);
  crossBlock(planes, end, 3, 6, products);
}

/** The same for any number of planes, in 1×4 register blocks. */
function products(planes: usize, bytes: usize, taps: usize, sums: usize, out: usize): void {
  const P: usize = CAPACITY << 3;
  for (let i: usize = 0; i < taps; i++) {
    const left = planes + i * P;
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < bytes; k += 16) sum = f64x2.add(sum, v128.load(left + k));
    store<f64>(sums + (i << 3), lanes(sum));
    const row = out + ((i * taps) << 3);
    let j = i;
    for (; j + 4 <= taps; j += 4) {
      const right = planes + j * P;
      let p0 = f64x2.splat(0), p1 = p0, p2 = p0, p3 = p0;
      for (let k: usize = 0; k < bytes; k += 16) {
        const a = v128.load(left + k);
        p0 = f64x2.add(p0, f64x2.mul(a, v128.load(right + k)));
        p1 = f64x2.add(p1, f64x2.mul(a, v128.load(right + k, P)));
        p2 = f64x2.add(p2, f64x2.mul(a, v128.load(right + k, 2 * P)));
        p3 = f64x2.add(p3, f64x2.mul(a, v128.load(right + k, 3 * P)));
      }
      const to = row + (j << 3);
      store<f64>(to, lanes(p0));
      store<f64>(to, lanes(p1), 8);
      store<f64>(to, lanes(p2), 16);
      store<f64>(to, lanes(p3), 24);
    }
    for (; j < taps; j++) {
      const right = planes + j * P;
      let p = f64x2.splat(0);
      for (let k: usize = 0; k < bytes; k += 16) p = f64x2.add(p, f64x2.mul(v128.load(left + k), v128.load(right + k)));
      store<f64>(row + (j << 3), lanes(p));
    }
  }
}

/** Folds a tile of `k` filters into the set at `into`; the tile is free again. */
export function flush(tile: usize, k: usize, taps: usize, capacity: usize, into: usize): void {
  if (k == 0) return;
  const planes = taps * capacity << 3;
  const shift = tile + planes;
  const part = shift + (taps << 3);
  const mean = part + 8;
  const scatter = mean + (taps << 3);
  if (k & 1) {
    for (let j: usize = 0, at = tile + (k << 3); j < taps; j++, at += capacity << 3) store<f64>(at, 0);
  }
  const bytes = (k + 1 & ~1) << 3;
  if (taps == 9) products9(tile, tile + bytes, mean, scatter);
  else products(tile, bytes, taps, mean, scatter);
  const n = <f64>k;
  for (let i: usize = 0; i < taps; i++) {
    const di = load<f64>(mean + (i << 3)) / n;
    for (let j = i; j < taps; j++) {
      const at = scatter + ((i * taps + j) << 3);
      const centred = load<f64>(at) - di * load<f64>(mean + (j << 3));
      store<f64>(at, centred);
      store<f64>(scatter + ((j * taps + i) << 3), centred);
    }
  }
  for (let i: usize = 0; i < taps << 3; i += 8) {
    store<f64>(mean + i, load<f64>(shift + i) + load<f64>(mean + i) / n);
  }
  store<f64>(part, n);
  merge(into, part, taps);
}
