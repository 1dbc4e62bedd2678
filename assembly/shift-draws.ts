/*
 * Distribution shifts of many draws from the same rows of counts. A row holds the counts of one unit (a group of models) over
 * all bins of all components, as u16 where every sum fits, else as u32; a side of a draw is the sum of the rows that it picked,
 * with repetition. Bins that no row fills have no column: they are counted per component, and have the floor on both sides.
 *
 *   | side a: a row | side b: a row |   what a draw is summed in, AT_ONCE times
 */

/** Bytes of a row that are summed at a time: eight vectors. A row is a multiple of it. */
export const ROW_BYTES: usize = 128;
/** Draws that are summed at a time, column by column: the same columns of all rows stay in the nearest cache. */
export const AT_ONCE: usize = 32;

/** Adds the same 128 bytes of `picked` rows. */
// @ts-ignore: decorator
@inline
function sumRows<T>(rows: usize, stride: usize, picks: usize, picked: usize, to: usize): void {
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (const end = picks + (picked << 1); picks < end; picks += 2) {
    const row = rows + <usize>load<u16>(picks) * stride;
    s0 = v128.add<T>(s0, v128.load(row));
    s1 = v128.add<T>(s1, v128.load(row, 16));
    s2 = v128.add<T>(s2, v128.load(row, 32));
    s3 = v128.add<T>(s3, v128.load(row, 48));
    s4 = v128.add<T>(s4, v128.load(row, 64));
    s5 = v128.add<T>(s5, v128.load(row, 80));
    s6 = v128.add<T>(s6, v128.load(row, 96));
    s7 = v128.add<T>(s7, v128.load(row, 112));
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
  v128.store(to, s4, 64);
  v128.store(to, s5, 80);
  v128.store(to, s6, 96);
  v128.store(to, s7, 112);
}

/** What `taken` leaves of 128 bytes. */
// @ts-ignore: decorator
@inline
function leave<T>(total: usize, taken: usize, to: usize): void {
  for (let at: usize = 0; at < ROW_BYTES; at += 16)
    v128.store(to + at, v128.sub<T>(v128.load(total + at), v128.load(taken + at)));
}

/** Logarithms of 1 to known - 1, as doubles; that of 0 is never asked for. */
export function fillLogarithms(table: usize, known: u32): void {
  for (let n: u32 = 1; n < known; n++) store<f64>(table + (<usize>n << 3), Math.log(<f64>n));
}

// @ts-ignore: decorator
@inline
function logarithm(n: u32, table: usize, known: u32): f64 {
  return n < known ? load<f64>(table + (<usize>n << 3)) : Math.log(<f64>n);
}

/**
 * KL(p‖q) + KL(q‖p) of columns [from, to) and of `empty` further bins without counts; NaN where a side has none at all.
 * p = m · unitA where m > 0, else floorA, and so q: the sum of (p - q)·(log p - log q), taken apart into sums of whole counts
 * and their logarithms, for which the bins are passed once.
 */
function divergence<T>(
  a: usize, b: usize, from: usize, to: usize, empty: f64, width: f64, floor: f64, table: usize, known: u32,
): f64 {
  let bothA: f64 = 0, bothB: f64 = 0, crossA: f64 = 0, crossB: f64 = 0;
  let onlyA: f64 = 0, onlyALogs: f64 = 0, onlyACross: f64 = 0, onlyACount: f64 = 0;
  let onlyB: f64 = 0, onlyBLogs: f64 = 0, onlyBCross: f64 = 0, onlyBCount: f64 = 0;
  for (let k = from * sizeof<T>(); k < to * sizeof<T>(); k += sizeof<T>()) {
    const m = <u32>load<T>(a + k), n = <u32>load<T>(b + k);
    if (m != 0) {
      const x = <f64>m, logM = logarithm(m, table, known);
      if (n != 0) {
        const y = <f64>n, apart = logM - logarithm(n, table, known);
        bothA += x;
        bothB += y;
        crossA += x * apart;
        crossB += y * apart;
      } else {
        onlyA += x;
        onlyALogs += logM;
        onlyACross += x * logM;
        onlyACount += 1;
      }
    } else if (n != 0) {
      const y = <f64>n, logN = logarithm(n, table, known);
      onlyB += y;
      onlyBLogs += logN;
      onlyBCross += y * logN;
      onlyBCount += 1;
    } else empty += 1;
  }
  const countsA = bothA + onlyA, countsB = bothB + onlyB;
  if (countsA == 0 || countsB == 0) return f64.NaN;
  // The densities of the filled bins add to 1 / width, and the floor of each empty one comes on top of it.
  const sumA = 1 / width + (empty + onlyBCount) * floor, sumB = 1 / width + (empty + onlyACount) * floor;
  const unitA = 1 / (countsA * width * sumA), unitB = 1 / (countsB * width * sumB);
  const floorA = floor / sumA, floorB = floor / sumB;
  const logUnitA = Math.log(unitA), logUnitB = Math.log(unitB);
  const logFloorA = Math.log(floorA), logFloorB = Math.log(floorB);
  const both = unitA * crossA - unitB * crossB + (logUnitA - logUnitB) * (unitA * bothA - unitB * bothB);
  const overB = logUnitA - logFloorB, overA = logUnitB - logFloorA;
  const inA = unitA * (onlyACross + overB * onlyA) - floorB * (onlyALogs + overB * onlyACount);
  const inB = unitB * (onlyBCross + overA * onlyB) - floorA * (onlyBLogs + overA * onlyBCount);
  return both + (inA + inB) + empty * ((floorA - floorB) * (logFloorA - logFloorB));
}

/** Components with their weights, added from the first on. */
function shiftOf<T>(
  a: usize, b: usize, components: usize, edges: usize, empty: usize, ratios: usize, width: f64, floor: f64, table: usize,
  known: u32,
): f64 {
  let shift: f64 = 0;
  for (let c: usize = 0; c < components; c++) {
    const from = <usize>load<u32>(edges + (c << 2)), to = <usize>load<u32>(edges + (c << 2), 4);
    const bare = <f64>load<u32>(empty + (c << 2));
    shift += load<f64>(ratios + (c << 3)) * divergence<T>(a, b, from, to, bare, width, floor, table, known);
  }
  return shift;
}

function drawShifts<T>(
  rows: usize, stride: usize, components: usize, edges: usize, empty: usize, ratios: usize, width: f64, floor: f64,
  table: usize, known: u32, total: usize, picksA: usize, pickedA: usize, picksB: usize, pickedB: usize, draws: usize,
  work: usize, shifts: usize,
): void {
  for (let first: usize = 0; first < draws; first += AT_ONCE) {
    const n = min<usize>(AT_ONCE, draws - first);
    for (let at: usize = 0; at < stride; at += ROW_BYTES) {
      for (let d: usize = 0; d < n; d++) {
        const to = work + 2 * d * stride + at;
        sumRows<T>(rows + at, stride, picksA + (((first + d) * pickedA) << 1), pickedA, to);
        if (pickedB > 0) sumRows<T>(rows + at, stride, picksB + (((first + d) * pickedB) << 1), pickedB, to + stride);
        else leave<T>(total + at, to, to + stride);
      }
    }
    for (let d: usize = 0; d < n; d++) {
      const a = work + 2 * d * stride;
      const shift = shiftOf<T>(a, a + stride, components, edges, empty, ratios, width, floor, table, known);
      store<f64>(shifts + ((first + d) << 3), shift);
    }
  }
}

/**
 * The shift of each draw, to `shifts`. `stride`: bytes of a row; `narrow`: its counts are u16, else u32; `edges`: components + 1
 * u32, where the columns of each component begin; `empty`: bins of it without a column, u32; `ratios`: its weight, f64;
 * `total`: the sum of all rows. A draw picks `pickedA` rows for one side and `pickedB` for the other (0: all the rest), u16 each,
 * draw after draw. `work`: two rows, AT_ONCE times.
 */
export function shiftDraws(
  rows: usize, stride: usize, narrow: bool, components: usize, edges: usize, empty: usize, ratios: usize, width: f64,
  floor: f64, table: usize, known: u32, total: usize, picksA: usize, pickedA: usize, picksB: usize, pickedB: usize,
  draws: usize, work: usize, shifts: usize,
): void {
  if (narrow) {
    drawShifts<u16>(rows, stride, components, edges, empty, ratios, width, floor, table, known, total, picksA, pickedA,
      picksB, pickedB, draws, work, shifts);
  } else {
    drawShifts<u32>(rows, stride, components, edges, empty, ratios, width, floor, table, known, total, picksA, pickedA,
      picksB, pickedB, draws, work, shifts);
  }
}

/** Counts that are dealt coin by coin; more are dealt by the normal distribution that their number comes close to. */
const MOST_COINS: u32 = 1024;
const LEAST_VARIANCE: f64 = 4;

/** 64 bits of a counter (the finaliser of SplitMix64, Steele, Lea and Flood 2014): no state but the counter. */
// @ts-ignore: decorator
@inline
function bits(counter: u64): u64 {
  let z = counter * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** How many of n fall to the first side when each does with `share`, by the bits of `counter` and of the next ones. */
function deal(n: u32, share: f64, counter: u64): u32 {
  if (share == 0.5 && n <= MOST_COINS) {
    let side: u64 = 0;
    for (; n >= 64; n -= 64) side += popcnt<u64>(bits(counter++));
    return <u32>(n == 0 ? side : side + popcnt<u64>(bits(counter) >> (64 - n)));
  }
  const variance = <f64>n * share * (1 - share);
  if (variance < LEAST_VARIANCE && n <= MOST_COINS) {
    const heads = <u64>(share * 4294967296);
    let side: u32 = 0;
    for (; n > 1; n -= 2) {
      const two = bits(counter++);
      side += <u32>(two >> 32 < heads) + <u32>((two & 0xffffffff) < heads);
    }
    return n == 0 ? side : side + <u32>(bits(counter) >> 32 < heads);
  }
  // 128 coins and a part of one: of the variance 32 + 1/12, and normal but for the far tails.
  const coins = <f64>(popcnt<u64>(bits(counter)) + popcnt<u64>(bits(counter + 1)));
  const part = <f64>(bits(counter + 2) >> 32) / 4294967296;
  const drawn = nearest<f64>(<f64>n * share + sqrt<f64>(variance / (32 + 1.0 / 12)) * (coins + part - 64.5));
  return <u32>max<f64>(0, min<f64>(<f64>n, drawn));
}

/** Counters that the bits of one count may use. */
const COUNTERS: u64 = 1 << 10;

/**
 * The shift of each of `draws` divisions of the same counts in two: every count falls to the first side with `share`, bin by
 * bin. `both`: a row of u32; `seed`: where the bits begin; the rest as for shiftDraws.
 */
export function divisionShifts(
  both: usize, stride: usize, components: usize, edges: usize, empty: usize, ratios: usize, width: f64, floor: f64,
  table: usize, known: u32, share: f64, seed: u32, draws: usize, work: usize, shifts: usize,
): void {
  const a = work, b = work + stride;
  const bytes = <usize>load<u32>(edges + (components << 2)) << 2;
  let counter = <u64>seed << 32;
  for (let d: usize = 0; d < draws; d++) {
    for (let at: usize = 0; at < bytes; at += 4) {
      const n = load<u32>(both + at);
      const side = deal(n, share, counter);
      counter += COUNTERS;
      store<u32>(a + at, side);
      store<u32>(b + at, n - side);
    }
    store<f64>(shifts + (d << 3), shiftOf<u32>(a, b, components, edges, empty, ratios, width, floor, table, known));
  }
}
