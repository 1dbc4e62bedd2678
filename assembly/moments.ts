import { accumulatorBytes, merge } from "./accumulator";
import { gather } from "./gather";
import { CAPACITY, tileBytes, wideBytes } from "./layout";
import { sparseBound } from "./scaling";
import { flush, flushBoth, mirror } from "./tile";

/*
 * One pass over a segment's filters (AoS, `taps` float32 each). `work` holds
 *   | clean tile | sparse tile | room to widen a tile, twice | sparse set | filters in the two tiles: 2 u32 |
 * `out` receives
 *   | sparse filters (f64) | sum of |w - centre| (f64) | scaled set | raw set | clean set |
 * A set is laid out as in accumulator.ts. The order of every addition is fixed by the data alone.
 */

/** Bytes of `work` that `moments` needs. */
export function momentsWorkBytes(taps: usize): usize {
  return 2 * (tileBytes(taps) + wideBytes(taps)) + accumulatorBytes(taps) + 8;
}

/** Bytes of `out` that `moments` fills. */
export function momentsBytes(taps: usize): usize {
  return 16 + 3 * accumulatorBytes(taps);
}

/** Folds `clean` filters of the clean tile into the scaled and the clean set. Returns their sum of |w - centre|. */
function flushClean(work: usize, clean: usize, taps: usize, out: usize, centre: f64): f64 {
  const wide = work + 2 * tileBytes(taps);
  return flushBoth(work, clean, taps, wide, out + 16 + 2 * accumulatorBytes(taps), out + 16, centre);
}

/** Folds `sparse` filters of the sparse tile into the sparse set, and where `kept` into the scaled one. Returns their sum of |w - centre|. */
function flushSparse(work: usize, sparse: usize, taps: usize, kept: bool, out: usize, centre: f64): f64 {
  const tile = work + tileBytes(taps);
  const wide = tile + tileBytes(taps);
  const set = wide + 2 * wideBytes(taps);
  return kept ? flushBoth(tile, sparse, taps, wide, set, out + 16, centre) : flush(tile, sparse, taps, wide, set, centre);
}

/** Fills tiles and folds them as they are full. */
function pass(
  source: usize, filters: usize, taps: usize, bound: f32, kept: bool, centre: f64, work: usize, out: usize,
): void {
  const sparseTile = work + tileBytes(taps);
  const held = work + 2 * (tileBytes(taps) + wideBytes(taps)) + accumulatorBytes(taps);
  const end = source + filters * (taps << 2);
  let deviation: f64 = 0;
  let sparseFilters: f64 = 0;
  store<u64>(held, 0);
  for (let x = source; x < end; ) {
    x = gather(x, end, taps, bound, work, sparseTile, held);
    const clean = <usize>load<u32>(held), sparse = <usize>load<u32>(held, 4);
    if (clean == CAPACITY || x == end) {
      deviation += flushClean(work, clean, taps, out, centre);
      store<u32>(held, 0);
    }
    if (sparse == CAPACITY || x == end) {
      deviation += flushSparse(work, sparse, taps, kept, out, centre);
      sparseFilters += <f64>sparse;
      store<u32>(held, 0, 4);
    }
  }
  store<f64>(out, sparseFilters);
  store<f64>(out, deviation, 8);
}

/**
 * Counts and sufficient statistics of `filters` filters of `taps` taps: sparse ones (max-abs <= limit, or < when strict),
 * the others (all where `kept`; a filter of zeros stays so) scaled by their own max-abs, all as they are (raw), the others as
 * they are (clean);
 * and the sum of |w - centre| of all.
 */
export function moments(
  source: usize, filters: usize, taps: usize, limit: f64, strict: bool, kept: bool, centre: f64, work: usize,
  out: usize,
): void {
  const bytes = accumulatorBytes(taps);
  memory.fill(out, 0, momentsBytes(taps));
  const sparseSet = work + 2 * (tileBytes(taps) + wideBytes(taps));
  memory.fill(sparseSet, 0, bytes);
  const bound = sparseBound(limit, strict);
  pass(source, filters, taps, bound, kept, centre, work, out);
  const scaledSet = out + 16;
  const rawSet = scaledSet + bytes;
  const cleanSet = rawSet + bytes;
  mirror(scaledSet, taps);
  mirror(cleanSet, taps);
  mirror(sparseSet, taps);
  merge(rawSet, cleanSet, taps);
  merge(rawSet, sparseSet, taps);
}
