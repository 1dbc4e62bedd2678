import { setFlagsFromString } from 'node:v8'

/**
 * Collects what is no longer used as soon as the heap has grown by three fifths, where the engine lets it grow to several times what
 * lasts: of 100,000 models, or of a model of 150,000 layers, that is most of a gigabyte. It costs up to a tenth of the time.
 */
export function keepOldHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=60')
}

/** Models from which on it is worth it, and layers, for a single model may have as many. */
export const MANY_MODELS = 5000
export const MANY_LAYERS = 50_000
