/** Number of equal bins of a coefficient histogram. */
export const coefficientBins = 70
