/**
 * Filters of a segment: the unit of summation. A layer's statistics are its segments' merged from left to right,
 * whatever the size of a read, the memory at hand or the number of workers.
 */
export const SEGMENT = 65536

/** [start, length] of consecutive pieces of at most `step`. */
export function* pieces(total: number, step: number): Generator<[from: number, count: number]> {
  for (let from = 0; from < total; from += step) yield [from, Math.min(step, total - from)]
}
