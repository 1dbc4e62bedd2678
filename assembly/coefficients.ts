import { binEdges, countOne, doubtfulBins } from "./bins";
import { gather } from "./gather";
import { CAPACITY, PLANE, tileBytes, wideBytes } from "./layout";
import { sparseBound } from "./scaling";
import { widenScaled } from "./tile";

/*
 * Coefficients of scaled filters in a basis of `taps` components: (w / max-abs(w) - mean) · component, in double, taps
 * added from the first to the last. `mean`: taps doubles; `basis`: the components as rows. A zero filter counts as zeros.
 * `work` is laid out as for `moments`: | clean tile | sparse tile | room to widen a tile | filters in the two tiles |.
 */

/** Bytes of `work`. */
export function coefficientWorkBytes(taps: usize): usize {
  return 2 * tileBytes(taps) + wideBytes(taps) + 8;
}

/** Coefficient of one filter: `at` is its place in the first plane. */
function one(at: usize, component: usize, taps: usize): f64 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < taps; j++, at += PLANE) sum += load<f64>(at) * load<f64>(component + (j << 3));
  return sum;
}

/** Lowers `lowest` and raises `highest` by one component's coefficients of k filters, eight at a time. */
function rangeOf(planes: usize, k: usize, component: usize, taps: usize, lowest: usize, highest: usize): void {
  let low = f64x2.splat(load<f64>(lowest)), high = f64x2.splat(load<f64>(highest));
  let i: usize = 0;
  for (; i + 8 <= k; i += 8) {
    let a = f64x2.splat(0), b = a, c = a, d = a;
    let at = planes + (i << 3);
    for (let j: usize = 0; j < taps; j++, at += PLANE) {
      const weight = v128.load64_splat(component + (j << 3));
      a = f64x2.add(a, f64x2.mul(weight, v128.load(at)));
      b = f64x2.add(b, f64x2.mul(weight, v128.load(at, 16)));
      c = f64x2.add(c, f64x2.mul(weight, v128.load(at, 32)));
      d = f64x2.add(d, f64x2.mul(weight, v128.load(at, 48)));
    }
    low = f64x2.pmin(low, f64x2.pmin(f64x2.pmin(a, b), f64x2.pmin(c, d)));
    high = f64x2.pmax(high, f64x2.pmax(f64x2.pmax(a, b), f64x2.pmax(c, d)));
  }
  let smallest = min<f64>(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  let largest = max<f64>(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  for (; i < k; i++) {
    const x = one(planes + (i << 3), component, taps);
    smallest = min<f64>(smallest, x);
    largest = max<f64>(largest, x);
  }
  store<f64>(lowest, smallest);
  store<f64>(highest, largest);
}

/** Counts two coefficients. Away from the edges their quotients are sure; `even`, `odd`: two tables, for speed. */
// @ts-ignore: decorator
@inline
function countTwo(
  x: v128, low: v128, perUnit: v128, least: v128, most: v128, last: v128,
  edges: usize, bins: usize, scale: f64, even: usize, odd: usize,
): void {
  const place = f64x2.mul(f64x2.sub(x, low), perUnit);
  const whole = f64x2.floor(place);
  const part = f64x2.sub(place, whole);
  const sure = v128.and(
    v128.and(f64x2.ge(part, least), f64x2.le(part, most)),
    v128.and(f64x2.ge(place, f64x2.splat(0)), f64x2.lt(place, last)),
  );
  if (i64x2.all_true(sure)) {
    const bin = i32x4.shl(i32x4.trunc_sat_f64x2_s_zero(whole), 2);
    const first = even + i32x4.extract_lane(bin, 0), second = odd + i32x4.extract_lane(bin, 1);
    store<u32>(first, load<u32>(first) + 1);
    store<u32>(second, load<u32>(second) + 1);
  } else {
    countOne(f64x2.extract_lane(x, 0), edges, bins, scale, even);
    countOne(f64x2.extract_lane(x, 1), edges, bins, scale, odd);
  }
}

/** Adds one component's coefficients of k filters to two tables of `bins` u32. */
function histogramOf(planes: usize, k: usize, component: usize, taps: usize, edges: usize, bins: usize, even: usize, odd: usize): void {
  const scale = <f64>bins / (load<f64>(edges + (bins << 3)) - load<f64>(edges));
  const doubt = doubtfulBins(edges, bins, scale);
  const low = f64x2.splat(load<f64>(edges)), perUnit = f64x2.splat(scale), last = f64x2.splat(<f64>bins);
  const least = f64x2.splat(doubt), most = f64x2.splat(1 - doubt);
  let i: usize = 0;
  for (; i + 8 <= k; i += 8) {
    let a = f64x2.splat(0), b = a, c = a, d = a;
    let at = planes + (i << 3);
    for (let j: usize = 0; j < taps; j++, at += PLANE) {
      const weight = v128.load64_splat(component + (j << 3));
      a = f64x2.add(a, f64x2.mul(weight, v128.load(at)));
      b = f64x2.add(b, f64x2.mul(weight, v128.load(at, 16)));
      c = f64x2.add(c, f64x2.mul(weight, v128.load(at, 32)));
      d = f64x2.add(d, f64x2.mul(weight, v128.load(at, 48)));
    }
    countTwo(a, low, perUnit, least, most, last, edges, bins, scale, even, odd);
    countTwo(b, low, perUnit, least, most, last, edges, bins, scale, even, odd);
    countTwo(c, low, perUnit, least, most, last, edges, bins, scale, even, odd);
    countTwo(d, low, perUnit, least, most, last, edges, bins, scale, even, odd);
  }
  for (; i < k; i++) countOne(one(planes + (i << 3), component, taps), edges, bins, scale, even);
}

/**
 * Lowers `lowest` and raises `highest` (taps doubles each) to the range of the coefficients of all filters, sparse ones
 * included.
 */
export function coefficientRange(
  source: usize, filters: usize, taps: usize, mean: usize, basis: usize, lowest: usize, highest: usize, work: usize,
): void {
  const tile = tileBytes(taps);
  const wide = work + 2 * tile;
  const held = wide + wideBytes(taps);
  const end = source + filters * (taps << 2);
  for (let x = source; x < end; ) {
    store<u64>(held, 0);
    x = gather(x, end, taps, -1, work, work + tile, held);
    const k = <usize>load<u32>(held);
    widenScaled(work, k, taps, wide, mean);
    for (let c: usize = 0; c < taps << 3; c += 8) rangeOf(wide, k, basis + c * taps, taps, lowest + c, highest + c);
  }
}

/**
 * Adds the coefficients of the non-sparse filters to `counts` (taps × bins doubles), bins half-open but the last, by
 * numpy's edges over [low, high]; those outside are left out. `edges`: bins + 1 doubles; `tables`: taps × 2 × bins u32.
 */
export function coefficientHistogram(
  source: usize, filters: usize, taps: usize, limit: f64, strict: bool, mean: usize, basis: usize,
  low: f64, high: f64, bins: usize, counts: usize, edges: usize, tables: usize, work: usize,
): void {
  const bound = sparseBound(limit, strict);
  binEdges(low, high, bins, edges);
  const table = bins << 2;
  memory.fill(tables, 0, taps * 2 * table);
  const tile = tileBytes(taps);
  const wide = work + 2 * tile;
  const held = wide + wideBytes(taps);
  const end = source + filters * (taps << 2);
  store<u64>(held, 0);
  for (let x = source; x < end; ) {
    x = gather(x, end, taps, bound, work, work + tile, held);
    store<u32>(held, 0, 4); // the sparse ones
    const k = <usize>load<u32>(held);
    if (k < CAPACITY && x < end) continue;
    widenScaled(work, k, taps, wide, mean);
    for (let c: usize = 0; c < taps; c++) {
      const even = tables + 2 * c * table;
      histogramOf(wide, k, basis + c * (taps << 3), taps, edges, bins, even, even + table);
    }
    store<u32>(held, 0);
  }
  for (let c: usize = 0; c < taps; c++) {
    for (let b: usize = 0; b < bins; b++) {
      const even = tables + 2 * c * table + (b << 2);
      const at = counts + ((c * bins + b) << 3);
      store<f64>(at, load<f64>(at) + <f64>load<u32>(even) + <f64>load<u32>(even + table));
    }
  }
}
