import { setFlagsFromString } from 'node:v8'

/**
 * Collects what is no longer used as soon as the heap has grown by two fifths, where the engine lets it grow to several times what
 * lasts: of 100,000 models that is a gigabyte. It costs a twentieth of the time.
 */
export function keepOldHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=40')
}

/** Models from which on it is worth it. */
export const MANY_MODELS = 5000
