import { randomWords } from '../shift/random.ts'
import type { Transcendental } from '../shift/transcendental.ts'

/** How the weights of a fresh layer are drawn: PyTorch and Keras begin with uniform numbers, torchvision's networks with normal ones. */
export const randomKinds = ['normal', 'uniform'] as const
export type RandomKind = (typeof randomKinds)[number]

/** 2^-31: a word to (−1, 1). */
const UNIT = 4.656612873077393e-10

/**
 * Fills with independent numbers, the same for the same seed in every engine: standard normal ones by Marsaglia's polar method, or
 * uniform ones in (−1, 1).
 */
export function fillRandom(values: Float32Array, kind: RandomKind, seed: number, { log }: Pick<Transcendental, 'log'>): void {
  const next = randomWords(seed)
  const number = (): number => (next() + 0.5) * UNIT - 1
  if (kind === 'uniform') {
    for (let k = 0; k < values.length; k++) values[k] = number()
    return
  }
  for (let k = 0; k < values.length; k += 2) {
    let x: number
    let y: number
    let square: number
    do {
      x = number()
      y = number()
      square = x * x + y * y
    } while (square >= 1)
    const scale = Math.sqrt((-2 * log(square)) / square)
    values[k] = x * scale
    if (k + 1 < values.length) values[k + 1] = y * scale
  }
}
