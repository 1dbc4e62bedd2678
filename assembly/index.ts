// The exports of the module. A file per operation; raw pointers in, nothing allocated, no module state. The compiler's own
// declarations of them type the callers, and exported constants reach them by scripts/build-module.mjs.
export { accumulatorBytes } from "./accumulator";
export { binEdges } from "./bins";
export { coefficientHistogram, coefficientRange, coefficientWorkBytes } from "./coefficients";
export * from "./constants";
export { decode, storedBytes } from "./decode";
export { eigen } from "./eigen";
export { eigenvalues } from "./eigenvalues";
export { entropy, entropyWorkBytes, randomEntropy, varianceEntropy } from "./entropy";
export { firstNonFinite } from "./finite";
export { gramPanels, PANEL, packedRowBytes, packRows, pairBytes } from "./gram";
export { CAPACITY } from "./layout";
export { markLive } from "./live";
export { MOST_TAPS } from "./limits";
export { exp, expm1, log, log1p, log2, log10, pow } from "./math";
export { moments, momentsBytes, momentsWorkBytes } from "./moments";
export { rowsTimes, timesRows } from "./rows";
export { scan } from "./scan";
export { divisionShifts, fillLogarithms, shiftDraws } from "./shift-draws";

/** First byte that is free for the caller: everything above belongs to it. */
export function freeMemory(): usize {
  return (__heap_base + 15) & ~15;
}
