// The exports of the kernel module. A file per operation; raw pointers in, nothing allocated, no module state.
export { coefficientHistogram, coefficientRange, binEdges } from "./coefficients";
export { decode, storedBytes } from "./decode";
export { eigen } from "./eigen";
export { entropy, randomEntropy } from "./entropy";
export { firstNonFinite } from "./finite";
export { gramBlock, gramDiagonal, packedRowBytes, packRows } from "./gram";
export { exp, expm1, log, log1p, log2, log10, pow } from "./math";
export { absoluteDeviation, moments, momentsBytes, momentsWorkBytes } from "./moments";
export { peak } from "./peak";

/** First byte that is free for the caller: everything above belongs to it. */
export function freeMemory(): usize {
  return (__heap_base + 15) & ~15;
}
