import { NARROW } from "./layout";

/*
 * Coefficients of a tile's filters in float32, without scaling or widening it: component · w / max-abs(w) - component · mean.
 * Each differs from the one in double by a bound that is known beforehand, so most questions (is it beyond the range so
 * far, which bin is it in) are answered here, and only the doubtful ones in double.
 *
 *   | products: a plane per component | factor / max-abs: a plane | components as float32 | constants: t f32 | bounds: t f64 |
 */

/** Filters whose max-abs lies outside 2^±100 could overflow or lose bits on the way: never answered here. */
const SMALLEST: f32 = 7.888609052210118e-31;
const LARGEST: f32 = 1.2676506002282294e30;
/** Components of more length than this are no directions, and could overflow. */
const LONGEST: f64 = 1048576;

// @ts-ignore: decorator
@inline
function componentsAt(room: usize, taps: usize): usize {
  return room + (taps + 1) * NARROW;
}

// @ts-ignore: decorator
@inline
function constantsAt(room: usize, taps: usize): usize {
  return componentsAt(room, taps) + ((taps * taps) << 2);
}

// @ts-ignore: decorator
@inline
function boundsAt(room: usize, taps: usize): usize {
  return (constantsAt(room, taps) + (taps << 2) + 7) & ~7;
}

/** Factor / max-abs of the filters of the tile that was projected last. */
// @ts-ignore: decorator
@inline
export function factorsAt(room: usize, taps: usize): usize {
  return room + taps * NARROW;
}

/** component · mean, as float32. */
// @ts-ignore: decorator
@inline
export function constantOf(room: usize, taps: usize, component: usize): f32 {
  return load<f32>(constantsAt(room, taps) + (component << 2));
}

/** How far a coefficient may be from the one in double; infinite where nothing can be said. */
// @ts-ignore: decorator
@inline
export function boundOf(room: usize, taps: usize, component: usize): f64 {
  return load<f64>(boundsAt(room, taps) + (component << 3));
}

/** Fills what belongs to the basis: its mean and its components as rows, in double. */
export function prepareProjection(room: usize, taps: usize, mean: usize, basis: usize): void {
  for (let c: usize = 0; c < taps; c++) {
    const to = componentsAt(room, taps) + ((c * taps) << 2);
    let constant: f64 = 0, length: f64 = 0, lift: f64 = 0;
    for (let j: usize = 0; j < taps; j++) {
      const weight = load<f64>(basis + ((c * taps + j) << 3));
      const part = weight * load<f64>(mean + (j << 3));
      store<f32>(to + (j << 2), <f32>weight);
      constant += part;
      lift += abs<f64>(part);
      length += abs<f64>(weight);
    }
    store<f32>(constantsAt(room, taps) + (c << 2), <f32>constant);
    // Roundings: of a weight, its product, the sum of all, the factor and the product with it; of the constant and its
    // subtraction. Half a unit in the last place each, taken twice; and 2^-40 for products that are no normal numbers.
    const unit: f64 = 1.1920928955078125e-7;
    const bound = unit * (<f64>(taps + 6) * length + 3 * lift) + 1e-12;
    store<f64>(boundsAt(room, taps) + (c << 3), length < LONGEST && lift < LONGEST ? bound : Infinity);
  }
}

/** factor / max-abs of k filters: 0 for a zero filter, NaN where max-abs lies beyond 2^±100. */
function invert(tops: usize, k: usize, factors: usize, factor: f32): void {
  const wanted = f32x4.splat(factor), least = f32x4.splat(SMALLEST), most = f32x4.splat(LARGEST);
  const zero = f32x4.splat(0), none = f32x4.splat(f32.NaN);
  for (let at: usize = 0; at < k << 2; at += 16) {
    const top = v128.load(tops + at);
    const empty = f32x4.eq(top, zero);
    const fine = v128.or(empty, v128.and(f32x4.ge(top, least), f32x4.le(top, most)));
    const inverse = v128.andnot(f32x4.div(wanted, top), empty);
    v128.store(factors + at, v128.bitselect(inverse, none, fine));
  }
}

/** Three components of eight filters. */
// @ts-ignore: decorator
@inline
function threeOfEight(x: usize, taps: usize, c0: usize, c1: usize, c2: usize, to0: usize, to1: usize, to2: usize): void {
  const zero = f32x4.splat(0);
  let p0 = zero, p1 = zero, p2 = zero, q0 = zero, q1 = zero, q2 = zero;
  for (let j: usize = 0; j < taps << 2; j += 4, x += NARROW) {
    const a = v128.load(x), b = v128.load(x, 16);
    let weight = v128.load32_splat(c0 + j);
    p0 = f32x4.add(p0, f32x4.mul(weight, a));
    q0 = f32x4.add(q0, f32x4.mul(weight, b));
    weight = v128.load32_splat(c1 + j);
    p1 = f32x4.add(p1, f32x4.mul(weight, a));
    q1 = f32x4.add(q1, f32x4.mul(weight, b));
    weight = v128.load32_splat(c2 + j);
    p2 = f32x4.add(p2, f32x4.mul(weight, a));
    q2 = f32x4.add(q2, f32x4.mul(weight, b));
  }
  v128.store(to0, p0);
  v128.store(to0, q0, 16);
  v128.store(to1, p1);
  v128.store(to1, q1, 16);
  v128.store(to2, p2);
  v128.store(to2, q2, 16);
}

/**
 * Products of all components with the k filters of a tile, and factor / max-abs of each. A coefficient is their product
 * less the constant (for a factor of 1); NaN where nothing can be said. What lies behind the last filter has no meaning.
 */
export function project(tile: usize, k: usize, taps: usize, room: usize, factor: f32): void {
  const row = taps << 2;
  const components = componentsAt(room, taps);
  const last = taps - 1;
  for (let c: usize = 0; c < taps; c += 3) {
    // Of what is missing to three the last one is done again.
    const d = min<usize>(c + 1, last), e = min<usize>(c + 2, last);
    for (let at: usize = 0; at < k << 2; at += 32) {
      threeOfEight(
        tile + at, taps,
        components + c * row, components + d * row, components + e * row,
        room + c * NARROW + at, room + d * NARROW + at, room + e * NARROW + at,
      );
    }
  }
  invert(tile + taps * NARROW, k, factorsAt(room, taps), factor);
}
