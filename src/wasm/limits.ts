import { moduleConstants } from './exports.generated.ts'

/** Kernels with more taps than this (11×11) are not measured. */
export const maxTaps: number = moduleConstants.MOST_TAPS

/** Rows of a panel of the Gram matrix, at most. */
export const panelLimit: number = moduleConstants.PANEL

/** Bins of a histogram, and counts over all components, for which an instance keeps room. */
export const maxBins = 1024
export const maxCounts = 16384

/** @throws RangeError for a kernel of more taps than there is room for */
export function requireTaps(taps: number): void {
  if (!(taps >= 1 && taps <= maxTaps)) throw new RangeError(`a kernel of ${taps} taps: 1 to ${maxTaps} are supported`)
}
