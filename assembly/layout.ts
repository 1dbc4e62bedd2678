/*
 * A tile: up to CAPACITY filters of one kind, tap by tap (SoA), as float32:
 *
 *   | plane 0: CAPACITY f32, 64 bytes unused | plane 1 | … | plane t-1 | max-abs of each filter (a plane too) |
 *
 * When it is full its planes are widened to double less the tile's first filter, multiplied with each other, and folded
 * into a set. The first filter as a shift makes equal filters exactly zero and keeps S - d·dᵀ/k from cancelling.
 * The unused bytes keep planes from sharing a few cache sets.
 */

/** Filters per tile: all planes of one in double take 19 KB. Part of the result: another number gives other last bits. */
export const CAPACITY: usize = 256;
/** Bytes from one float32 plane to the next. */
export const NARROW: usize = (CAPACITY << 2) + 64;
/** Bytes from one double plane to the next. */
export const PLANE: usize = (CAPACITY << 3) + 64;

/** Bytes of a tile. */
// @ts-ignore: decorator
@inline
export function tileBytes(taps: usize): usize {
  return (taps + 1) * NARROW;
}

/*
 * The room in which tiles are widened, one at a time:
 *
 *   | planes: t × PLANE | reciprocals: a plane | shift: t f64 | sums: t f64 | mean less the set's: t f64 | products: t·t f64 |
 */
// @ts-ignore: decorator
@inline
export function wideBytes(taps: usize): usize {
  return ((taps + 1) * PLANE + ((taps * (taps + 3)) << 3) + 15) & ~15;
}
