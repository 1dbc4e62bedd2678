import { setFlagsFromString } from 'node:v8'

/**
 * Collects what is no longer used as soon as the heap has grown by two fifths, where the engine lets it grow to several times what
 * lasts: of 100,000 models, or of a model of 150,000 layers, that is most of a gigabyte. It costs up to a quarter of the processor time of such a run.
 */
export function keepOldHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=40')
}

/** Models from which on it is worth it, and layers, for a single model may have as many. */
export const MANY_MODELS = 5000
export const MANY_LAYERS = 50_000
