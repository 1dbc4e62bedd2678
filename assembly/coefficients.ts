import { binEdges, countOne, doubtfulBins } from "./bins";
import { gather } from "./gather";
import { CAPACITY, NARROW, tileBytes, wideBytes } from "./layout";
import { boundOf, constantOf, factorsAt, prepareProjection, project } from "./projection";
import { sparseBound } from "./scaling";

/*
 * Coefficients of scaled filters in a basis of `taps` components: (w / max-abs(w) - mean) · component, in double, taps
 * added from the first to the last. `mean`: taps doubles; `basis`: the components as rows. A zero filter counts as zeros.
 * Most are not computed so: float32 with a bound of its error (projection.ts) is enough to answer what is asked of them.
 * `work` is laid out as for `moments`: | clean tile | sparse tile | room to project a tile | filters in the two tiles |.
 */

/** Bytes of `work`. */
export function coefficientWorkBytes(taps: usize): usize {
  return 2 * tileBytes(taps) + wideBytes(taps) + 8;
}

/** The coefficient of one filter in double; `at` is its place in the tile's first plane. */
function exact(at: usize, taps: usize, mean: usize, component: usize): f64 {
  const top = <f64>load<f32>(at + taps * NARROW);
  const reciprocal = top == 0 ? 0 : 1 / top;
  let sum: f64 = 0;
  for (let j: usize = 0; j < taps << 3; j += 8, at += NARROW) {
    sum += (<f64>load<f32>(at) * reciprocal - load<f64>(mean + j)) * load<f64>(component + j);
  }
  return sum;
}

/** Lowers `lowest` and raises `highest` by component c of the k filters of a tile that has been projected. */
function widenRange(tile: usize, k: usize, taps: usize, c: usize, room: usize, mean: usize, component: usize, lowest: usize, highest: usize): void {
  const products = room + c * NARROW, factors = factorsAt(room, taps);
  const bound = boundOf(room, taps, c), constant = <f64>constantOf(room, taps, c);
  let low = load<f64>(lowest), high = load<f64>(highest);
  // Rounding these two to float32 is within the bound, too.
  let from = f32x4.splat(<f32>(low + bound + constant)), to = f32x4.splat(<f32>(high - bound + constant));
  for (let i: usize = 0; i < k << 2; i += 16) {
    const x = f32x4.mul(v128.load(products + i), v128.load(factors + i));
    const inside = <usize>i32x4.bitmask(v128.and(f32x4.ge(x, from), f32x4.le(x, to)));
    if (inside == 15) continue;
    for (let j: usize = 0; j < 4 && i + (j << 2) < k << 2; j++) {
      if (inside & (1 << j)) continue;
      const value = exact(tile + i + (j << 2), taps, mean, component);
      low = min<f64>(low, value);
      high = max<f64>(high, value);
    }
    from = f32x4.splat(<f32>(low + bound + constant));
    to = f32x4.splat(<f32>(high - bound + constant));
  }
  store<f64>(lowest, low);
  store<f64>(highest, high);
}

/**
 * Lowers `lowest` and raises `highest` (taps doubles each) to the range of the coefficients of all filters, sparse ones
 * included.
 */
export function coefficientRange(
  source: usize, filters: usize, taps: usize, mean: usize, basis: usize, lowest: usize, highest: usize, work: usize,
): void {
  const tile = tileBytes(taps);
  const room = work + 2 * tile;
  const held = room + wideBytes(taps);
  const end = source + filters * (taps << 2);
  prepareProjection(room, taps, mean, basis);
  for (let x = source; x < end; ) {
    store<u64>(held, 0);
    x = gather(x, end, taps, -1, work, work + tile, held);
    const k = <usize>load<u32>(held);
    project(work, k, taps, room, 1);
    for (let c: usize = 0; c < taps; c++) {
      widenRange(work, k, taps, c, room, mean, basis + c * (taps << 3), lowest + (c << 3), highest + (c << 3));
    }
  }
}

/** Adds one component's coefficients of the k filters of a tile to two tables of `bins` u32. `scale`: bins per unit. */
function histogramOf(
  tile: usize, k: usize, taps: usize, c: usize, room: usize, mean: usize, component: usize,
  edges: usize, bins: usize, scale: f64, even: usize, odd: usize,
): void {
  const low = load<f64>(edges);
  const constant = <f64>constantOf(room, taps, c);
  // In bins: the bound; the roundings of what is subtracted, of the difference and of its distance from the middle.
  const bound = boundOf(room, taps, c);
  const size = abs<f64>(constant + low) * scale + <f64>bins;
  const doubt = bound * scale + size * 5e-7 + doubtfulBins(edges, bins, scale);
  const sureWithin = f32x4.splat(<f32>(doubt < 0.5 ? 0.4999999 - doubt : -1));
  // Adding 1.5 · 2^23 rounds a small number and leaves the whole number in the last bits.
  const MAGIC: f32 = 12582912;
  const magic = f32x4.splat(MAGIC);
  const lift = f32x4.splat(<f32>((constant + low) * scale + 0.5));
  const middle = f32x4.splat(<f32>(<f64>bins / 2 - 0.5)), half = f32x4.splat(<f32>(<f64>bins / 2));
  const first = even - (<usize>reinterpret<u32>(MAGIC) << 2), second = odd - (<usize>reinterpret<u32>(MAGIC) << 2);
  const products = room + c * NARROW, factors = factorsAt(room, taps);
  let i: usize = 0;
  for (; i < (k & ~3) << 2; i += 16) {
    const place = f32x4.sub(f32x4.mul(v128.load(products + i), v128.load(factors + i)), lift);
    const rounded = f32x4.add(place, magic);
    const beside = f32x4.abs(f32x4.sub(place, f32x4.sub(rounded, magic)));
    const sure = v128.and(f32x4.le(beside, sureWithin), f32x4.le(f32x4.abs(f32x4.sub(place, middle)), half));
    if (i32x4.all_true(sure)) {
      const at = i32x4.shl(rounded, 2);
      const a = first + <usize>i32x4.extract_lane(at, 0), b = second + <usize>i32x4.extract_lane(at, 1);
      store<u32>(a, load<u32>(a) + 1);
      store<u32>(b, load<u32>(b) + 1);
      const d = first + <usize>i32x4.extract_lane(at, 2), e = second + <usize>i32x4.extract_lane(at, 3);
      store<u32>(d, load<u32>(d) + 1);
      store<u32>(e, load<u32>(e) + 1);
    } else {
      for (let at = tile + i; at < tile + i + 16; at += 4) countOne(exact(at, taps, mean, component), edges, bins, scale, even);
    }
  }
  for (; i < k << 2; i += 4) countOne(exact(tile + i, taps, mean, component), edges, bins, scale, even);
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
  const scale = <f64>bins / (load<f64>(edges + (bins << 3)) - load<f64>(edges));
  const table = bins << 2;
  memory.fill(tables, 0, taps * 2 * table);
  const tile = tileBytes(taps);
  const room = work + 2 * tile;
  const held = room + wideBytes(taps);
  const end = source + filters * (taps << 2);
  prepareProjection(room, taps, mean, basis);
  store<u64>(held, 0);
  for (let x = source; x < end; ) {
    x = gather(x, end, taps, bound, work, work + tile, held);
    store<u32>(held, 0, 4); // the sparse ones
    const k = <usize>load<u32>(held);
    if (k < CAPACITY && x < end) continue;
    project(work, k, taps, room, <f32>scale);
    for (let c: usize = 0; c < taps; c++) {
      const even = tables + 2 * c * table;
      histogramOf(work, k, taps, c, room, mean, basis + c * (taps << 3), edges, bins, scale, even, even + table);
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
