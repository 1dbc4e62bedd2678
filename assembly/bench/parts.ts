// Parts of the moments pass on their own, for bench/module.ts: how long each takes; no part of the module.
import { gather } from "../gather";
import { CAPACITY, PLANE, tileBytes, wideBytes } from "../layout";
import { products9 } from "../products";
import { widenBoth } from "../tile";

const TAPS: usize = 9;

/** First free byte. The tiles lie there, and behind them (`data`) there is room for filters. */
export function work(): usize {
  return (__heap_base + 15) & ~15;
}

function held(): usize {
  return work() + 2 * (tileBytes(TAPS) + wideBytes(TAPS));
}

export function data(): usize {
  return (held() + 8 + 15) & ~15;
}

/** All filters into tiles; a full one is emptied without being read. */
export function gatherAll(filters: usize, bound: f32): void {
  const counts = held();
  const end = data() + filters * 36;
  store<u64>(counts, 0);
  for (let x = data(); x < end; ) {
    x = gather(x, end, TAPS, bound, work(), work() + tileBytes(TAPS), counts);
    if (<usize>load<u32>(counts) == CAPACITY) store<u32>(counts, 0);
    if (<usize>load<u32>(counts, 4) == CAPACITY) store<u32>(counts, 0, 4);
  }
}

/** The tile that was filled last, widened as it is and scaled. */
export function widenTiles(tiles: i32): f64 {
  let sum: f64 = 0;
  const wide = work() + 2 * tileBytes(TAPS);
  for (let k = 0; k < tiles; k++) sum += widenBoth(work(), CAPACITY, TAPS, wide, wide + wideBytes(TAPS), 0.001);
  return sum;
}

/** Products and sums of a widened tile. */
export function multiplyTiles(tiles: i32): void {
  const planes = work() + 2 * tileBytes(TAPS);
  const sums = planes + (TAPS + 1) * PLANE + (TAPS << 3);
  for (let k = 0; k < tiles; k++) products9(planes, planes + (CAPACITY << 3), sums, sums + ((2 * TAPS) << 3));
}
