import { CAPACITY, NARROW } from "./layout";

// @ts-ignore: decorator
@inline
function topOf(source: usize, taps: usize): f32 {
  let top: f32 = 0;
  for (let j: usize = 0; j < taps; j++) top = max<f32>(top, abs<f32>(load<f32>(source + (j << 2))));
  return top;
}

/** Appends one filter and its max-abs to a tile of k others. */
function push(tile: usize, k: usize, taps: usize, source: usize, top: f32): void {
  let at = tile + (k << 2);
  for (let j: usize = 0; j < taps; j++, at += NARROW) store<f32>(at, load<f32>(source + (j << 2)));
  store<f32>(at, top);
}

/** For each set of lanes (bit k: lane k): the bytes of its lanes, one after the other, then lane 0 again; two v128 a row: of the lanes outside, of those inside. */
const ORDERS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** One plane of four filters of both kinds: each kind moves up to the front, and what follows it is overwritten later. */
// @ts-ignore: decorator
@inline
function spread(plane: v128, clean: usize, sparse: usize, cleanOrder: v128, sparseOrder: v128): void {
  v128.store(clean, v128.swizzle(plane, cleanOrder));
  v128.store(sparse, v128.swizzle(plane, sparseOrder));
}

/** 3×3 filters from x on to the tiles; see `gather`. */
function gather9(x: usize, end: usize, bound: f32, cleanTile: usize, sparseTile: usize, held: usize): usize {
  const bounds = f32x4.splat(bound);
  const magnitude = i32x4.splat(0x7fffffff);
  let clean = <usize>load<u32>(held);
  let sparse = <usize>load<u32>(held, 4);
  while (x < end && clean < CAPACITY && sparse < CAPACITY) {
    if (end - x >= 144 && max<usize>(clean, sparse) <= CAPACITY - 4) {
      // Four filters, transposed to nine planes.
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
      let tops = f32x4.pmax(v128.and(p0, magnitude), v128.and(p1, magnitude));
      tops = f32x4.pmax(tops, v128.and(p2, magnitude));
      tops = f32x4.pmax(tops, v128.and(p3, magnitude));
      tops = f32x4.pmax(tops, v128.and(p4, magnitude));
      tops = f32x4.pmax(tops, v128.and(p5, magnitude));
      tops = f32x4.pmax(tops, v128.and(p6, magnitude));
      tops = f32x4.pmax(tops, v128.and(p7, magnitude));
      tops = f32x4.pmax(tops, v128.and(p8, magnitude));
      const mask = <usize>i32x4.bitmask(f32x4.le(tops, bounds));
      const c0 = cleanTile + (clean << 2);
      if (mask == 0) {
        v128.store(c0, p0);
        v128.store(c0, p1, NARROW);
        v128.store(c0, p2, 2 * NARROW);
        v128.store(c0, p3, 3 * NARROW);
        v128.store(c0, p4, 4 * NARROW);
        v128.store(c0, p5, 5 * NARROW);
        v128.store(c0, p6, 6 * NARROW);
        v128.store(c0, p7, 7 * NARROW);
        v128.store(c0, p8, 8 * NARROW);
        v128.store(c0, tops, 9 * NARROW);
        clean += 4;
      } else {
        const s0 = sparseTile + (sparse << 2);
        const cleanOrder = v128.load(ORDERS + (mask << 5)), sparseOrder = v128.load(ORDERS + (mask << 5), 16);
        spread(p0, c0, s0, cleanOrder, sparseOrder);
        spread(p1, c0 + NARROW, s0 + NARROW, cleanOrder, sparseOrder);
        spread(p2, c0 + 2 * NARROW, s0 + 2 * NARROW, cleanOrder, sparseOrder);
        spread(p3, c0 + 3 * NARROW, s0 + 3 * NARROW, cleanOrder, sparseOrder);
        spread(p4, c0 + 4 * NARROW, s0 + 4 * NARROW, cleanOrder, sparseOrder);
        spread(p5, c0 + 5 * NARROW, s0 + 5 * NARROW, cleanOrder, sparseOrder);
        spread(p6, c0 + 6 * NARROW, s0 + 6 * NARROW, cleanOrder, sparseOrder);
        spread(p7, c0 + 7 * NARROW, s0 + 7 * NARROW, cleanOrder, sparseOrder);
        spread(p8, c0 + 8 * NARROW, s0 + 8 * NARROW, cleanOrder, sparseOrder);
        spread(tops, c0 + 9 * NARROW, s0 + 9 * NARROW, cleanOrder, sparseOrder);
        const some = <usize>popcnt<u32>(<u32>mask);
        clean += 4 - some;
        sparse += some;
      }
      x += 144;
    } else {
      const top = topOf(x, 9);
      if (top <= bound) push(sparseTile, sparse++, 9, x, top);
      else push(cleanTile, clean++, 9, x, top);
      x += 36;
    }
  }
  store<u32>(held, <u32>clean);
  store<u32>(held, <u32>sparse, 4);
  return x;
}

/**
 * Sorts filters of `taps` float32 from x on into a tile of sparse ones (max-abs <= bound) and a tile of the others, until a
 * tile is full or x has come to `end`. `held`: how many each tile holds, two u32, brought up to date. Returns the new x.
 */
export function gather(x: usize, end: usize, taps: usize, bound: f32, cleanTile: usize, sparseTile: usize, held: usize): usize {
  if (taps == 9) return gather9(x, end, bound, cleanTile, sparseTile, held);
  let clean = <usize>load<u32>(held);
  let sparse = <usize>load<u32>(held, 4);
  for (; x < end && clean < CAPACITY && sparse < CAPACITY; x += taps << 2) {
    const top = topOf(x, taps);
    if (top <= bound) push(sparseTile, sparse++, taps, x, top);
    else push(cleanTile, clean++, taps, x, top);
  }
  store<u32>(held, <u32>clean);
  store<u32>(held, <u32>sparse, 4);
  return x;
}
