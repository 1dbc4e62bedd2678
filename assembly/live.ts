import { sparseBound } from "./scaling";

/** Whether a filter of `bytes` bytes at x has a magnitude above `bound`. */
// @ts-ignore: decorator
@inline
function isLive(x: usize, bytes: usize, bound: f32): bool {
  const fours = x + (bytes & ~15);
  const end = x + bytes;
  const bounds = f32x4.splat(bound);
  let at = x;
  for (; at < fours; at += 16) if (v128.any_true(f32x4.gt(f32x4.abs(v128.load(at)), bounds))) return true;
  for (; at < end; at += 4) if (abs<f32>(load<f32>(at)) > bound) return true;
  return false;
}

/**
 * Marks what is not dead by `filters` filters (AoS, `taps` float32 each, from filter `first` of the layer on) of a layer with `inputs`
 * filters a row and `rows` rows a group: a 1 at `outputs` + row for a row with a filter that is not sparse (see `moments`), and at
 * `channels` + group · inputs + input for an input channel with one. What is marked already is not looked at, and looking ends at
 * the first filter that is not sparse: of a layer with few sparse filters next to nothing is read.
 */
export function markLive(
  source: usize, filters: usize, taps: usize, limit: f64, strict: bool, first: usize, inputs: usize, rows: usize, outputs: usize,
  channels: usize,
): void {
  const bound = sparseBound(limit, strict);
  const bytes = taps << 2;
  const end = first + filters;
  for (let from = first; from < end; ) {
    const row = from / inputs;
    const until = min<usize>((row + 1) * inputs, end);
    for (let f = from; f < until && load<u8>(outputs + row) == 0; f++) {
      if (isLive(source + (f - first) * bytes, bytes, bound)) store<u8>(outputs + row, 1);
    }
    from = until;
  }
  const perGroup = rows * inputs;
  for (let from = first; from < end; ) {
    const group = from / perGroup;
    const until = min<usize>((group + 1) * perGroup, end);
    const columns = min<usize>(inputs, until - from);
    for (let k: usize = 0; k < columns; k++) {
      const channel = channels + group * inputs + (from + k) % inputs;
      for (let f = from + k; f < until && load<u8>(channel) == 0; f += inputs) {
        if (isLive(source + (f - first) * bytes, bytes, bound)) store<u8>(channel, 1);
      }
    }
    from = until;
  }
}
