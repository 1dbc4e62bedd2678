import { PLANE } from "./layout";

/*
 * Sums and products of a tile's planes. A plane holds one tap of all its filters, in double; `PLANE` bytes lie between two.
 * Only the upper triangle of the products (row-major, taps × taps) is written.
 */

/** Bytes from plane to plane, as a short name. */
const P: usize = PLANE;

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Two planes (at x) with four (at y): eight sums stay in registers. */
// @ts-ignore: decorator
@inline
function twoByFour(x: usize, y: usize, stop: usize, first: usize, second: usize): void {
  const zero = f64x2.splat(0);
  let p0 = zero, p1 = zero, p2 = zero, p3 = zero, q0 = zero, q1 = zero, q2 = zero, q3 = zero;
  for (; x < stop; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x, P);
    let u = v128.load(y);
    p0 = f64x2.add(p0, f64x2.mul(a, u));
    q0 = f64x2.add(q0, f64x2.mul(b, u));
    u = v128.load(y, P);
    p1 = f64x2.add(p1, f64x2.mul(a, u));
    q1 = f64x2.add(q1, f64x2.mul(b, u));
    u = v128.load(y, 2 * P);
    p2 = f64x2.add(p2, f64x2.mul(a, u));
    q2 = f64x2.add(q2, f64x2.mul(b, u));
    u = v128.load(y, 3 * P);
    p3 = f64x2.add(p3, f64x2.mul(a, u));
    q3 = f64x2.add(q3, f64x2.mul(b, u));
  }
  store<f64>(first, lanes(p0));
  store<f64>(first, lanes(p1), 8);
  store<f64>(first, lanes(p2), 16);
  store<f64>(first, lanes(p3), 24);
  store<f64>(second, lanes(q0));
  store<f64>(second, lanes(q1), 8);
  store<f64>(second, lanes(q2), 16);
  store<f64>(second, lanes(q3), 24);
}

/** Two planes (at x) with three (at y), and the two planes' own sums. */
// @ts-ignore: decorator
@inline
function twoByThree(x: usize, y: usize, stop: usize, first: usize, second: usize, sums: usize): void {
  const zero = f64x2.splat(0);
  let p0 = zero, p1 = zero, p2 = zero, q0 = zero, q1 = zero, q2 = zero, s = zero, t = zero;
  for (; x < stop; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x, P);
    s = f64x2.add(s, a);
    t = f64x2.add(t, b);
    let u = v128.load(y);
    p0 = f64x2.add(p0, f64x2.mul(a, u));
    q0 = f64x2.add(q0, f64x2.mul(b, u));
    u = v128.load(y, P);
    p1 = f64x2.add(p1, f64x2.mul(a, u));
    q1 = f64x2.add(q1, f64x2.mul(b, u));
    u = v128.load(y, 2 * P);
    p2 = f64x2.add(p2, f64x2.mul(a, u));
    q2 = f64x2.add(q2, f64x2.mul(b, u));
  }
  store<f64>(first, lanes(p0));
  store<f64>(first, lanes(p1), 8);
  store<f64>(first, lanes(p2), 16);
  store<f64>(second, lanes(q0));
  store<f64>(second, lanes(q1), 8);
  store<f64>(second, lanes(q2), 16);
  store<f64>(sums, lanes(s));
  store<f64>(sums, lanes(t), 8);
}

/** Own products of two planes and of the two after them, and the sums of the latter. */
// @ts-ignore: decorator
@inline
function pairs(x: usize, stop: usize, products: usize, sums: usize): void {
  const zero = f64x2.splat(0);
  let p00 = zero, p01 = zero, p11 = zero, p22 = zero, p23 = zero, p33 = zero, s = zero, t = zero;
  for (; x < stop; x += 16) {
    const a = v128.load(x), b = v128.load(x, P);
    p00 = f64x2.add(p00, f64x2.mul(a, a));
    p01 = f64x2.add(p01, f64x2.mul(a, b));
    p11 = f64x2.add(p11, f64x2.mul(b, b));
    const c = v128.load(x, 2 * P), d = v128.load(x, 3 * P);
    p22 = f64x2.add(p22, f64x2.mul(c, c));
    p23 = f64x2.add(p23, f64x2.mul(c, d));
    p33 = f64x2.add(p33, f64x2.mul(d, d));
    s = f64x2.add(s, c);
    t = f64x2.add(t, d);
  }
  store<f64>(products, lanes(p00));
  store<f64>(products, lanes(p01), 8);
  store<f64>(products, lanes(p11), 80);
  store<f64>(products, lanes(p22), 160);
  store<f64>(products, lanes(p23), 168);
  store<f64>(products, lanes(p33), 240);
  store<f64>(sums, lanes(s), 16);
  store<f64>(sums, lanes(t), 24);
}

/** Plane 8: its sum, and its products with planes 2, 3, 6, 7 and itself. */
// @ts-ignore: decorator
@inline
function lastPlane(x: usize, stop: usize, products: usize, sums: usize): void {
  const zero = f64x2.splat(0);
  let p2 = zero, p3 = zero, p6 = zero, p7 = zero, p8 = zero, s = zero;
  for (; x < stop; x += 16) {
    const a = v128.load(x, 8 * P);
    s = f64x2.add(s, a);
    p8 = f64x2.add(p8, f64x2.mul(a, a));
    p2 = f64x2.add(p2, f64x2.mul(a, v128.load(x, 2 * P)));
    p3 = f64x2.add(p3, f64x2.mul(a, v128.load(x, 3 * P)));
    p6 = f64x2.add(p6, f64x2.mul(a, v128.load(x, 6 * P)));
    p7 = f64x2.add(p7, f64x2.mul(a, v128.load(x, 7 * P)));
  }
  store<f64>(products, lanes(p2), 72 * 2 + 64);
  store<f64>(products, lanes(p3), 72 * 3 + 64);
  store<f64>(products, lanes(p6), 72 * 6 + 64);
  store<f64>(products, lanes(p7), 72 * 7 + 64);
  store<f64>(products, lanes(p8), 72 * 8 + 64);
  store<f64>(sums, lanes(s), 64);
}

/** Upper triangle of the products of nine planes (row-major 9×9) and their sums, in blocks of eight sums. */
export function products9(planes: usize, end: usize, sums: usize, products: usize): void {
  twoByFour(planes, planes + 2 * P, end, products + 2 * 8, products + 11 * 8);
  twoByThree(planes, planes + 6 * P, end, products + 6 * 8, products + 15 * 8, sums);
  twoByFour(planes + 2 * P, planes + 4 * P, end + 2 * P, products + 22 * 8, products + 31 * 8);
  twoByThree(planes + 4 * P, planes + 6 * P, end + 4 * P, products + 42 * 8, products + 51 * 8, sums + 32);
  pairs(planes, end, products, sums);
  pairs(planes + 4 * P, end + 4 * P, products + 40 * 8, sums + 32);
  lastPlane(planes, end, products, sums);
}

/** The same for any number of planes, in 1×4 register blocks. */
export function productsAny(planes: usize, bytes: usize, taps: usize, sums: usize, out: usize): void {
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
