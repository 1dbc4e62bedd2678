/*
 * A matrix of float32 rows times vectors of doubles, for what is found by multiplying alone (the spectrum). Sums run in four lanes from
 * a row's first weight on, and rows follow one another, so the order of every addition is that of the data.
 */

import { highHalf, lowHalf } from "./halves";

/** Adds to each of the `rows` doubles at y: the product of a row of `length` float32 with the vector at x. Rows lie `stride` weights apart. */
export function rowsTimes(source: usize, rows: usize, length: usize, stride: usize, x: usize, y: usize): void {
  const fours = length & ~3;
  for (let r: usize = 0; r < rows; r++) {
    const row = source + r * (stride << 2);
    let a = f64x2.splat(0), b = a;
    let k: usize = 0;
    for (; k < fours; k += 4) {
      const four = v128.load(row + (k << 2));
      a = f64x2.add(a, f64x2.mul(lowHalf(four), v128.load(x + (k << 3))));
      b = f64x2.add(b, f64x2.mul(highHalf(four), v128.load(x + (k << 3), 16)));
    }
    a = f64x2.add(a, b);
    let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
    for (; k < length; k++) sum += <f64>load<f32>(row + (k << 2)) * load<f64>(x + (k << 3));
    store<f64>(y + (r << 3), load<f64>(y + (r << 3)) + sum);
  }
}

/** Adds to the `length` doubles at x: each row times its double at y. */
export function timesRows(source: usize, rows: usize, length: usize, stride: usize, y: usize, x: usize): void {
  const fours = length & ~3;
  for (let r: usize = 0; r < rows; r++) {
    const row = source + r * (stride << 2);
    const factor = load<f64>(y + (r << 3));
    const factors = f64x2.splat(factor);
    let k: usize = 0;
    for (; k < fours; k += 4) {
      const four = v128.load(row + (k << 2));
      const at = x + (k << 3);
      v128.store(at, f64x2.add(v128.load(at), f64x2.mul(lowHalf(four), factors)));
      v128.store(at, f64x2.add(v128.load(at, 16), f64x2.mul(highHalf(four), factors)), 16);
    }
    for (; k < length; k++) {
      const at = x + (k << 3);
      store<f64>(at, load<f64>(at) + <f64>load<f32>(row + (k << 2)) * factor);
    }
  }
}
